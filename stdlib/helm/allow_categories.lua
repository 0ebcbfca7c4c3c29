--- The category of `allow` that is of releases. Pure.
local cluster = require "almanac.base.cluster_pattern"
local release_name = require "almanac.helm.release_name"

local M = {} ---@type table<string, almanac.AllowCategory>

local function helm(verb, rest)
  return function(pattern, context)
    local name, where = cluster.split(pattern, context)
    if not name then return verb .. " every release" .. where .. rest end
    local namespace, release = name:match "^([^/]*)/(.*)$"
    if not namespace then
      if name == "*" then return verb .. " each release in the namespace of its name" .. where .. rest end
      namespace, release = name, name
    end
    local what = release == "*" and "every release" or "release " .. release
    return string.format("%s %s in %s%s%s", verb, what, cluster.of_namespace(namespace), where, rest)
  end
end

local function release(call)
  local name, namespace = call:option "release", call:option "namespace"
  if not name or namespace == nil then return nil end
  return { category = "helm", names = release_name.allowed(name, namespace or name) }
end

M.helm = { change = helm("change", ", with any object there"), read = helm("look at", ""), of_cluster = true, reached = release }

return M

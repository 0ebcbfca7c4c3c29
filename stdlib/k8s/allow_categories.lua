--- The category of `allow` that is of clusters. Pure.
local categories = require "almanac.base.allow_categories"
local cluster = require "almanac.base.cluster_pattern"

local M = {} ---@type table<string, almanac.AllowCategory>

local function k8s(verb)
  return function(pattern, context)
    local name, where = cluster.split(pattern, context)
    if not name then return verb .. " every object" .. where end
    local kind, object = name:match "^([^/]*)/(.*)$"
    if kind then return string.format("%s %s %s%s", verb, kind, object == "*" and "of any name" or object, where) end
    return string.format("%s objects in %s%s", verb, cluster.of_namespace(name), where)
  end
end

--- A command in a pod may do anything there, whoever says that it only looks.
local function in_pod(call)
  local target = call:option "pod" and categories.target("k8s", call:option "namespace" or nil)
  if target then target.access = "change" end
  return target
end

local function object(call)
  local takes, namespace = call:parameter(), call:option "namespace"
  if call:has "context" then return nil end
  if takes.name == "node" then
    local name = call:first()
    return name and categories.target("k8s", "node/" .. name)
  end
  if call:takes_words() then return in_pod(call) end
  local ref = takes.type:find "almanac%.%a*Ref" and call:first()
  if not ref or not namespace then return nil end
  local kind = ref:match "^[^/]*":lower()
  return not kind:find "^no" and not kind:find "^n?s$" and not kind:find "^namespace" and categories.target("k8s", namespace) or nil
end

M.k8s = { change = k8s "change", read = k8s "look at", of_cluster = true, reached = object }

return M

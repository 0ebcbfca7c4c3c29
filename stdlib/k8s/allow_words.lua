--- What patterns of `allow` mean, in words: the categories of clusters. Pure.
local cluster = require "almanac.base.cluster_pattern"

local M = {} ---@type table<string, almanac.AllowWords>

local function k8s(verb)
  return function(pattern, context)
    local name, where = cluster.split(pattern, context)
    if not name then return verb .. " every object" .. where end
    local kind, object = name:match "^([^/]*)/(.*)$"
    if kind then return string.format("%s %s %s%s", verb, kind, object == "*" and "of any name" or object, where) end
    return string.format("%s objects in %s%s", verb, cluster.of_namespace(name), where)
  end
end
M.k8s = { change = k8s "change", read = k8s "look at" }

return M

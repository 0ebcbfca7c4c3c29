--- The version at which our last write left each object. A server that answers from a cache may show
--- an older state for a moment; whoever waits for what a write brings about must not take that for it.
--- This is known of the cluster, whichever run of this process wrote: a run and one that it calls share it.
--- Versions of one kind grow: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
local M = {}

local versions = {} ---@type table<string, integer> by uid

local function version_of(object)
  return object.metadata and math.tointeger(tonumber(object.metadata.resourceVersion))
end

--- Remembers the answer to a write.
---@param object table
function M.note(object)
  local uid, version = object.metadata and object.metadata.uid, version_of(object)
  if uid and version and version > (versions[uid] or 0) then versions[uid] = version end
end

--- Whether this is a state from before our own last write to that object.
---@param object table
---@return boolean
function M.is_stale(object)
  local known = versions[object.metadata.uid]
  local version = version_of(object)
  return known ~= nil and version ~= nil and version < known
end

return M

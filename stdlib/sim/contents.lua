--- What is in a simulated cluster.
local contents = {}

--- Kinds that controllers make, under names that chance gives, or for every namespace alike.
---@type table<string, boolean>
contents.MADE = { Pod = true, ReplicaSet = true, Event = true, ControllerRevision = true, Endpoints = true, EndpointSlice = true,
  Lease = true, Node = true, PersistentVolume = true }

--- All objects, each once, in the order of their kinds. They are the store's own: copy what you change.
---@param store table
---@return table[]
function contents.of(store)
  local out = {}
  for _, resource in ipairs(store.served.list) do
    if resource.key == resource.storage then
      for _, object in ipairs(store:list(resource.key) or {}) do out[#out + 1] = object end
    end
  end
  return out
end

return contents

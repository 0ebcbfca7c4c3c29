--- What is in a simulated cluster.
local contents = {}

--- Kinds that controllers make, under names that chance gives, or for every namespace alike.
local MADE = { Pod = true, ReplicaSet = true, Event = true, ControllerRevision = true, Endpoints = true, EndpointSlice = true,
  Lease = true, Node = true, PersistentVolume = true }

--- Whether a controller made it, in its own time: pods of a workload, and what every namespace is born with. A look at a
--- cluster may come before that, so two clusters are not compared by it.
---@param object table
---@return boolean
function contents.is_made(object)
  for _, owner in ipairs(object.metadata.ownerReferences or {}) do
    if owner.controller then return true end
  end
  local name = object.metadata.name
  return MADE[object.kind] or object.kind == "ServiceAccount" and name == "default"
    or object.kind == "ConfigMap" and name == "kube-root-ca.crt"
end

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

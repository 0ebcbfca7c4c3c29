--- One stored resource, two APIs: core v1 Events as events.k8s.io/v1 ones and back, and the versions of a
--- custom resource, which differ in nothing but the name. Pure.
local value = require "almanac.sim.model.value"

local convert = {}

-- events.k8s.io/v1 field -> core/v1 field.
local FIELDS = {
  regarding = "involvedObject", note = "message", deprecatedSource = "source",
  deprecatedFirstTimestamp = "firstTimestamp", deprecatedLastTimestamp = "lastTimestamp",
  deprecatedCount = "count", reportingController = "reportingComponent",
}

--- A stored event as the API of `res` shows it.
---@param res table
---@param object table
---@return table
function convert.from_storage(res, object)
  if res.storage == res.key then return object end
  local out = value.shallow(object)
  out.apiVersion = res.api_version
  if res.custom then return out end
  for new, old in pairs(FIELDS) do
    out[old] = nil
    out[new] = object[old]
  end
  return out
end

--- An object of the API of `res` as it is stored.
---@param res table
---@param object table
---@return table
function convert.to_storage(res, object)
  if res.storage == res.key then return object end
  local out = value.shallow(object)
  if res.custom then return out end
  out.apiVersion = "v1"
  for new, old in pairs(FIELDS) do
    out[new] = nil
    out[old] = object[new]
  end
  return out
end

return convert

--- Whether an object that an effect wrote is there still. What is in it others may have changed rightly, such as
--- an autoscaler; one that is gone, or another of its name, is not what was done.
local objects = require "almanac.k8s.objects"

local M = {}

--- For the `holds` of an effect on one object.
---@param who string
---@param result { uid: string? }?  of the effect
---@param target fun(): almanac.k8s.Target
---@return almanac.Standing[]
function M.of(who, result, target)
  local uid = type(result) == "table" and result.uid
  if not uid then return {} end
  return { { about = uid, look = function()
    local where = target()
    local live = objects.find(who, where)
    if not live then return where.label .. " is gone" end
    if live.metadata.uid ~= uid then return where.label .. " is another one: it was deleted, and made again" end
    if live.metadata.deletionTimestamp then return where.label .. " is being deleted" end
  end } }
end

--- For the `holds` of an effect that takes an object away.
---@param result { uid: string? }?
---@return almanac.Standing[]
function M.ended(_, result)
  local uid = type(result) == "table" and result.uid
  return uid and { { about = uid } } or {}
end

return M

--- What the cluster says has happened to an object: the newest event of some reasons. Pure.
local fields = require "almanac.k8s.rollout.fields"

local M = {}

local get = fields.get

--- The newest event about an object.
---@param events table[]?
---@param uid string
---@param name string
---@param reasons table<string, boolean>
---@return table?
function M.newest(events, uid, name, reasons)
  local best, best_at
  for _, event in ipairs(events or {}) do
    local object = event.involvedObject or event.regarding or {}
    if reasons[event.reason] and (object.uid == uid or not object.uid and object.name == name) then
      local at = get(event, "lastTimestamp") or get(event, "series", "lastObservedTime")
        or get(event, "eventTime") or get(event, "metadata", "creationTimestamp") or ""
      if not best or at >= best_at then best, best_at = event, at end
    end
  end
  return best
end

--- Its sentence: the two versions of the API have it in different fields.
---@param event table
---@return string?
function M.text(event)
  return get(event, "message") or get(event, "note")
end

return M

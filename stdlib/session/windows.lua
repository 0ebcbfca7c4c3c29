--- Whether a run may begin now, by the windows and freezes of almanac.yaml; and the reason of one that begins all
--- the same.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local process = require "native.process"
local settings = require "almanac.config.settings"
local task = require "native.task"

local M = {}

local function describe(opening, now)
  local where = settings.environment and "environment " .. settings.environment or settings.file or "almanac.yaml"
  local freeze = opening.freeze
  local why = freeze and string.format("%s is frozen%s", where, freeze.reason and ": " .. freeze.reason or "")
    or "this is outside of the windows of " .. where
  if not opening.next then return why .. "\nno window opens in the next year" end
  return string.format("%s\nthe next window opens %s, in %s", why, opening.zone:format(opening.next),
    duration.format(opening.next - now))
end

--- Refuses a run outside of the windows, unless it is given a reason.
---@param reason string?  of --override-freeze
---@return { reason: string, closed: string, by: string }? override  for the journal: it was closed, and why it is begun
function M.check(reason)
  if #settings.windows == 0 and #settings.freezes == 0 then return nil end
  local now = task.wall_ms() // 1000
  local opening = require("almanac.config.calendar").decide(settings.windows, settings.freezes, now)
  if opening.open then return nil end
  local closed = describe(opening, now)
  if reason then return { reason = reason, closed = closed, by = process.user() } end
  errors.raise {
    kind = "refused", message = closed,
    hint = "wait until then; or, with a reason for the journal: almanac run … --override-freeze REASON",
  }
end

return M

--- A moment as people type it: a date, a time of day of it, or how long ago.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local timestamp = require "almanac.base.timestamp"

local M = {}

--- A date, or a moment, by this machine's clock.
local function by_the_clock(text)
  local year, month, day, rest = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)(.*)$"
  local hour, minute = (rest == "" and " 00:00" or rest or ""):match "^ (%d%d):(%d%d)$"
  return hour and os.time { year = year, month = month, day = day, hour = hour, min = minute, sec = 0 }
end

--- What was typed; a usage error for what is no time.
---@param what string   what takes it: "--since"
---@param text string
---@param now number    seconds since 1970
---@return number seconds  since 1970
function M.parse(what, text, now)
  local at = timestamp.epoch(text) or by_the_clock(text)
  if at then return at end
  local ok, ago = errors.try(duration.parse, text)
  if ok then return now - ago end
  errors.raise {
    kind = "usage", message = string.format("%s takes a time, not %q", what, text),
    hint = "a date (2026-11-28), a moment (2026-11-28T06:19:05Z), or how long ago (90m, 7d)",
  }
end

return M

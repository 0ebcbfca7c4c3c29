--- The age of what somebody else dated, and whether it still counts. Pure.
local duration = require "almanac.base.duration"

local M = {}

--- How far the clock of who dated it may be ahead of this one's, in milliseconds.
local SKEW_MS = 5 * 60 * 1000

---@class almanac.Age
---@field ahead string?  by so much it is dated ahead of this clock: nobody can tell how old it is
---@field old string?    it is so old, and was good for less

--- Judges a date.
---@param at_ms integer   since 1970
---@param now_ms integer
---@param good number?    seconds for which it counts; nil: for ever
---@return almanac.Age
function M.judge(at_ms, now_ms, good)
  local age = (now_ms - at_ms) / 1000
  if at_ms > now_ms + SKEW_MS then return { ahead = duration.format(-age) } end
  return { old = good and age > good and duration.format(age) or nil }
end

return M

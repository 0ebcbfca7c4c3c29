--- Exponential back-off. Pure.
local M = {}

local DELAY_MAX = 300

--- Seconds before the next try.
---@param retry { delay?: string|number, factor?: number }  delay: default 1s; factor: default 2
---@param tried integer how many tries there were
---@return number seconds
function M.delay(retry, tried)
  local first = require("almanac.base.duration").parse(retry.delay or 1)
  return math.min(first * (retry.factor or 2) ^ (tried - 1), DELAY_MAX)
end

return M

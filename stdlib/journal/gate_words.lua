--- How a gate that its events tell of stands, in words: for a screen and a report alike. Pure.
local duration = require "almanac.base.duration"
local gates = require "almanac.journal.gate"
local number = require "almanac.base.number"

local M = {}

local function shown(value)
  local number_of = number.of(value)
  return number_of and number.short(number_of) or tostring(value)
end

--- "7 >= 5", "0.31 is not < 0.05", "no data", "no sample yet".
---@param gate almanac.GateSeen
---@return string
function M.claim(gate)
  if gate.missing then return gate.missing end
  if gate.value == nil then return "no sample yet" end
  if gate.limit == nil then return shown(gate.value) end
  if not gate.op then return string.format("%s, the limit %s", shown(gate.value), shown(gate.limit)) end
  return string.format("%s %s%s %s", shown(gate.value), gate.ok and "" or "is not ", gate.op, shown(gate.limit))
end

--- "bad for 9s", of one that is watched; nil: it is not bad.
---@param gate almanac.GateSeen
---@param now_ms integer
---@return string?
function M.bad_for(gate, now_ms)
  return gate.bad_ms and "bad for " .. duration.format(math.max(0, (now_ms - gate.bad_ms) // 1000))
end

--- "answer for 12s", of one that nobody sees: behind "no" or "without an"; nil: it is seen.
---@param gate almanac.GateSeen
---@param began_ms integer
---@param now_ms integer
---@return string?
function M.unanswered(gate, began_ms, now_ms)
  local silent = gates.silent(gate, began_ms, now_ms)
  return silent and "answer for " .. duration.format(math.floor(silent))
end

return M

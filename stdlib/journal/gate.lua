--- A gate as its events tell of it: what it watches, what it saw last, and whether that is good. Its verdict is
--- observe/gate's; this is what a screen or a report needs of a gate that is still under way. Pure.
local json = require "native.json"
local number = require "almanac.base.number"

local M = {}

--- Points kept for a sparkline: more than a screen is wide.
local POINTS_MAX = 120

---@class almanac.GateSeen
---@field query string?     what is watched; nil in the journal of an older version
---@field op string?        healthy when `value op limit`
---@field limit number|string|nil
---@field critical number|string|nil
---@field hold number?      seconds
---@field interval number?  seconds between samples
---@field value number|string|nil  of the last sample that had one; infinity as Prometheus writes it
---@field ok boolean?       whether the last sample was healthy; nil: there is none yet
---@field missing string?   why it had no number
---@field error string?     why the last query failed
---@field held number?      seconds, up to the last sample
---@field unwatched number? seconds in which nobody saw anything
---@field sampled_ms integer?  when the last sample was taken
---@field failing_ms integer?  since when the queries fail
---@field bad_ms integer?   since when it is unhealthy
---@field points number[]   the last values, oldest first

--- What a gate that begins to watch is about. The values that it saw before it was stopped stay.
---@param before almanac.GateSeen?
---@param data table  of gate.start
---@return almanac.GateSeen
function M.begin(before, data)
  local gate = { points = before and before.points or json.array {} }
  for _, field in ipairs { "query", "op", "limit", "critical", "hold", "interval" } do gate[field] = data[field] end
  return gate
end

--- Folds a sample in.
---@param gate almanac.GateSeen
---@param data table  of gate.sample
---@param time_ms integer
function M.add(gate, data, time_ms)
  gate.error = data.error
  gate.held, gate.unwatched, gate.sampled_ms = data.held or gate.held, data.unwatched or gate.unwatched, time_ms
  gate.failing_ms = data.error and (gate.failing_ms or time_ms) or nil
  if data.error then return end -- nobody saw how it is
  gate.ok, gate.value, gate.missing = data.ok, data.value, data.series and "several series answer" or data.missing
  gate.bad_ms = not data.ok and (gate.bad_ms or time_ms) or nil
  local value = number.of(data.value)
  if not value then return end
  gate.points[#gate.points + 1] = value
  if #gate.points > POINTS_MAX then table.remove(gate.points, 1) end
end

--- A gate that passed in an earlier execution, of which only its result is told.
---@param before almanac.GateSeen?
---@param result any  of step.done
---@return almanac.GateSeen?
function M.passed(before, result)
  if type(result) ~= "table" or result.verdict ~= "pass" or result.limit == nil then return before end
  local gate = before or M.begin(nil, {})
  gate.value, gate.limit, gate.held, gate.ok, gate.error, gate.missing = result.value, result.limit, result.held, true, nil, nil
  gate.bad_ms, gate.failing_ms = nil, nil
  return gate
end

-- An answer this much later than expected, in intervals and seconds, is silence.
local LATE_INTERVALS, LATE_SECONDS = 2, 1

--- Seconds without an answer, where that is longer than the interval explains; nil: it is not silent.
---@param gate almanac.GateSeen
---@param began_ms integer  when its step began
---@param now_ms integer
---@return number?
function M.silent(gate, began_ms, now_ms)
  local since = gate.failing_ms or gate.sampled_ms or began_ms
  local seconds = (now_ms - since) / 1000
  if gate.failing_ms or seconds > LATE_INTERVALS * (gate.interval or 15) + LATE_SECONDS then return seconds end
  return nil
end

--- How one that is watched stands now: nobody sees its value where there is no answer, or none with a number; one that was
--- unhealthy stays so until somebody sees that it is not.
---@param gate almanac.GateSeen
---@param began_ms integer  when its step began
---@param now_ms integer
---@return "good"|"bad"|"unseen"|"begun"  begun: there is no sample yet, nor is it time for one
function M.standing(gate, began_ms, now_ms)
  if gate.missing then return "unseen" end
  if gate.ok == false then return "bad" end
  if M.silent(gate, began_ms, now_ms) then return "unseen" end
  return gate.ok and "good" or "begun"
end

return M

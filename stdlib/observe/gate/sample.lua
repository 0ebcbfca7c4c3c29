--- One look of a gate: the number that Prometheus gave, and whether it is healthy. Pure.
local number = require "almanac.base.number"
local prom = require "almanac.observe.prom"
local specs = require "almanac.observe.gate.spec"

local M = {}

---@class almanac.gate.Sample
---@field time number              seconds since 1970
---@field value? number|string     "+Inf" and "-Inf" as Prometheus writes them
---@field ok? boolean              whether the value is healthy
---@field missing? string          "no data" or "NaN"
---@field series? string[]         more than one series answered: their labels
---@field error? string            the query failed
---@field permanent? boolean       and will again
---@field resumed? boolean         the first sample after the run was stopped

--- Whether a value is healthy, and whether it is past the critical limit.
---@param spec almanac.gate.Spec checked
---@param value number
---@return boolean healthy
---@return boolean critical
function M.judge(spec, value)
  if specs.holds(spec.op, value, spec.limit) then return true, false end
  if not spec.critical then return false, false end
  local past = value == spec.critical or not specs.holds(spec.op, value, spec.critical)
  return false, past
end

local function labels_text(labels)
  local out = {}
  for k, v in pairs(labels) do out[#out + 1] = string.format("%s=%q", k, v) end
  table.sort(out)
  return "{" .. table.concat(out, ", ") .. "}"
end

--- One sample from the answer of prom.query.
---@param spec almanac.gate.Spec
---@param answer almanac.prom.Result
---@param time number
---@return almanac.gate.Sample
function M.of(spec, answer, time)
  local n = #answer.series
  if n == 0 then return { time = time, ok = false, missing = "no data" } end
  if n > 1 then
    local series = {}
    for i = 1, math.min(n, 20) do series[i] = labels_text(answer.series[i].labels) end
    for i = 21, n do series[i] = "…" end
    return { time = time, ok = false, series = series }
  end
  local is_histogram = prom.histogram_error(answer, spec.query)
  if is_histogram then return { time = time, ok = false, error = is_histogram.message, permanent = true } end
  local value = answer.series[1].value
  if not value or value ~= value then return { time = time, ok = false, missing = value and "NaN" or "no data" } end
  local ok = M.judge(spec, value)
  return { time = time, ok = ok, value = number.plain(value) }
end

return M

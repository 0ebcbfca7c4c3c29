--- Which limit would have held: the tightest one by which a gate passes, and one with a margin for days that are a little
--- worse. Pure.
local number = require "almanac.base.number"

local M = {}

--- Significant digits of a suggestion: more of them would claim what one window cannot tell.
local DIGITS = 2

local function is_upper(op)
  return op == "<" or op == "<="
end

--- The values that were seen, those that are hardest to allow last, each once.
local function candidates(spec, samples)
  local seen, out = {}, {}
  for _, sample in ipairs(samples) do
    local value = number.of(sample.value)
    if value and math.abs(value) < math.huge and not seen[value] then
      seen[value], out[#out + 1] = true, value
    end
  end
  local upper = is_upper(spec.op)
  table.sort(out, function(a, b)
    if upper then return a < b end
    return a > b
  end)
  return out
end

--- The same gate with another limit, by which the limit itself is healthy; without a critical one.
local function with_limit(spec, limit)
  local out = {}
  for key, value in pairs(spec) do out[key] = value end
  out.op, out.limit, out.critical = is_upper(spec.op) and "<=" or ">=", limit, nil
  return out
end

--- The value that had to be healthy for the gate to pass: with it as the limit (at most, or at least) it passes, and with
--- any tighter one that was seen it does not. Nil: none would have done.
---@param spec almanac.gate.Spec checked
---@param samples almanac.gate.Sample[]
---@param passes fun(spec: almanac.gate.Spec): boolean  the verdict over these samples
---@return number?
function M.tightest(spec, samples, passes)
  local values = candidates(spec, samples)
  local low, high = 1, #values + 1
  while low < high do -- values[high] passes, or is none; those below `low` do not
    local middle = (low + high) // 2
    if passes(with_limit(spec, values[middle])) then high = middle else low = middle + 1 end
  end
  return values[low]
end

--- A number of few digits that is not inside of a value.
local function rounded_out(value, upper)
  if value == 0 then return 0 end
  local scale = 10.0 ^ (math.floor(math.log(math.abs(value), 10)) - DIGITS + 1)
  local steps = value / scale
  steps = upper and math.ceil(steps - 1e-9) or math.floor(steps + 1e-9)
  return tonumber(string.format("%.12g", steps * scale)) --[[@as number]] -- not 0.030000000000000002
end

--- A limit with a margin around a value; nil where the value gives no scale for one.
---@param spec almanac.gate.Spec
---@param value number
---@param margin number  share of the value
---@return number?
function M.suggested(spec, value, margin)
  if value == 0 then return nil end
  local upper = is_upper(spec.op)
  local away = math.abs(value) * margin
  return rounded_out(upper and value + away or value - away, upper)
end

return M

--- Numbers as text for others. Pure.
local M = {}

--- A number as other programs read it: 1000000, not 1e+06; 2, not 2.0.
---@param number number finite
---@return string
function M.text(number)
  local whole = math.tointeger(number)
  return whole and tostring(whole) or string.format("%.14g", number)
end

--- A number for people: four digits are enough to compare it with a limit.
---@param value number
---@return string
function M.short(value)
  if value == math.huge then return "+Inf" end
  if value == -math.huge then return "-Inf" end
  if value == math.floor(value) and math.abs(value) < 1e15 then return string.format("%d", value) end
  return string.format("%.4g", value)
end

--- A number as JSON can hold it: infinity as Prometheus writes it.
---@param value number?
---@return number|string|nil
function M.plain(value)
  if value == math.huge or value == -math.huge then return M.short(value) end
  return value
end

--- The number that M.plain made it of; nil where it is none.
---@param value number|string|nil
---@return number?
function M.of(value)
  if value == "+Inf" then return math.huge end
  if value == "-Inf" then return -math.huge end
  return tonumber(value)
end

return M

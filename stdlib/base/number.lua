--- Numbers as text for others. Pure.
local M = {}

--- A number as other programs read it: 1000000, not 1e+06; 2, not 2.0.
---@param number number finite
---@return string
function M.text(number)
  local whole = math.tointeger(number)
  return whole and tostring(whole) or string.format("%.14g", number)
end

return M

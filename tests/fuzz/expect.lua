-- What the targets in Lua expect: errors of the kinds that they name, and equal values.
local M = {}

--- Raises an error again that is of no such kind: an index of nil, or what else nobody meant.
---@param err almanac.Error
---@param kinds table<string, boolean>
function M.kind(err, kinds)
  if not kinds[err.kind] then error(err, 0) end
  assert(type(err.message) == "string" and err.message ~= "")
end

local function same(a, b)
  if a == b or a ~= a and b ~= b then return math.type(a) == math.type(b) end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, value in next, a do
    if not same(value, b[key]) then return false end
  end
  for key in next, b do
    if a[key] == nil then return false end
  end
  return true
end

--- Fails unless two values are equal, numbers with their type.
function M.same(a, b)
  assert(same(a, b), "another value after a round trip")
end

return M

--- The shape of data that came from outside, a plan file or a row of the journal: whoever can write the file can
--- write any JSON there. Pure.
---
--- A shape is the name of a type ("string", "integer", "table", …; with a ? behind it the value may be absent), "count",
--- an integer that is not negative, "any", a table of shapes by field (other fields may be there), { list = shape },
--- { map = shape } or { one_of = words }; an optional one of these is { optional = shape }.
local json = require "native.json"

local M = {}

local below

local function is_of(value, name)
  if name == "any" then return true end
  if name == "integer" then return math.type(value) == "integer" end
  if name == "count" then return math.type(value) == "integer" and value >= 0 end
  return type(value) == name
end

local function is_word(value, words)
  for _, word in ipairs(words) do
    if value == word then return true end
  end
  return false
end

local function items_wrong(value, shape, at)
  if shape.list and next(value) ~= nil and not json.is_array(value) then return at end
  for key, item in next, value do
    local wrong = below(item, shape.list or shape.map, at .. "." .. tostring(key))
    if wrong then return wrong end
  end
end

function below(value, shape, at)
  if type(shape) == "string" then
    local name, optional = shape:match "^(%a+)(%??)$"
    return not (optional == "?" and value == nil or is_of(value, name)) and at or nil
  end
  if shape.optional then return value ~= nil and below(value, shape.optional, at) or nil end
  if shape.one_of then return not is_word(value, shape.one_of) and at or nil end
  if type(value) ~= "table" then return at end
  if shape.list or shape.map then return items_wrong(value, shape, at) end
  for field, inner in next, shape do
    local wrong = below(value[field], inner, at .. "." .. field)
    if wrong then return wrong end
  end
end

--- Where a value is not of a shape: ".effects.1.path", or "." for the value itself; nil when it is.
---@param value any
---@param shape string|table
---@return string?
function M.wrong(value, shape)
  local at = below(value, shape, "")
  return at and (at == "" and "." or at)
end

return M

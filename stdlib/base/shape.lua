--- The shape of data that came from outside, a plan file or a row of the journal: whoever can write the file can
--- write any JSON there. Pure.
---
--- A shape is the name of a type ("string", "integer", "table", …; with a ? behind it the value may be absent), "count",
--- an integer that is not negative, "any", a table of shapes by field (other fields may be there), { list = shape },
--- { map = shape } or { one_of = words }; an optional one of these is { optional = shape }.
local json = require "native.json"

local M = {}

local below

--- A type's name and whether it may be absent, by how it is written: shapes are asked for each field of each object of a list.
local types = {} ---@type table<string, { name: string, optional: boolean }>

local function type_of(word)
  local known = types[word]
  if known then return known end
  local name, optional = word:match "^(%a+)(%??)$"
  known = { name = name, optional = optional == "?" }
  types[word] = known
  return known
end

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

local function items_wrong(value, shape)
  if shape.list and next(value) ~= nil and not json.is_array(value) then return "", value end
  for key, item in next, value do
    local at, found = below(item, shape.list or shape.map)
    if at then return "." .. tostring(key) .. at, found end
  end
end

--- The path from a value to what is wrong in it, made on the way back: nearly everything is right.
function below(value, shape)
  if type(shape) == "string" then
    local wanted = type_of(shape)
    if wanted.optional and value == nil or is_of(value, wanted.name) then return nil end
    return "", value
  end
  if shape.optional then
    if value == nil then return nil end
    return below(value, shape.optional)
  end
  if shape.one_of then
    if is_word(value, shape.one_of) then return nil end
    return "", value
  end
  if type(value) ~= "table" then return "", value end
  if shape.list or shape.map then return items_wrong(value, shape) end
  for field, inner in next, shape do
    local at, found = below(value[field], inner)
    if at then return "." .. field .. at, found end
  end
end

--- Where a value is not of a shape: ".effects.1.path", or "." for the value itself; nil when it is.
---@param value any
---@param shape string|table
---@return string? at
---@return string? how  what there is in its place: "is missing", "is a number"
function M.wrong(value, shape)
  local at, found = below(value, shape)
  if not at then return nil end
  return at == "" and "." or at, found == nil and "is missing" or "is a " .. type(found)
end

return M

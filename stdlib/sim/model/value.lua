--- JSON-shaped values as the simulated cluster keeps them: plain tables, where an array carries the
--- JSON module's array mark (so an empty one stays an array) and a null is `value.null`.
local value = {}

local json = require "native.json"
local timestamp = require "almanac.base.timestamp"

value.json = json
value.null = json.null

--- Marks `t` (a sequence, possibly empty) as a JSON array and returns it.
---@param t? table
---@return table t
function value.array(t)
  return json.array(t or {})
end

--- Whether `v` is a table that encodes as a JSON array.
---@param v any
---@return boolean
function value.is_array(v)
  if type(v) ~= "table" then return false end
  if v[1] ~= nil then return true end
  return next(v) == nil and json.is_array(v)
end

--- Whether `v` is a table that encodes as a JSON object.
---@param v any
---@return boolean
function value.is_object(v)
  return type(v) == "table" and not value.is_array(v)
end

--- Whether `v` is absent or JSON null.
---@param v any
---@return boolean
function value.is_nil(v)
  return v == nil or v == value.null
end

--- A copy of `v` that shares no table with it.
---@generic T
---@param v T
---@return T
function value.copy(v)
  if type(v) ~= "table" then return v end
  local out = {}
  for k, x in next, v do out[k] = type(x) == "table" and value.copy(x) or x end
  return value.is_array(v) and json.array(out) or out
end

--- A copy of the outermost table only; what it holds is shared.
---@param t? table
---@return table
function value.shallow(t)
  local out = {}
  if not t then return out end
  for k, x in next, t do out[k] = x end
  return value.is_array(t) and json.array(out) or out
end

--- Deep equality; an empty array differs from an empty object only where one is marked as an array.
---@param a any
---@param b any
---@return boolean
function value.equal(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for k, x in next, a do
    if not value.equal(x, b[k]) then return false end
  end
  for k in next, b do
    if a[k] == nil then return false end
  end
  if next(a) == nil then return value.is_array(a) == value.is_array(b) end
  return true
end

--- The keys of `t` in order.
---@param t table
---@return string[]
function value.sorted_keys(t)
  local keys = {}
  for k in next, t do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- `t[a][b]…`, or nil where a step is missing, null or not a table.
---@param t any
---@return any
function value.dig(t, ...)
  for i = 1, select("#", ...) do
    if type(t) ~= "table" then return nil end
    t = t[(select(i, ...))]
  end
  if t == value.null then return nil end
  return t
end

--- Seconds since the epoch as RFC 3339 in UTC, whole seconds.
---@param seconds number
---@return string
function value.timestamp(seconds)
  return timestamp.utc(seconds)
end

return value

--- What a declared field (fields.lua) may be: the types by name, what fits each, and the copy of it that is worked with. Pure.
local duration = require "almanac.base.duration"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

---@class almanac.FieldType
---@field words string        what a value must be, for errors
---@field lua string          for LuaLS
---@field fits fun(value: any, spec: almanac.Field): boolean
---@field copy? fun(value: any, spec: almanac.Field): any
---@field why? fun(value: any): string?  what is wrong with one that does not fit, more exactly

local function is_text(v) return type(v) == "string" and v ~= "" end

--- A table of a script is walked by raw access: what its metatable does is not asked.
local function is_list(v, fits, may_be_empty)
  if type(v) ~= "table" or unknown.is(v) or secret.is(v) then return false end
  local n = 0
  for _ in next, v do n = n + 1 end
  for i = 1, n do
    local item = rawget(v, i)
    if item == nil or not (fits(item) or unknown.is(item)) then return false end
  end
  return n > 0 or may_be_empty == true
end

--- A copy by raw access.
---@param v table
---@return table
function M.copy(v)
  local out = {}
  for key, item in next, v do out[key] = item end
  return out
end

local function why_no_duration(v)
  local ok, err = pcall(duration.parse, v)
  return not ok and type(v) == "string" and err.message:match "is not a duration: (.*)$" or nil
end

--- Whether a value is a table, and no secret.
---@param v any
---@return boolean
function M.is_table(v) return type(v) == "table" and not secret.is(v) end

--- What a field may be.
---@type table<string, almanac.FieldType>
M.named = {
  any = { words = "a value", lua = "any", fits = function() return true end },
  string = { words = "a string", lua = "string", fits = function(v) return type(v) == "string" end },
  text = { words = "text", lua = "string", fits = is_text },
  -- Goes where a program would take a leading "-" for one of its options.
  name = {
    words = 'a line of text that does not begin with "-"', lua = "string",
    fits = function(v) return is_text(v) and not v:find "^%-" and not v:find "[%z\n]" end,
  },
  flag = { words = "true or false", lua = "boolean", fits = function(v) return type(v) == "boolean" end },
  count = {
    words = "a whole number from 1", lua = "integer", fits = function(v) return math.type(v) == "integer" and v > 0 end,
  },
  integer = {
    words = "a whole number from 0", lua = "integer", fits = function(v) return math.type(v) == "integer" and v >= 0 end,
  },
  number = { words = "a number", lua = "number", fits = function(v) return type(v) == "number" and v == v end },
  -- Kept as it is given; `seconds` gives its seconds.
  duration = {
    words = 'a duration ("90s", "5m", seconds)', lua = "string|number", fits = function(v) return (pcall(duration.parse, v)) end,
    why = why_no_duration,
  },
  seconds = {
    words = 'a duration ("90s", "5m", seconds)', lua = "string|number", fits = function(v) return (pcall(duration.parse, v)) end,
    why = why_no_duration,
    copy = function(v) return duration.parse(v) end,
  },
  list = {
    words = "a list", lua = "any[]",
    fits = function(v, spec)
      local of = type(spec.of) == "table" and M.named.shape or M.named[spec.of or "any"]
      return is_list(v, function(item) return of.fits(item, spec) or spec.secret and secret.is(item) end, spec.may_be_empty)
    end,
    copy = M.copy,
  },
  -- One text stands for a list of one.
  texts = {
    words = "text, or a list of texts", lua = "string|string[]",
    fits = function(v, spec) return is_text(v) or is_list(v, is_text, spec.may_be_empty) end,
    copy = function(v) return type(v) == "string" and { v } or M.copy(v) end,
  },
  map = {
    words = "a table of names and values", lua = "table",
    fits = function(v)
      if not M.is_table(v) then return false end
      for key in next, v do
        if type(key) ~= "string" then return false end
      end
      return true
    end,
    copy = M.copy,
  },
  table = { words = "a table", lua = "table", fits = M.is_table },
  enum = {
    words = "one of them", lua = "string",
    fits = function(v, spec)
      for _, allowed in ipairs(spec.values) do
        if v == allowed then return true end
      end
      return false
    end,
  },
  shape = { words = "a table", lua = "table", fits = M.is_table },
  ref = { words = 'an object ("deployment/x")', lua = "string|table", fits = function(v) return is_text(v) or M.is_table(v) end },
  selector = {
    words = 'a selector ("app=x", { app = "x" })', lua = "string|table",
    fits = function(v) return type(v) == "string" or M.is_table(v) end,
  },
  value = {
    words = "text, a number, true or false", lua = "string|number|boolean",
    fits = function(v) return type(v) ~= "table" and type(v) ~= "function" end,
  },
  yes = { words = "true", lua = "true", fits = function(v) return v == true end },
  no = { words = "false", lua = "false", fits = function(v) return v == false end },
  ["function"] = { words = "a function", lua = "function", fits = function(v) return type(v) == "function" end },
}

return M

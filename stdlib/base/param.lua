--- Parameters: declared data, checked before the first step.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local order = require "native.order"
local patterns = require "almanac.base.pattern"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

---@class almanac.Param
---@field type string
---@field required? boolean
---@field default? any
---@field help? string
---@field example? string
---@field pattern? string   Lua pattern (string, secret)
---@field min_length? integer  characters (secret)
---@field min? number       (integer, number, duration in seconds)
---@field max? number
---@field values? string[]  (enum)
---@field of? almanac.Param (list, map)
---@field is_unkept? boolean  it was given to the run that is gone on with, and no journal has it

local COMMON = {
  required = { "flag", help = "it must be given" },
  default = { "any", help = "where it is not given" },
  help = { "string", help = "a line for people" },
  example = { "string", help = "a value, for people" },
}
local RANGE = { min = { "number", help = "at least" }, max = { "number", help = "at most" } }

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

M.sorted_names = sorted_keys

--- The parameter that each item of a list, or each value of a map, is.
local function of_each(help)
  return { "table", help = help .. "; default: param.string {}", take = function(who, value)
    return M.again(value) or errors.raise {
      kind = "usage", field = "of", message = string.format("%s: of must be made by param.string, param.duration, …, not %s", who,
        fields.shown(value)), hint = "write: of = param.string {}",
    }
  end }
end

--- Each type: its own fields, and parse(spec, value) → value | nil, what it must be. A value is the
--- text of key=value, or already typed, from YAML.
local types = {}

--- The number of a text or a number. What Lua would wrap round at 64 bits, as 0x10000000000000001, is none.
local function number_of(value)
  local digits = type(value) == "string" and value:match "^%s*[+-]?0[xX]0*(%x*)%s*$"
  if digits and (#digits > 16 or #digits == 16 and digits:find "^[89a-fA-F]") then return nil end
  return tonumber(value)
end

--- A bound of a parameter, as it is typed.
---@param spec almanac.Param
---@param bound number
---@return string
function M.bound(spec, bound)
  return spec.type == "duration" and duration.typed(bound) or tostring(bound)
end

local function in_range(spec, number)
  if spec.min and number < spec.min then return nil, "at least " .. M.bound(spec, spec.min) end
  if spec.max and number > spec.max then return nil, "at most " .. M.bound(spec, spec.max) end
  return number
end

local PATTERN = {
  "string", help = "a Lua pattern that it must match",
  take = function(who, value)
    local fault = type(value) == "string" and patterns.fault(value)
    if type(value) ~= "string" or fault then
      errors.raise {
        kind = "usage",
        message = string.format("%s: pattern must be a Lua pattern, not %s%s", who, fields.shown(value), fault and ": " .. fault or ""),
        hint = "a character that means itself is written with % before it: %(, %., %%",
      }
    end
    return value
  end,
}

types.string = {
  fields = { pattern = PATTERN },
  parse = function(spec, value)
    if type(value) ~= "string" then return nil, "a string" end
    if spec.pattern and not value:find(spec.pattern) then return nil, "of the pattern " .. spec.pattern end
    return value
  end,
}

types.integer = {
  fields = RANGE,
  parse = function(spec, value)
    local number = math.tointeger(number_of(value))
    if not number then return nil, "a whole number of at most 64 bits" end
    return in_range(spec, number)
  end,
}

types.number = {
  fields = RANGE,
  parse = function(spec, value)
    local number = number_of(value)
    if not number or number ~= number then return nil, "a number" end
    if number == math.huge or number == -math.huge then return nil, "a number that a double can hold" end
    return in_range(spec, number)
  end,
}

local booleans = { ["true"] = true, yes = true, ["1"] = true, ["false"] = false, no = false, ["0"] = false }

types.boolean = {
  fields = {},
  parse = function(_, value)
    if type(value) == "boolean" then return value end
    local parsed = booleans[value]
    if parsed == nil then return nil, "true or false" end
    return parsed
  end,
}

types.duration = {
  fields = RANGE,
  parse = function(spec, value)
    local ok, seconds = pcall(duration.parse, value)
    if not ok then return nil, "a duration such as 90s, 10m or 1h30m" end
    return in_range(spec, seconds)
  end,
}

types.enum = {
  fields = { values = { "list", of = "text", required = true, help = "what it may be" } },
  parse = function(spec, value)
    for _, allowed in ipairs(spec.values) do
      if value == allowed then return value end
    end
    return nil, "one of " .. table.concat(spec.values, ", ")
  end,
}

types.list = {
  fields = { of = of_each "the parameter that each item is" },
  parse = function(spec, value)
    local items = {}
    if type(value) == "string" then -- "" is no item, "a,,b" are three
      for item in (value ~= "" and value .. "," or ""):gmatch "([^,]*)," do items[#items + 1] = item:match "^%s*(.-)%s*$" end
    elseif type(value) == "table" then
      items = value
    else
      return nil, "a list, as a,b,c"
    end
    local out = json.array {}
    for i, item in ipairs(items) do
      local of = spec.of or M.string {}
      local parsed, must = types[of.type].parse(of, item)
      if parsed == nil then return nil, string.format("a list whose item %d is %s", i, must) end
      out[i] = parsed
    end
    return out
  end,
}

types.map = {
  fields = { of = of_each "the parameter that each value is" },
  parse = function(spec, value)
    local pairs_of = {}
    if type(value) == "string" then -- "a=1,b=2"
      for item in (value ~= "" and value .. "," or ""):gmatch "([^,]*)," do
        local key, text = item:match "^%s*(.-)%s*=%s*(.-)%s*$"
        if not key or key == "" then return nil, "names and values, as a=1,b=2" end
        pairs_of[key] = text
      end
    elseif type(value) == "table" and not (json.is_array(value) and #value > 0) then
      pairs_of = value
    else
      return nil, "names and values, as a=1,b=2"
    end
    local out = {}
    for key, item in order.next, pairs_of do
      local of = spec.of or M.string {}
      local parsed, must = types[of.type].parse(of, item)
      if parsed == nil then return nil, string.format("names and values whose %s is %s", tostring(key), must) end
      out[tostring(key)] = parsed
    end
    return out
  end,
}

--- The text of a secret is checked here, where it is known: a script cannot look into it.
local function fitting(spec, value)
  local text = secret.reveal(value)
  if spec.min_length and (utf8.len(text) or #text) < spec.min_length then
    return nil, string.format("at least %d characters long", spec.min_length)
  end
  if spec.pattern and not text:find(spec.pattern) then return nil, "of the pattern " .. spec.pattern end
  return value
end

types.secret = {
  fields = { pattern = PATTERN, min_length = { "integer", help = "characters that it must have at least" } },
  --- env:NAME and file:PATH say where it is; the journal keeps that, never the text.
  parse = function(spec, value)
    if secret.is(value) then return fitting(spec, value) end
    if type(value) ~= "string" or value == "" then return nil, "a text, env:NAME or file:PATH" end
    local found, must = secret.find(spec.name or "parameter", value)
    if not found then return nil, must end
    return fitting(spec, found)
  end,
}

--- Whether a value stands for a secret, or several, looked up when a run needs it: env:NAME may be set only there.
---@param spec almanac.Param
---@return boolean
function M.holds_secret(spec)
  return spec.type == "secret" or spec.of and spec.of.type == "secret"
end

--- The parameters that are durations, or hold some: the journal has them as seconds.
---@param specs table<string, almanac.Param>
---@return string[]? names  nil: there is none
function M.durations(specs)
  local out = {}
  for _, name in ipairs(sorted_keys(specs)) do
    local spec = specs[name]
    if (spec.of or spec).type == "duration" then out[#out + 1] = name end
  end
  return out[1] and out or nil
end

local EXAMPLES = { duration = "90s", list = "a,b,c", map = "a=1,b=2", secret = "env:NAME or file:PATH" }
local ARTICLES = { integer = "a whole number", number = "a number", boolean = "true or false", duration = "a duration",
  list = "a list", map = "names and values", secret = "a secret", string = "a text" }

--- What it may be, in words: "a duration from 1s to 10m, for example 90s".
---@param spec almanac.Param
---@return string
function M.wanted(spec)
  local out = { ARTICLES[spec.type] or "one of " .. table.concat(spec.values, ", ") }
  if spec.min_length then out[1] = string.format("%s of at least %d characters", out[1], spec.min_length) end
  if spec.pattern then out[1] = out[1] .. " of the pattern " .. spec.pattern end
  if spec.min then out[1] = out[1] .. " from " .. M.bound(spec, spec.min) end
  if spec.max then out[1] = out[1] .. " to " .. M.bound(spec, spec.max) end
  local example = spec.example or EXAMPLES[spec.type]
  if example and not (spec.help or ""):find "e%.g%." then out[2] = "for example " .. example end
  return table.concat(out, ", ")
end

--- A value for people: what stands for a secret says where it is, never what it is.
---@param spec almanac.Param
---@param value any
---@return string
function M.shown(spec, value)
  if spec.type == "secret" then
    return type(value) == "string" and (value:find "^env:" or value:find "^file:") and value or "(secret)"
  end
  if spec.type == "duration" and type(value) == "number" then return duration.typed(value) end
  if type(value) ~= "table" then return tostring(value) end
  if next(value) == nil then return "(empty)" end
  local items = {}
  if spec.type == "map" then
    for i, key in ipairs(M.sorted_names(value)) do items[i] = key .. "=" .. M.shown(spec.of or M.string {}, value[key]) end
    return table.concat(items, ",")
  end
  for i, item in ipairs(value) do items[i] = M.shown(spec.of or M.string {}, item) end
  return table.concat(items, ",")
end

local function declare(type_name, spec)
  local copy = fields.check(fields.of("param." .. type_name), spec)
  copy.type = type_name
  if copy.min and copy.max and copy.min > copy.max then
    errors.raise {
      kind = "usage", field = "min", hint = "nothing is both: give the smaller one as min",
      message = string.format("param.%s: its min (%s) is above its max (%s)", type_name, M.bound(copy, copy.min), M.bound(copy, copy.max)),
    }
  end
  if copy.default ~= nil and not M.holds_secret(copy) then
    local parsed, must = types[type_name].parse(copy, copy.default)
    if parsed == nil then
      errors.raise { kind = "usage", field = "default",
        message = string.format("param.%s: its default %q is not %s", type_name, M.shown(copy, copy.default), must) }
    end
  end
  return copy
end

--- What is taken, and hardly meant: the default is there whenever nobody gives another, so that nobody must.
local function doubt_of(type_name)
  return function(spec)
    if spec.required ~= true or spec.default == nil then return nil end
    return {
      field = "required", message = string.format("param.%s: it is required and has a default: so nobody has to give it", type_name),
      hint = "leave out the one that is not meant",
    }
  end
end

for type_name, kind in pairs(types) do
  fields.declare("param." .. type_name, fields.with(COMMON, kind.fields), {
    whole = function(spec) return unknown.within(spec) or declare(type_name, spec) end, doubt = doubt_of(type_name),
  })
  M[type_name] = function(spec) return declare(type_name, spec) end
end

--- A declared parameter, declared once more: a script may have changed the table meanwhile.
---@param spec any
---@return almanac.Param? nil: it is none
function M.again(spec)
  local type_name = type(spec) == "table" and rawget(spec, "type")
  if type(type_name) ~= "string" or not types[type_name] then return nil end
  local plain = {}
  for key, value in next, spec do
    if key ~= "type" then plain[key] = value end
  end
  if plain.of ~= nil then
    plain.of = M.again(plain.of)
    if not plain.of then return nil end
  end
  return declare(type_name, plain)
end

--- The value of a text, or of data that is typed already.
---@param name string
---@param spec almanac.Param
---@param value any
---@return any? value
---@return string? must  what it must be, where it is none
function M.value_of(name, spec, value)
  return types[spec.type].parse(setmetatable({ name = name }, { __index = spec }), value)
end

return M

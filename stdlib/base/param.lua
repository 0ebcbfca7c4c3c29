--- Parameters: declared data, checked before the first step.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local nearest = require "almanac.base.nearest"
local patterns = require "almanac.base.pattern"
local secret = require "almanac.base.secret"

local M = {}

---@class almanac.Param
---@field type string
---@field required? boolean
---@field default? any
---@field help? string
---@field example? string
---@field pattern? string   Lua pattern (string)
---@field min? number       (integer, number, duration in seconds)
---@field max? number
---@field values? string[]  (enum)
---@field of? almanac.Param (list, map)

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

--- Each type: its own fields, and parse(spec, value) → value | nil, what it must be. A value is the
--- text of key=value, or already typed, from YAML.
local types = {}

--- The number of a text or a number. What Lua would wrap round at 64 bits, as 0x10000000000000001, is none.
local function number_of(value)
  local digits = type(value) == "string" and value:match "^%s*[+-]?0[xX]0*(%x*)%s*$"
  if digits and (#digits > 16 or #digits == 16 and digits:find "^[89a-fA-F]") then return nil end
  return tonumber(value)
end

local function in_range(spec, number)
  if spec.min and number < spec.min then return nil, "at least " .. spec.min end
  if spec.max and number > spec.max then return nil, "at most " .. spec.max end
  return number
end

types.string = {
  fields = {
    pattern = {
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
    },
  },
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
    local duration = require "almanac.base.duration"
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
  fields = { of = { "table", help = "the parameter that each item is; default: param.string {}" } },
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
  fields = { of = { "table", help = "the parameter that each value is; default: param.string {}" } },
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
    for key, item in pairs(pairs_of) do
      local of = spec.of or M.string {}
      local parsed, must = types[of.type].parse(of, item)
      if parsed == nil then return nil, string.format("names and values whose %s is %s", tostring(key), must) end
      out[tostring(key)] = parsed
    end
    return out
  end,
}

types.secret = {
  fields = {},
  --- env:NAME and file:PATH say where it is; the journal keeps that, never the text.
  parse = function(spec, value)
    if secret.is(value) then return value end
    if type(value) ~= "string" or value == "" then return nil, "a text, env:NAME or file:PATH" end
    return secret.find(spec.name or "parameter", value)
  end,
}

--- Whether a value stands for a secret, or several, looked up when a run needs it: env:NAME may be set only there.
---@param spec almanac.Param
---@return boolean
function M.holds_secret(spec)
  return spec.type == "secret" or spec.of and spec.of.type == "secret"
end

--- A value for people: what stands for a secret says where it is, never what it is.
---@param spec almanac.Param
---@param value any
---@return string
function M.shown(spec, value)
  if spec.type == "secret" then
    return type(value) == "string" and (value:find "^env:" or value:find "^file:") and value or "(secret)"
  end
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
  if copy.default ~= nil and not M.holds_secret(copy) then
    local parsed, must = types[type_name].parse(copy, copy.default)
    if parsed == nil then
      errors.usage("param.%s: its default %q is not %s", type_name, M.shown(copy, copy.default), must)
    end
  end
  return copy
end

for type_name, kind in pairs(types) do
  fields.declare("param." .. type_name, fields.with(COMMON, kind.fields))
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

local function example_of(name, spec)
  local example = spec.example or (spec.help and spec.help:match "e%.g%.%s*([^%s,;)]+)")
  if not example and spec.default ~= nil then example = M.shown(spec, spec.default) end
  if not example and spec.type == "enum" then example = spec.values[1] end
  return name .. "=" .. (example or "…")
end

local function refuse(runbook, name, spec, message)
  local hint = "for example: " .. example_of(name, spec)
  if spec.pattern then hint = hint .. "   (pattern " .. spec.pattern .. ")" end
  if spec.help then hint = hint .. "\n" .. name .. ": " .. spec.help end
  errors.raise {
    kind = "refused", message = string.format("%s: parameter %s %s", runbook, name, message), hint = hint,
    parameter = name,
    missing = message:find "^is missing" ~= nil or nil,
  }
end

local function shown_value(value)
  return type(value) == "table" and "a list or mapping" or string.format("%q", tostring(value))
end

--- Parses one value, raising kind "refused" that names parameter, pattern and example.
function M.parse(runbook, name, spec, value)
  local with_name = setmetatable({ name = name }, { __index = spec })
  local parsed, must = types[spec.type].parse(with_name, value)
  if parsed == nil then
    local but = spec.type ~= "secret" and ", not " .. shown_value(value) or ""
    refuse(runbook, name, spec, string.format("must be %s%s", must, but))
  end
  return parsed
end

--- All parameters of a runbook: from what was given, else asked for, else the default.
---@param runbook string its name
---@param specs table<string, almanac.Param>
---@param given table<string, any>
---@param ask? fun(name: string, spec: almanac.Param): string?  asks for a missing one on a terminal
---@return table<string, any> values
function M.resolve(runbook, specs, given, ask)
  for _, name in ipairs(sorted_keys(given)) do
    if not specs[name] then
      local known = sorted_keys(specs)
      errors.raise {
        kind = "refused",
        message = string.format("%s has no parameter %q%s", runbook, name, nearest.suffix(name, specs)),
        hint = #known > 0 and "it takes " .. table.concat(known, ", ") or "it takes none", parameter = name,
      }
    end
  end
  local values = {}
  for _, name in ipairs(sorted_keys(specs)) do
    local spec, value = specs[name], given[name]
    if value == nil and spec.default ~= nil then value = spec.default end
    if value == nil and spec.required and ask then value = ask(name, spec) end
    if value == nil and spec.required then refuse(runbook, name, spec, "is missing") end
    if value ~= nil then values[name] = M.parse(runbook, name, spec, value) end
  end
  return values
end

--- The words key=value of a command line.
---@param words string[]
---@return table<string, string>
function M.from_words(words)
  local given = {}
  for _, word in ipairs(words) do
    local key, value = word:match "^([%w_-]+)=(.*)$"
    if not key then
      errors.raise {
        kind = "usage",
        message = string.format("%q is no parameter", word),
        hint = "parameters are given as key=value",
      }
    end
    if given[key] then errors.usage("parameter %s is given twice", key) end
    given[key] = value
  end
  return given
end

return M

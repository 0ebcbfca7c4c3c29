--- Declared fields: what a table that a script hands over may hold. One declaration for each table, and
--- from it the check, the copy that is worked with, the error's hint, `almanac check`, the reference and
--- the stubs. Pure.
---
---     local TAG = fields.declare("git.tag", {
---       name = { "name", required = true, help = "of the tag" },
---       at = { "name", default = "HEAD", help = "what it names" },
---     })
---     local input = fields.check(TAG, raw)
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local nearest = require "almanac.base.nearest"
local order = require "native.order"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

---@class almanac.Field
---@field [1] string          its type, one of M.types; "flag|text": either
---@field help string         a line for people
---@field required? boolean
---@field or_words? boolean   a required one that words before the options, or in their table, say as well
---@field default? any        put where it is absent
---@field shown_default? string  for people, where the default is no constant
---@field unit? string        of a number: "bytes"
---@field values? string[]    of an enum
---@field of? string|table<string, almanac.Field>  type of a list's items or a map's values; fields of a shape, or of each
---  table in a list
---@field may_be_empty? boolean  of a list
---@field secret? boolean     a secret is taken too
---@field words? string       what it must be, where the type's words say too little
---@field take? fun(who: string, value: any, name: string): any  checks and makes plain what no type describes

---@class almanac.Declaration
---@field who string          the function: "git.tag"
---@field fields table<string, almanac.Field>
---@field at integer          which argument of the function is the table
---@field positional? string  the field that may stand before the table, or alone
---@field one_of? string[][]  of each group exactly one is given
---@field whole? fun(raw: table, name: string?)  raises kind "usage" for what no single field tells; name: the call's
---  first argument, where that is a text. `almanac check` tries what is written down by it. Pure

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

local function copy(v)
  local out = {}
  for key, item in next, v do out[key] = item end
  return out
end

local function why_no_duration(v)
  local ok, err = pcall(duration.parse, v)
  return not ok and type(v) == "string" and err.message:match "is not a duration: (.*)$" or nil
end

local function is_table(v) return type(v) == "table" and not secret.is(v) end

--- What a field may be.
---@type table<string, almanac.FieldType>
local types = {
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
      local of = type(spec.of) == "table" and M.types.shape or M.types[spec.of or "any"]
      return is_list(v, function(item) return of.fits(item, spec) or spec.secret and secret.is(item) end, spec.may_be_empty)
    end,
    copy = copy,
  },
  -- One text stands for a list of one.
  texts = {
    words = "text, or a list of texts", lua = "string|string[]",
    fits = function(v, spec) return is_text(v) or is_list(v, is_text, spec.may_be_empty) end,
    copy = function(v) return type(v) == "string" and { v } or copy(v) end,
  },
  map = {
    words = "a table of names and values", lua = "table",
    fits = function(v)
      if not is_table(v) then return false end
      for key in next, v do
        if type(key) ~= "string" then return false end
      end
      return true
    end,
    copy = copy,
  },
  table = { words = "a table", lua = "table", fits = is_table },
  enum = {
    words = "one of them", lua = "string",
    fits = function(v, spec)
      for _, allowed in ipairs(spec.values) do
        if v == allowed then return true end
      end
      return false
    end,
  },
  shape = { words = "a table", lua = "table", fits = is_table },
  ref = { words = 'an object ("deployment/x")', lua = "string|table", fits = function(v) return is_text(v) or is_table(v) end },
  selector = {
    words = 'a selector ("app=x", { app = "x" })', lua = "string|table",
    fits = function(v) return type(v) == "string" or is_table(v) end,
  },
  value = {
    words = "text, a number, true or false", lua = "string|number|boolean",
    fits = function(v) return type(v) ~= "table" and type(v) ~= "function" end,
  },
  yes = { words = "true", lua = "true", fits = function(v) return v == true end },
  no = { words = "false", lua = "false", fits = function(v) return v == false end },
  ["function"] = { words = "a function", lua = "function", fits = function(v) return type(v) == "function" end },
}
M.types = types

local declared = {} ---@type table<string, almanac.Declaration>  by function

--- Declares the fields of a table that a function takes.
---@param who string  the function, as scripts name it
---@param fields table<string, almanac.Field>
---@param more? { at?: integer, positional?: string, one_of?: string[][], whole?: fun(raw: table, name: string?) }
---@return almanac.Declaration
function M.declare(who, fields, more)
  local declaration = { who = who, fields = fields, at = 1 }
  for key, value in pairs(more or {}) do declaration[key] = value end
  declared[who] = declaration
  return declaration
end

--- Fields with others beside them.
---@param base table<string, almanac.Field>
---@param more table<string, almanac.Field>
---@return table<string, almanac.Field>
function M.with(base, more)
  local out = {}
  for name, spec in pairs(base) do out[name] = spec end
  for name, spec in pairs(more) do out[name] = spec end
  return out
end

--- What is declared of a function whose module is loaded.
---@param who string
---@return almanac.Declaration?
function M.of(who)
  return declared[who]
end

--- Names in their order, as text.
---@param map table<string, any>
---@return string
function M.names(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = tostring(name) end
  table.sort(names)
  return table.concat(names, ", ")
end

--- A value as an error shows it.
---@param v any
---@return string
function M.shown(v)
  if secret.is(v) then return "a secret" end
  if type(v) == "string" then return string.format("%q", redaction.excerpt(v, 60)) end
  if type(v) == "table" or type(v) == "function" or type(v) == "userdata" then return "a " .. type(v) end
  return tostring(v)
end

--- What a field must be, in words.
---@param spec almanac.Field
---@return string
function M.words(spec)
  if spec.words then return spec.words end
  if spec[1] == "enum" then return '"' .. table.concat(spec.values, '", "'):gsub(', ("[^"]*)$', " or %1") .. '"' end
  if spec[1] == "list" and spec.of then
    if type(spec.of) == "table" then return "a list of tables" end
    return "a list, each " .. types[spec.of].words
  end
  local words = {}
  for name in spec[1]:gmatch "[^|]+" do words[#words + 1] = types[name].words end
  return table.concat(words, ", or ")
end

--- The type that a value fits, of those that its field may be.
---@param spec almanac.Field
---@param value any
---@return almanac.FieldType?
function M.fitting(spec, value)
  for name in spec[1]:gmatch "[^|]+" do
    if types[name].fits(value, spec) then return types[name] end
  end
end

local tables = { any = true, list = true, texts = true, map = true, table = true, shape = true, ref = true, selector = true }

--- Whether a field may be a table.
---@param spec almanac.Field
---@return boolean
function M.may_be_table(spec)
  for name in spec[1]:gmatch "[^|]+" do
    if tables[name] then return true end
  end
  return false
end


--- The words about a field that there is not.
---@param name any
---@param fields table<string, any>
---@return string
function M.unknown_name(name, fields)
  return string.format("no option %q%s", tostring(name), nearest.suffix(name, fields))
end

local copy_of

local function value_of(who, prefix, name, spec, value)
  if spec[1] == "any" or unknown.within(value) then return value end
  if spec.secret and secret.is(value) then return value end
  if spec.take then return spec.take(who, value, name) end
  local kind = M.fitting(spec, value)
  if not kind then
    local reason = types[spec[1]] and types[spec[1]].why
    local why = reason and reason(value)
    errors.raise {
      kind = "usage", field = prefix .. name,
      message = string.format("%s: %s%s must be %s, not %s%s", who, prefix, name, M.words(spec), M.shown(value),
        why and ": " .. why or ""),
      hint = spec.help and name .. ": " .. spec.help or nil,
    }
  end
  if type(spec.of) == "table" and (kind == types.shape or kind == types.list) then
    if kind == types.shape then return copy_of(who, prefix .. name .. ".", spec.of, value) end
    local out = {}
    for i = 1, rawlen(value) do out[i] = copy_of(who, string.format("%s%s[%d].", prefix, name, i), spec.of, rawget(value, i)) end
    return out
  end
  return kind.copy and kind.copy(value, spec) or value
end

local function raise_missing(who, name, spec)
  errors.raise {
    kind = "usage", field = name, message = string.format("%s: %s is missing", who, name),
    hint = string.format("%s must be %s%s", name, M.words(spec), spec.help and ": " .. spec.help or ""),
  }
end

function copy_of(who, prefix, fields, raw)
  local out = {}
  for name, value in order.next, raw do -- of several faults the same one is told, in every process
    local spec = fields[name]
    if not spec then
      local where = prefix ~= "" and prefix:sub(1, -2) .. ": " or ""
      errors.raise {
        kind = "usage", field = prefix .. tostring(name),
        message = string.format("%s: %s%s", who, where, M.unknown_name(name, fields)), hint = "it has " .. M.names(fields),
      }
    end
    out[name] = value_of(who, prefix, name, spec, value)
  end
  local missing
  for name, spec in pairs(fields) do
    if out[name] == nil then
      if spec.required and (not missing or name < missing) then missing = name end
      if spec.default ~= nil then out[name] = value_of(who, prefix, name, spec, spec.default) end
    end
  end
  if missing then raise_missing(who, prefix .. missing, fields[missing]) end
  return out
end

local function check_alternatives(who, declaration, out)
  for _, group in ipairs(declaration.one_of or {}) do
    local given = {}
    for _, name in ipairs(group) do
      if out[name] ~= nil then given[#given + 1] = name end
    end
    if #given ~= 1 then
      local names = table.concat(group, ", "):gsub(", ([^,]*)$", " or %1")
      errors.usage("%s: give one of %s%s", who, names, #given > 1 and ", not " .. table.concat(given, " and ") or "")
    end
  end
end

local ordinals = { "first", "second", "third", "fourth" }

--- A checked copy of what a script gave, with defaults. What a plan does not know yet is let through.
---@param declaration almanac.Declaration
---@param raw any      nil is an empty table
---@param who? string  the function, where several have one declaration
---@return table copy  raises kind "usage"
function M.check(declaration, raw, who)
  who = who or declaration.who
  if raw == nil then raw = {} end
  if not is_table(raw) or unknown.is(raw) then
    errors.raise {
      kind = "usage",
      message = string.format("%s: its %s argument is a table of options, not %s", who, ordinals[declaration.at], M.shown(raw)),
      hint = string.format("it has %s", M.names(declaration.fields)),
    }
  end
  local out = copy_of(who, "", declaration.fields, raw)
  check_alternatives(who, declaration, out)
  return out
end

--- Checks an argument that stands alone.
---@param who string
---@param name string  of the argument
---@param spec almanac.Field
---@param value any
---@return any value  raises kind "usage"
function M.value(who, name, spec, value)
  if value == nil and not spec.required then value = spec.default end
  if value == nil and not spec.required then return nil end
  if value == nil then raise_missing(who, name, spec) end
  return value_of(who, "", name, spec, value)
end

--- The table of a call whose first argument may be one of its fields: http.get(url, { … }) is
--- http.get { url = url, … }.
---@param declaration almanac.Declaration
---@param first any
---@param opts any
---@return any raw
function M.gather(declaration, first, opts)
  if type(first) == "table" and not unknown.is(first) and not secret.is(first) then return first end
  if opts ~= nil and not is_table(opts) then return opts end
  local raw = copy(opts or {})
  raw[declaration.positional] = first
  return raw
end

return M

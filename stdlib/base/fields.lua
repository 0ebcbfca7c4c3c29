--- Declared fields: what a table that a script hands over may hold. One declaration for each table, and
--- from it the check, the copy that is worked with, the error's hint, `almanac check`, the reference and
--- the stubs. Pure.
---
---     local TAG = fields.declare("git.tag", {
---       name = { "name", required = true, help = "of the tag" },
---       at = { "name", default = "HEAD", help = "what it names" },
---     })
---     local input = fields.check(TAG, raw)
local errors = require "almanac.base.errors"
local field_type = require "almanac.base.field_type"
local nearest = require "almanac.base.nearest"
local order = require "native.order"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

local types, is_table, copy = field_type.named, field_type.is_table, field_type.copy

---@class almanac.Field
---@field [1] string          its type, of field_type.lua; "flag|text": either
---@field help string         a line for people
---@field required? boolean
---@field or_words? boolean   a required one that words before the options, or in their table, say as well
---@field default? any        put where it is absent
---@field shown_default? string  for people, where the default is no constant
---@field unit? string        of a number: "bytes"
---@field values? string[]    of an enum
---@field names? fun(path: string[]): string[]  of a map: the names that there are in it, or in the map below it that the path
---  leads to; for editors
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
---@field positional? string  the field that may stand before the table, or alone; words before it or in it, where the field
---  is one that words say
---@field elsewhere? table<string, string>  names that somebody may look for here: why they are not, and what to do instead
---@field open? string        other names may be given, too; what they are, for people: "data for who catches it"
---@field one_of? string[][]  of each group exactly one is given
---@field method? boolean     the function is a method of what another one gives: "world.fault" of a world
---@field whole? fun(raw: table, name: string?)  raises kind "usage" for what no single field tells; name: the call's
---  first argument, where that is a text. `almanac check` tries what is written down by it. Pure
---@field doubt? fun(raw: table, name: string?): almanac.FieldDoubt?  what is taken, and hardly meant: `almanac check` warns of it
---  where `whole` raised nothing. It may raise for what is computed. Pure

---@class almanac.FieldDoubt
---@field field string    that it is about
---@field message string
---@field hint string     what to do instead

local declared = {} ---@type table<string, almanac.Declaration>  by function

--- Declares the fields of a table that a function takes.
---@param who string  the function, as scripts name it
---@param fields table<string, almanac.Field>
---@param more? table  at, positional, elsewhere, open, one_of, method, whole, doubt: as in almanac.Declaration
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

--- What is declared of the methods of what a function gives, in the order of their names.
---@param who string  the function
---@return almanac.Declaration[]
function M.methods(who)
  local out = {}
  for name, declaration in order.next, declared do
    if declaration.method and name:sub(1, #who + 1) == who .. "." then out[#out + 1] = declaration end
  end
  return out
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

--- The field that another name was surely meant to be: a near one, which is not given itself.
---@param name any
---@param fields table<string, any>
---@param given table<string, any>
---@return string?
function M.meant(name, fields, given)
  local guess = nearest.find(tostring(name), fields)
  return guess and given[guess] == nil and guess or nil
end

--- What to do about a field that there is not.
---@param name any
---@param fields table<string, any>
---@param elsewhere? table<string, string>  of the declaration
---@return string
function M.unknown_hint(name, fields, elsewhere)
  return elsewhere and elsewhere[name] or "it has " .. M.names(fields)
end

--- The words about a value that its field cannot be.
---@param who string
---@param path string  of the field: "retry.times"
---@param spec almanac.Field
---@param value any
---@return string
function M.unfit(who, path, spec, value)
  local reason = types[spec[1]] and types[spec[1]].why
  local why = reason and reason(value)
  return string.format("%s: %s must be %s, not %s%s", who, path, M.words(spec), M.shown(value), why and ": " .. why or "")
end

local copy_of

local function value_of(who, prefix, name, spec, value)
  if spec[1] == "any" or unknown.within(value) then return value end
  if spec.secret and secret.is(value) then return value end
  if spec.take then return spec.take(who, value, name) end
  local kind = M.fitting(spec, value)
  if not kind then
    errors.raise {
      kind = "usage", field = prefix .. name, message = M.unfit(who, prefix .. name, spec, value),
      hint = spec.help and name .. ": " .. spec.help or nil,
    }
  end
  if type(spec.of) == "table" and (kind == types.shape or kind == types.list) then
    if kind == types.shape then return copy_of(who, prefix .. name .. ".", { fields = spec.of }, value) end
    local out = {}
    for i = 1, rawlen(value) do
      out[i] = copy_of(who, string.format("%s%s[%d].", prefix, name, i), { fields = spec.of }, rawget(value, i))
    end
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

local function refuse_name(who, prefix, name, declaration)
  local where = prefix ~= "" and prefix:sub(1, -2) .. ": " or ""
  errors.raise {
    kind = "usage", field = prefix .. tostring(name),
    message = string.format("%s: %s%s", who, where, M.unknown_name(name, declaration.fields)),
    hint = M.unknown_hint(name, declaration.fields, declaration.elsewhere),
  }
end

--- What may stand in an open table beside its fields: what is not surely one of them, misspelt.
local function is_other(name, declaration, value, raw)
  local meant = M.meant(name, declaration.fields, raw)
  return not meant or not M.fitting(declaration.fields[meant], value)
end

---@param declaration { fields: table<string, almanac.Field>, elsewhere: table<string, string>?, open: string? }
function copy_of(who, prefix, declaration, raw)
  local out, fields = {}, declaration.fields
  for name, value in order.next, raw do -- of several faults the same one is told, in every process
    local spec = fields[name]
    if spec then
      out[name] = value_of(who, prefix, name, spec, value)
    elseif declaration.open and is_other(name, declaration, value, raw) then
      out[name] = value
    else
      refuse_name(who, prefix, name, declaration)
    end
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
  local out = copy_of(who, "", declaration, raw)
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

--- The one value, or the words, that stand before a call's options; words stand in them, too.
local function before_options(spec, args, raw)
  if not spec.or_words then return args[1] end
  local words = {}
  for i = 1, args.n do
    if args[i] == nil then words[i] = false else words[i] = args[i] end -- a hole is seen where words are checked
  end
  for i, word in ipairs(raw) do words[#words + 1], raw[i] = word, nil end
  if words[1] ~= nil then return words end
end

--- The table of a call one of whose fields may stand before it: http.get(url, { … }) is http.get { url = url, … }, and
--- sh.run("ls", "-l", { … }) is sh.run { argv = { "ls", "-l" }, … }.
---@param declaration almanac.Declaration
---@param who string  the function, for errors
---@param ... any     arguments of the call
---@return any raw    a copy
function M.gather(declaration, who, ...)
  local name, args, raw = declaration.positional, table.pack(...), {}
  local spec = declaration.fields[name]
  while not spec.or_words and args.n > 0 and args[args.n] == nil do args.n = args.n - 1 end
  local last = args[args.n]
  if is_table(last) and not unknown.is(last) then raw, args[args.n], args.n = copy(last), nil, args.n - 1 end
  if not spec.or_words and args.n > 1 then
    errors.usage("%s: after its %s it takes a table of options, not %s", who, name, M.shown(args[2]))
  end
  local given = before_options(spec, args, raw)
  if given == nil then return raw end
  if raw[name] ~= nil then
    errors.usage(spec.or_words and "%s: the command is given twice, as words and as %s" or "%s: %s is given twice", who, name)
  end
  raw[name] = given
  return raw
end

return M

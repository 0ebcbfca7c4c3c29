--- The types of annotations, and whether what is written in a script can be of one. Pure.
--- The forms are those of LuaLS: https://luals.github.io/wiki/annotations/#documenting-types
local duration = require "almanac.base.duration"
local field_type = require "almanac.base.field_type"
local fields = require "almanac.base.fields"
local tree = require "almanac.script.lint.tree"

local M = {}

---@class almanac.lint.Type   one alternative
---@field kind "name"|"list"|"map"|"shape"|"text"|"function"
---@field name? string                              of a plain type: "string"
---@field of? almanac.lint.Type[]                   of the items or the values
---@field fields? table<string, { types: almanac.lint.Type[], optional: boolean }>
---@field open? boolean                             other names are taken, too

local union

local function skip(p)
  p.at = p.text:find("%S", p.at) or #p.text + 1
end

local function take(p, pattern)
  skip(p)
  local from, stop, capture = p.text:find("^" .. pattern, p.at)
  if not from then return nil end
  p.at = stop + 1
  return capture or p.text:sub(from, stop)
end

--- The fields between braces.
local function shape(p)
  local out = { kind = "shape", fields = {} }
  while not take(p, "}") do
    if take(p, "%[") then
      union(p)
      take(p, "%]")
      take(p, ":")
      union(p)
      out.open = true
    else
      local name = take(p, "([%w_]+)")
      if not name then return out end
      local optional = take(p, "%?") ~= nil
      take(p, ":")
      local types = union(p)
      out.fields[name] = { types = types, optional = optional or types.optional or false }
    end
    take(p, ",")
  end
  return out
end

local function primary(p)
  if take(p, "%(") then
    local types = union(p)
    take(p, "%)")
    return types
  end
  if take(p, "{") then return { shape(p) } end
  local literal = take(p, '"([^"]*)"')
  if literal then return { { kind = "text", name = literal } } end
  if take(p, "fun%f[(]") then
    take(p, "%b()")
    if take(p, ":") then union(p) end
    return { { kind = "function" } }
  end
  if take(p, "table<") then
    union(p)
    take(p, ",")
    local of = union(p)
    take(p, ">")
    return { { kind = "map", of = of } }
  end
  local name = take(p, "([%a_][%w_.]*)")
  return { { kind = name == "function" and "function" or "name", name = name or "any" } }
end

--- Alternatives, one after the other; `optional` where nothing is one of them.
function union(p)
  local out = {}
  repeat
    local types = primary(p)
    while take(p, "%[%]") do types = { { kind = "list", of = types } } end
    if take(p, "%?") then out.optional = true end
    for _, one in ipairs(types) do
      if one.name == "nil" then out.optional = true else out[#out + 1] = one end
    end
  until not take(p, "|")
  return out
end

--- A type's alternatives.
---@param text string
---@return almanac.lint.Type[]
function M.parse(text)
  return union { text = text, at = 1 }
end

--- Whether one of the alternatives is that class.
---@param types almanac.lint.Type[]
---@param name string
---@return boolean
function M.names(types, name)
  for _, one in ipairs(types) do
    if one.name == name then return true end
  end
  return false
end

local words = {
  string = "a string", number = "a number", integer = "a whole number", boolean = "true or false", table = "a table",
  ["almanac.Duration"] = field_type.named.duration.words, ["almanac.Ref"] = "a string", ["almanac.ObjectRef"] = "a string",
  any = "a value",
}

local function words_of(one)
  if one.kind == "text" then return string.format("%q", one.name) end
  if one.kind == "function" then return "a function" end
  if one.kind == "list" then return "a list" end
  if one.kind == "map" then return "a table of name = " .. (one.of[1] and one.of[1].kind == "function" and "function" or "value") end
  if one.kind == "shape" then return "a table of " .. fields.names(one.fields) end
  return words[one.name] or one.name:find "%.options$" and "a table of options" or one.name
end

--- What a value must be, for people.
---@param types almanac.lint.Type[]
---@return string
function M.words(types)
  local out = {}
  for i, one in ipairs(types) do out[i] = words_of(one) end
  return table.concat(out, ", or ")
end

local tables = { list = true, map = true, shape = true }

--- Whether a text or a number can be of a named type. Classes are not known here.
local function fits_name(name, value)
  if name == "almanac.Duration" then return (pcall(duration.parse, value)) end
  if name:find "%.options$" or name == "table" or name == "boolean" then return false end
  if name == "string" or name == "almanac.Ref" or name == "almanac.ObjectRef" then return type(value) == "string" end
  if name == "number" then return type(value) == "number" end
  if name == "integer" then return math.tointeger(value) ~= nil and type(value) == "number" end
  return true
end

--- Classes that are no tables.
local plain_aliases = { ["almanac.Duration"] = true, ["almanac.Ref"] = true, ["almanac.ObjectRef"] = true }

--- Whether the node, as it is written, can be of that type: at its top only.
local function may_be(one, node)
  local tag = node.tag
  if one.name == "any" then return true end
  if tag == "Table" then
    if one.kind ~= "name" then return tables[one.kind] or false end
    return one.name == "table" or one.name:find("%.", 1) ~= nil and not plain_aliases[one.name]
  end
  if tag == "Function" then return one.kind == "function" end
  if tag == "True" or tag == "False" then return one.kind == "name" and one.name == "boolean" end
  if one.kind == "text" then return node.value == one.name end
  return one.kind == "name" and fits_name(one.name, node.value)
end

local written = { Table = true, Function = true, True = true, False = true, String = true, Number = true }

local shown_tags = { Table = "a table", Function = "a function", True = "true", False = "false" }

local check

local function check_list(one, node, path, report)
  for i, item in ipairs(node.items) do
    local key = item.key and tree.resolve(item.key)
    if not item.key then
      check(one.of, item.value, string.format("%s[%d]", path, i), report)
    elseif key.tag == "String" then
      report(item.pos, "argument-type", string.format("%s must be a list: %s has no place in it", path, key.value))
      return
    end
  end
end

local function check_map(one, node, path, report)
  for _, item in ipairs(node.items) do
    local key = item.key and tree.resolve(item.key)
    if not key then
      report(item.pos, "argument-type", string.format("%s must be %s, not a list", path, words_of(one)))
      return
    elseif key.tag == "String" then
      check(one.of, item.value, path .. "." .. key.value, report)
    end
  end
end

local function check_shape(one, node, path, report)
  local given, open = {}, one.open
  for _, item in ipairs(node.items) do
    local name = tree.name_of(item)
    local field = name and one.fields[name]
    if field then
      given[name] = true
      check(field.types, item.value, path .. "." .. name, report)
    elseif name and not one.open then
      open = true
      report(item.pos, "option-name", string.format("%s: %s", path, fields.unknown_name(name, one.fields)),
        "it has " .. fields.names(one.fields))
    elseif not name then
      open = true -- what is missing may be what is computed
    end
  end
  for name, field in pairs(one.fields) do
    if not given[name] and not field.optional and (not open or one.open) then
      report(node.pos, "option-missing", string.format("%s: %s is missing", path, name), "it must be " .. M.words(field.types))
    end
  end
end

local deep = { list = check_list, map = check_map, shape = check_shape }

--- Of several kinds of table the one that is written: a list where nothing in it has a name.
local function meant(types, node)
  local is_list = #node.items > 0
  for _, item in ipairs(node.items) do is_list = is_list and not item.key end
  local found
  for _, one in ipairs(types) do
    if one.kind == "name" and may_be(one, node) then return nil end
    if tables[one.kind] and (not found or (one.kind == "list") == is_list) then found = one end
  end
  return found
end

--- Reports what in an expression cannot be of a type. What is computed is left alone.
---@param types almanac.lint.Type[]
---@param node almanac.lint.Node
---@param path string  what it is, for people
---@param report fun(pos: integer, rule: string, message: string, hint: string?)
function check(types, node, path, report)
  local resolved = tree.resolve(node)
  if not written[resolved.tag] then return end
  local fits = false
  for _, one in ipairs(types) do fits = fits or may_be(one, resolved) end
  if not fits then
    local why = #types == 1 and types[1].name == "almanac.Duration" and field_type.named.duration.why(resolved.value)
    report(node.pos, "argument-type", string.format("%s must be %s, not %s%s", path, M.words(types),
      shown_tags[resolved.tag] or fields.shown(resolved.value), why and ": " .. why or ""))
    return
  end
  local one = resolved.tag == "Table" and meant(types, resolved)
  if one then deep[one.kind](one, resolved, path, report) end
end

M.check = check

return M

--- The manual as LuaLS stubs: what an editor knows of the names that scripts see.
--- https://luals.github.io/wiki/definition-files/
local field_type = require "almanac.base.field_type"
local fields = require "almanac.base.fields"
local manual = require "almanac.script.manual.manual"
local public = require "almanac.script.public"

local M = {}

--- Types whose tables have fields of their own; those of a map may be something else besides.
local STRUCTURED = { list = "%s[]", map = "table<string, %s|any>", shape = "%s" }

--- The type of a field, for LuaLS.
local function type_of(spec, class)
  if spec.take and spec[1] == "list" then return "string|any[]" end
  local out = {}
  for name in spec[1]:gmatch "[^|]+" do
    local one = field_type.named[name].lua
    if name == "enum" then one = '"' .. table.concat(spec.values, '"|"') .. '"' end
    if name == "list" and type(spec.of) == "string" then one = field_type.named[spec.of].lua .. "[]" end
    if type(spec.of) == "table" and STRUCTURED[name] then one = string.format(STRUCTURED[name], class) end
    out[#out + 1] = one
  end
  return table.concat(out, "|")
end

local function add_class(out, class, declared, open)
  local nested = {}
  out[#out + 1] = "---@class " .. class
  for _, field in ipairs(manual.sorted(declared)) do
    local inner = class .. "." .. field.name
    local always = field.spec.required and not field.spec.or_words
    out[#out + 1] = string.format("---@field %s%s %s  %s", field.name, always and "" or "?", type_of(field.spec, inner),
      field.spec.help)
    if type(field.spec.of) == "table" then nested[#nested + 1] = { inner, field.spec.of } end
  end
  if open then out[#out + 1] = "---@field [string] any  " .. open end
  out[#out + 1] = ""
  for _, one in ipairs(nested) do add_class(out, one[1], one[2]) end
end

local function add_entry(out, page, entry)
  local name = manual.full_name(page, entry)
  local declaration = fields.of(name)
  if declaration then add_class(out, name .. ".options", declaration.fields, declaration.open) end
  for _, method in ipairs(manual.methods(page, entry)) do add_class(out, method.who .. ".options", method.fields, method.open) end
  out[#out + 1] = entry.comment
  if manual.is_constant(page, entry) then
    out[#out + 1] = name .. " = nil\n"
    return
  end
  local words = {}
  for i, value in ipairs(entry.params) do words[i] = value.name end
  out[#out + 1] = string.format("function %s(%s) end\n", name, table.concat(words, ", "))
end

--- Types that annotations name, by the page whose stub declares them.
local ALIASES = {
  duration = '---@alias almanac.Duration string|number  "90s", "5m", or seconds\n',
  k8s = '---@alias almanac.Ref string  "deployment/web", or all of a kind: "pods"\n'
    .. '---@alias almanac.ObjectRef string  one object: "deployment/web"\n',
}

--- The stub of a page.
---@param page almanac.manual.Page
---@return string
function M.page(page)
  local out = { "---@meta", "-- Made by `make docs` from " .. public.file(page.name) .. ": edit that.", "" }
  if not (page.entries[1] and page.entries[1].name == page.name) then
    out[#out + 1] = "--- " .. page.text:gsub("\n\n", "\n---\n--- ")
    out[#out + 1] = page.name .. " = {}\n"
  end
  if ALIASES[page.name] then out[#out + 1] = ALIASES[page.name] end
  for _, entry in ipairs(page.entries) do add_entry(out, page, entry) end
  return (table.concat(out, "\n"):gsub("\n+$", "\n"))
end

return M

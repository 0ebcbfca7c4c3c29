--- What may be typed where the cursor is: names that a runbook sees, fields of options, parameters, libraries.
local contexts = require "almanac.script.language.context"
local declared = require "almanac.script.language.declared"
local fs = require "native.fs"
local embedded = require "native.embedded"
local json = require "native.json"
local manual = require "almanac.script.manual.manual"
local markdown = require "almanac.script.manual.markdown"
local public = require "almanac.script.public"

local M = {}

-- Kinds of items, of the protocol.
local MODULE, FUNCTION, FIELD, VALUE, FILE = 9, 3, 5, 12, 17

local function add(out, label, kind, detail, documentation)
  out[#out + 1] = {
    label = label, kind = kind, detail = detail, documentation = documentation and { kind = "markdown", value = documentation } or nil,
  }
end

local function entries_of(out, page)
  for _, entry in ipairs(page.entries) do
    if entry.name ~= page.name then
      add(out, entry.name, manual.is_constant(page, entry) and VALUE or FUNCTION, manual.signature(page, entry),
        markdown.entry(page, entry))
    end
  end
end

local function modules(out, is_test)
  local pages = manual.pages()
  for _, page in ipairs(is_test and manual.test_pages() or {}) do pages[#pages + 1] = page end
  for _, page in ipairs(pages) do
    local _, entry = manual.find(page.name)
    local is_function = page.entries[1] and page.entries[1].name == page.name
    add(out, page.name, is_function and FUNCTION or MODULE, is_function and manual.signature(page, page.entries[1]) or nil,
      is_function and markdown.entry(page, page.entries[1]) or page.text or entry and entry.text)
  end
end

--- The declarations of the tables that a call takes, each once: gate("x", { … }) and gate { … } have one.
local function declarations_of(call)
  local page, entry = manual.find(call)
  local out, seen = {}, {}
  for _, value in ipairs(page and (entry or page.entries[1] or { params = {} }).params or {}) do
    local declaration = manual.declaration(value.type)
    if declaration and not seen[declaration] then out[#out + 1], seen[declaration] = declaration, true end
  end
  return out
end

---@class almanac.language.Table   what is declared of the table that the cursor is in
---@field fields? table<string, almanac.Field>  those that it has
---@field names? string[]   it has no fields, and these names may stand in it
---@field closed? boolean   no expression stands in it without a name: a map, a list of tables

--- What is declared of a table within a call's.
---@param declaration almanac.Declaration
---@param path (string|integer)[]
---@return almanac.language.Table?
local function table_at(declaration, path)
  local fields, spec = declaration.fields, nil
  for i, key in ipairs(path) do
    if key == contexts.ITEM then
      if not spec or spec[1] ~= "list" then return nil end
      fields = type(spec.of) == "table" and spec.of or nil
    elseif spec and spec.names then
      local names = spec.names(table.move(path, i, #path, 1, {}))
      return { names = names, closed = names[1] ~= nil }
    else
      spec = fields and fields[key]
      if not spec then return nil end
      fields = spec[1]:find "shape" and type(spec.of) == "table" and spec.of or nil
    end
  end
  if fields then return { fields = fields, closed = true } end
  return { names = spec.names and spec.names {}, closed = spec[1] == "map" or type(spec.of) == "table" }
end

--- What is declared of the table that the cursor is in.
---@return almanac.language.Table[]
local function tables_of(context)
  local out = {}
  for _, declaration in ipairs(context.call and declarations_of(context.call) or {}) do
    out[#out + 1] = table_at(declaration, context.path)
  end
  return out
end

--- The fields that a table takes; whether nothing else may stand there.
local function options(out, context)
  local closed = false
  for _, at in ipairs(tables_of(context)) do
    closed = closed or at.closed
    for _, field in ipairs(manual.sorted(at.fields or {})) do
      if not context.given[field.name] then
        local default = manual.default_of(field.spec)
        add(out, field.name, FIELD, manual.words_of(field.spec) .. (default ~= "" and " (" .. default .. ")" or ""), field.spec.help)
      end
    end
    for _, name in ipairs(at.names or {}) do
      if not context.given[name] then add(out, name, FIELD) end
    end
  end
  return closed and context.path[1] ~= nil
end

--- The texts that a field may be.
local function values(out, context)
  for _, at in ipairs(tables_of(context)) do
    local spec = at.fields and at.fields[context.field]
    for _, value in ipairs(spec and spec.values or {}) do
      add(out, value, VALUE, value == spec.default and "the default" or nil, spec.help)
    end
  end
end

local function libraries(out)
  local found = {}
  for _, paths in ipairs { fs.list "runbooks/lib/*.lua", embedded.list "runbooks/lib/" } do
    for _, path in ipairs(paths) do
      local name = path:match "^runbooks/lib/([^/]+)%.lua$"
      if name and not found[name] then
        found[name] = true
        add(out, "lib." .. name, FILE, path)
      end
    end
  end
end

--- The items for a place.
---@param document almanac.language.Document
---@param offset integer  the byte behind what is typed
---@return table[]
function M.at(document, offset)
  local context = contexts.of(document.text:sub(1, offset - 1))
  local out = {}
  local head, closed = context.word:match "^([%w_]+)%.", false
  if context.text then
    if context.of == "require" then libraries(out) elseif context.field then values(out, context) end
  elseif head and public.has(head) then
    entries_of(out, manual.page(head))
  elseif head then
    for _, param in ipairs(declared.parameters(document.text, head)) do add(out, param.name, FIELD, param.text) end
  elseif context.call and context.key then
    closed = options(out, context)
  end
  if not head and not context.text and not closed and (not context.key or #out == 0) then
    modules(out, public.is_test(document.path))
  end
  return json.array(out)
end

return M

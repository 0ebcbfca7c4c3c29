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

--- The fields that a call's table takes.
local function options(out, context)
  local page, entry = manual.find(context.call)
  if not page then return end
  for _, value in ipairs((entry or page.entries[1] or { params = {} }).params) do
    local declaration = manual.declaration(value.type)
    for _, field in ipairs(declaration and manual.sorted(declaration.fields) or {}) do
      if not context.given[field.name] then
        local default = manual.default_of(field.spec)
        add(out, field.name, FIELD, manual.words_of(field.spec) .. (default ~= "" and " (" .. default .. ")" or ""), field.spec.help)
      end
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
  local head = context.word:match "^([%w_]+)%."
  if context.text then
    if context.of == "require" then libraries(out) end
  elseif head and public.has(head) then
    entries_of(out, manual.page(head))
  elseif head then
    for _, param in ipairs(declared.parameters(document.text, head)) do add(out, param.name, FIELD, param.text) end
  elseif context.call and context.key then
    options(out, context)
  end
  if not head and not context.text and (not context.key or #out == 0) then
    modules(out, public.is_test(document.path))
  end
  return json.array(out)
end

return M

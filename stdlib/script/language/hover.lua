--- What is known of the name under the cursor: a function that runbooks see, a field of its options, a parameter.
local contexts = require "almanac.script.language.context"
local declared = require "almanac.script.language.declared"
local manual = require "almanac.script.manual.manual"
local markdown = require "almanac.script.manual.markdown"
local terminal = require "native.terminal"

local M = {}

local function of_field(call, name)
  local page, entry = manual.find(call)
  if not page then return nil end
  for _, value in ipairs((entry or page.entries[1] or { params = {} }).params) do
    local declaration = manual.declaration(value.type)
    local spec = declaration and declaration.fields[name]
    if spec then
      local default = manual.default_of(spec)
      return string.format("`%s` of %s: %s%s\n\n%s", name, call, manual.words_of(spec), default ~= "" and ", " .. default or "",
        spec.help or "")
    end
  end
end

--- Text about the place, and the bytes that it is about. What the manual says is Markdown; what a script says is no
--- markup: a link or an image in it would be followed by who only looks.
---@param document almanac.language.Document
---@param offset integer
---@return string? text
---@return integer? from
---@return integer? to
---@return "markdown"|"plaintext" kind
function M.at(document, offset)
  local word, from, to = document:word(offset)
  if not word then return nil end
  local context = contexts.of(document.text:sub(1, to - 1))
  if context.text then return nil end
  local field = context.call and context.key and document.text:find("^%s*=[^=]", to) and of_field(context.call, word)
  if field then return field, from, to, "markdown" end
  local page, entry = manual.find(word)
  if page then
    if not entry and page.entries[1] and page.entries[1].name == page.name then entry = page.entries[1] end
    return entry and markdown.entry(page, entry) or "# " .. page.name .. "\n\n" .. page.text, from, to, "markdown"
  end
  local variable, name = word:match "^([%w_]+)%.([%w_]+)$"
  for _, param in ipairs(variable and declared.parameters(document.text, variable) or {}) do
    if param.name == name then return terminal.spelt("parameter " .. name .. ": " .. param.text), from, to, "plaintext" end
  end
end

return M

--- The manual as text for a terminal: pages and entries, wrapped to a width.
local manual = require "almanac.script.manual.manual"
local prose = require "almanac.base.prose"

local M = {}

local function add_paragraphs(out, text, width)
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n\n+" do
    prose.add(out, "  ", paragraph, width)
    out[#out + 1] = ""
  end
end

local function default_words(spec)
  local default = manual.default_of(spec)
  if default == "" or default == "required" then return default ~= "" and ", required" or "" end
  return ", default " .. default
end

local function field_rows(rows, declared, prefix)
  for _, field in ipairs(manual.sorted(declared)) do
    local spec = field.spec
    rows[#rows + 1] = { prefix .. field.name, manual.words_of(spec) .. default_words(spec) .. (spec.help and ": " .. spec.help or "") }
    if type(spec.of) == "table" then
      field_rows(rows, spec.of, manual.within(prefix, field))
    end
  end
end

local function add_table(out, name, declaration, width)
  local rows = {}
  field_rows(rows, declaration.fields, "")
  out[#out + 1] = "  " .. name .. ":"
  prose.add_rows(out, rows, "    ", width)
  for _, group in ipairs(declaration.one_of or {}) do
    prose.add(out, "    ", "One of " .. table.concat(group, ", ") .. ".", width)
  end
  out[#out + 1] = ""
end

local function add_options(out, entry, width)
  local shown
  for _, value in ipairs(entry.params) do
    local declaration, who = manual.declaration(value.type)
    if declaration and shown ~= who then
      shown = who
      add_table(out, value.name, declaration, width)
    end
  end
end

local function value_rows(entry)
  local rows = {}
  for _, value in ipairs(entry.params) do
    local words = manual.type_of(value) .. (value.optional and ", optional" or "")
    rows[#rows + 1] = { value.name, words .. (value.text ~= "" and ": " .. value.text or "") }
  end
  for _, value in ipairs(entry.returns) do
    local words = value.type .. (value.name and " " .. value.name or "")
    rows[#rows + 1] = { "returns", words .. (value.text ~= "" and ": " .. value.text or "") }
  end
  return rows
end

local function add_entry(out, page, entry, width)
  if manual.is_constant(page, entry) then
    out[#out + 1] = manual.full_name(page, entry)
    add_paragraphs(out, entry.text, width)
    return
  end
  out[#out + 1] = manual.signature(page, entry)
  add_paragraphs(out, entry.text, width)
  local rows = value_rows(entry)
  if #rows > 0 then
    prose.add_rows(out, rows, "  ", width)
    out[#out + 1] = ""
  end
  add_options(out, entry, width)
  for _, method in ipairs(manual.methods(page, entry)) do add_table(out, "the table of " .. manual.method_name(method), method, width) end
  prose.add(out, "  Raises: ", entry.raises or "", width)
  if entry.example then out[#out + 1] = "\n    " .. entry.example:gsub("\n", "\n    ") end
  out[#out + 1] = ""
end

local function joined(out)
  return (table.concat(out, "\n"):gsub("`", ""):gsub("\n+$", "\n"):gsub("([^\n])$", "%1\n"))
end

--- One function, or value.
---@param page almanac.manual.Page
---@param entry almanac.manual.Entry
---@param width integer  columns
---@return string
function M.entry(page, entry, width)
  local out = {}
  add_entry(out, page, entry, width)
  return joined(out)
end

--- What a name is, and a line for each of its functions.
---@param page almanac.manual.Page
---@param width integer
---@return string
function M.page(page, width)
  local out, rows, one = { page.name }, {}, page.name
  add_paragraphs(out, page.text, width)
  for i = #page.entries, 1, -1 do
    local entry = page.entries[i]
    local is_constant = manual.is_constant(page, entry)
    rows[i] = { is_constant and manual.full_name(page, entry) or manual.signature(page, entry), manual.sentence(entry.text) }
    if not is_constant then one = manual.full_name(page, entry) end
  end
  prose.add_rows(out, rows, "  ", width)
  return joined(out) .. "\nalmanac doc " .. one .. " says all of one.\n"
end

--- The names, and a line for each.
---@param pages almanac.manual.Page[]
---@param width integer
---@return string
function M.index(pages, width)
  local out, rows = {}, {}
  for i, page in ipairs(pages) do rows[i] = { page.name, manual.sentence(page.text) } end
  prose.add_rows(out, rows, "  ", width)
  return "A runbook sees these names, and Lua's own safe ones:\n\n" .. joined(out)
    .. "\nalmanac doc NAME says what one is: almanac doc k8s, almanac doc k8s.apply.\n"
end

return M

--- What the manual lacks, or says otherwise than the source: a comment, a summary, types, units, errors, an example,
--- the help of a field.
local fields = require "almanac.base.fields"
local functions = require "almanac.script.manual.functions"
local manual = require "almanac.script.manual.manual"
local public = require "almanac.script.public"
local units = require "almanac.script.manual.units"

local M = {}

--- Each argument has a @param of its name, but that a table of declared fields is called options. What a function
--- takes with ... only to refuse it needs no word.
local function check_arguments(who, entry, takes, report)
  local line = entry.line
  for i = 1, math.max(#takes.names, #entry.params) do
    local name, value = takes.names[i], entry.params[i]
    if not value then
      report(line, string.format("%s takes %s, of which no @param tells", who, name))
    elseif not name then
      if not takes.more then report(line, string.format("%s takes no %s, of which a @param tells", who, value.name)) end
    elseif value.name ~= name and not (value.name == "options" and value.type:find "%.options") then
      report(line, string.format("%s takes %s, and its @param tells of %s", who, name, value.name))
    end
  end
end

local function check_types(who, entry, fn, report)
  local takes = functions.of(fn)
  if takes then
    check_arguments(who, entry, takes, report)
    if takes.gives and #entry.returns == 0 then report(entry.line, who .. " returns something, of which no @return tells") end
  end
  for _, value in ipairs(entry.params) do
    local declaration, named = manual.declaration(value.type)
    if named and not declaration then report(entry.line, string.format("%s: nothing declares the fields of %s", who, named)) end
  end
  units.check(who, entry, function(message) report(entry.line, message) end)
end

local function gaps_of(page, entry, report)
  local who = manual.full_name(page, entry)
  if entry.text == "" then report(entry.line, who .. " has no summary") end
  if manual.is_constant(page, entry) then return end
  if not entry.raises then report(entry.line, who .. ' does not say what it raises: "Raises: `kind`, …" or "Raises: nothing."') end
  if not entry.example then report(entry.line, who .. " has no example (```lua … ```)") end
  local value = public.value(page.name)
  check_types(who, entry, type(value) == "table" and value[entry.name] or value, report)
end

local function check_fields(who, declared, report)
  for name, spec in pairs(declared) do
    if not spec.help or spec.help == "" then report(1, string.format("%s: its field %s has no help", who, name)) end
    if units.is_lacking(name, spec[1], (spec.help or "") .. " " .. fields.words(spec) .. (spec.unit or "")) then
      report(1, string.format("%s: its field %s has no unit", who, name))
    end
    if type(spec.of) == "table" then check_fields(who .. "." .. name, spec.of, report) end
  end
end

local function check_page(page, report)
  local value, described = public.value(page.name), {}
  for _, entry in ipairs(page.entries) do
    described[entry.name] = true
    gaps_of(page, entry, report)
    local declaration = fields.of(manual.full_name(page, entry))
    if declaration then check_fields(declaration.who, declaration.fields, report) end
    for _, method in ipairs(manual.methods(page, entry)) do check_fields(method.who, method.fields, report) end
  end
  for name in pairs(type(value) == "table" and value or {}) do
    if not described[name] and public.has(page.name) then -- the words of a test's assert are told of in one text
      report(1, page.name .. " exports " .. name .. " without a comment above it")
    end
  end
  if #page.entries == 0 then report(1, page.name .. " has no comment above what it returns") end
  if page.text == "" then report(1, page.name .. " does not say what it is, at its top") end
end

--- Reports what the pages of all names lack, those for files of tests included.
---@param report fun(file: string, line: integer, message: string)
function M.check(report)
  for _, pages in ipairs { manual.pages(), manual.test_pages() } do
    for _, page in ipairs(pages) do
      check_page(page, function(line, message) report(public.file(page.name), line, message) end)
    end
  end
end

return M

--- The manual as pages of Markdown.
local manual = require "almanac.script.manual.manual"
local public = require "almanac.script.public"

local M = {}

--- Text in a cell of a table.
local function cell(text)
  return (text:gsub("|", "\\|"):gsub("\n", " "))
end

local function code(text)
  return "`" .. text .. "`"
end

local function add_fields(out, declared, prefix)
  for _, field in ipairs(manual.sorted(declared)) do
    local spec = field.spec
    out[#out + 1] = string.format("| %s | %s | %s | %s |", code(prefix .. field.name), cell(manual.words_of(spec)),
      cell(manual.default_of(spec)), cell(spec.help or ""))
    if type(spec.of) == "table" then
      add_fields(out, spec.of, manual.within(prefix, field))
    end
  end
end

local function add_table(out, declaration)
  out[#out + 1] = "| field | what it must be | default | |\n| --- | --- | --- | --- |"
  add_fields(out, declaration.fields, "")
  if declaration.open then out[#out + 1] = "\nOther names are " .. declaration.open .. "." end
  for _, group in ipairs(declaration.one_of or {}) do out[#out + 1] = "\nOne of " .. table.concat(group, ", ") .. "." end
  out[#out + 1] = ""
end

local function add_methods(out, page, entry)
  for _, declaration in ipairs(manual.methods(page, entry)) do
    out[#out + 1] = string.format("The table of %s:\n", code(manual.method_name(declaration)))
    add_table(out, declaration)
  end
end

local function add_params(out, entry)
  local shown
  for _, value in ipairs(entry.params) do
    out[#out + 1] = string.format("- %s %s%s%s", code(value.name), code(manual.type_of(value)),
      value.optional and ", optional" or "", value.text ~= "" and ": " .. value.text or "")
  end
  for _, value in ipairs(entry.returns) do
    out[#out + 1] = string.format("- returns %s%s%s", code(value.type), value.name and " " .. value.name or "",
      value.text ~= "" and ": " .. value.text or "")
  end
  if #entry.params + #entry.returns > 0 then out[#out + 1] = "" end
  for _, value in ipairs(entry.params) do
    local declaration, who = manual.declaration(value.type)
    if declaration and shown ~= who then
      shown = who
      add_table(out, declaration)
    end
  end
end

local function add_entry(out, page, entry)
  if manual.is_constant(page, entry) then
    table.move({ "## " .. manual.full_name(page, entry), "", entry.text, "" }, 1, 4, #out + 1, out)
    return
  end
  out[#out + 1] = "## " .. manual.signature(page, entry) .. "\n"
  out[#out + 1] = entry.text .. "\n"
  add_params(out, entry)
  add_methods(out, page, entry)
  out[#out + 1] = "Raises: " .. (entry.raises or "") .. "\n"
  out[#out + 1] = "```lua\n" .. (entry.example or "") .. "\n```\n"
end

--- What is said of one function or value.
---@param page almanac.manual.Page
---@param entry almanac.manual.Entry
---@return string
function M.entry(page, entry)
  local out = {}
  add_entry(out, page, entry)
  return (table.concat(out, "\n"):gsub("\n+$", "\n"))
end

--- A page.
---@param page almanac.manual.Page
---@param more? string  path of a page with more about it, from this one
---@return string
function M.page(page, more)
  local made = "<!-- Made by `make docs` from " .. public.file(page.name) .. ": edit that. -->"
  local out = { made, "# " .. page.name, "", page.text, "" }
  if more then out[#out + 1] = string.format("How it behaves, and why: [%s](%s).\n", page.name, more) end
  for _, entry in ipairs(page.entries) do add_entry(out, page, entry) end
  return (table.concat(out, "\n"):gsub("\n+$", "\n"))
end

local function list(pages, folder, title, text)
  local out = { "<!-- Made by `make docs` from " .. folder .. ": edit that. -->", "# " .. title, "", text, "" }
  for _, page in ipairs(pages) do
    local names = {}
    for i, entry in ipairs(page.entries) do names[i] = code(entry.name) end
    out[#out + 1] = string.format("- [%s](%s.md): %s%s", page.name, page.name, manual.sentence(page.text),
      page.entries[1] and page.entries[1].name == page.name and "" or " " .. table.concat(names, " "))
  end
  return table.concat(out, "\n") .. "\n"
end

--- What of Lua's own is another for scripts, and why.
local LUAS_OWN = [[

## Lua's own

What a script computes is the same in every process: a run that is gone on with takes the same way, and what a reviewer is shown is
what is run. So, otherwise than in Lua:

- `pairs` and `next` go through 1, 2, 3, … to the first number that is missing, then the other numbers in their order, then
  texts byte by byte, then `false` and `true`. A table may have one key that is a table or function; of several they raise: keep
  them in a list besides. Keys that are added during a walk are not come by.
- `table.sort` keeps what is equal in its order. `json.encode` and `yaml.encode` sort names.
- `tostring` and `%s` of a table, function or thread are its type's name, and `%p` is refused: there are no addresses.
- `setmetatable` refuses `__mode` and `__gc`.
- `os.time`, `os.date`, `os.clock`, `os.getenv` and `math.random` are read in a step. There is no `io`, `debug`, `dofile`,
  `collectgarbage`, `string.dump`, `os.execute` or `package`; `load` takes text.
- The top level of a script may compute for 5 seconds. Where memory, or the stack, runs out there, loading ends, whatever `pcall` caught.
- A runbook that declares something else when it is loaded once more, in a state of its own, is refused by `show`, `plan` and `run`.
]]

--- The page that lists the others.
---@param pages almanac.manual.Page[]
---@return string
function M.index(pages)
  return list(pages, "stdlib/public/", "What a script sees",
    "A runbook sees these names, Lua's own safe ones, and `require \"lib.NAME\"` for a file beside it. Nothing else.") .. LUAS_OWN
end

--- The page that lists those of tests.
---@param pages almanac.manual.Page[]
---@return string
function M.test_index(pages)
  return list(pages, "stdlib/testing/public/", "What a test sees",
    "A file of tests (`runbooks/tests/NAME_test.lua`) sees these names, and of the [modules](../modules/README.md) of scripts " ..
      "what computes.")
end

return M

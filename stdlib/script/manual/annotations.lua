--- The annotations of a public file, read from its source: what each name is, takes, gives and raises, and
--- one example. The forms are LuaLS's: https://luals.github.io/wiki/annotations/
local M = {}

---@class almanac.manual.Value    an argument or a result
---@field name? string
---@field type string
---@field text string
---@field optional? boolean

---@class almanac.manual.Entry
---@field name string             "get"; the module's own name where the module is a function
---@field line integer
---@field text string             paragraphs
---@field raises? string
---@field example? string
---@field params almanac.manual.Value[]
---@field returns almanac.manual.Value[]
---@field comment string          the block as it is written

---@class almanac.manual.Page
---@field name string             of the global
---@field text string             what the module is
---@field entries almanac.manual.Entry[]

local brackets = { ["("] = 1, ["{"] = 1, ["<"] = 1, [")"] = -1, ["}"] = -1, [">"] = -1 }

local function is_balanced(text)
  local depth = 0
  for sign in text:gmatch "[(){}<>]" do depth = depth + brackets[sign] end
  return depth == 0
end

--- "TYPE name  text" of a result. The name is there where the type before it is whole.
local function result_of(rest)
  local head, text = rest:match "^(.-)%s%s+(.*)$"
  head, text = head or rest, text or ""
  local type_text, name = head:match "^(.+) ([%a_.][%w_.]*)$"
  if type_text and is_balanced(type_text) and not type_text:find "[:,|]$" then
    return { type = type_text, name = name, text = text }
  end
  return { type = head, text = text }
end

local function argument_of(rest)
  local name, optional, declared = rest:match "^([%w_.]+)(%??)%s+(.*)$"
  if not name then return nil end
  local value = result_of(declared)
  return { name = name, optional = optional == "?", type = value.name and value.type .. " " .. value.name or value.type, text = value.text }
end

--- Takes one tag of a block into the entry; gives the value that following lines belong to.
local function tag(entry, name, rest)
  if name == "param" then
    local value = argument_of(rest)
    entry.params[#entry.params + 1] = value
    return value
  elseif name == "return" then
    local value = result_of(rest)
    entry.returns[#entry.returns + 1] = value
    return value
  end
end

local function finish(entry, paragraphs)
  local text = {}
  for _, paragraph in ipairs(paragraphs) do
    local raises = paragraph:match "^Raises: (.*)$"
    if raises then entry.raises = raises else text[#text + 1] = paragraph end
  end
  entry.text = table.concat(text, "\n\n")
end

--- Reads one block of comment lines.
---@param lines string[]  without their dashes
---@return almanac.manual.Entry  but for its name and line
function M.entry(lines)
  local entry = { params = {}, returns = {}, comment = "---" .. table.concat(lines, "\n---") }
  local paragraphs, example, value, open = {}, nil, nil, false
  for _, line in ipairs(lines) do
    local words, name, rest = line:gsub("^ ", "", 1), line:match "^@(%a+)%s*(.*)$"
    if example and words == "```" then
      entry.example, example = table.concat(example, "\n"), nil
    elseif example then
      example[#example + 1] = words
    elseif words == "```lua" then
      example, open = {}, false
    elseif name then
      value = tag(entry, name, rest)
    elseif value then
      value.text = (value.text .. " " .. words:match "^%s*(.*)$"):match "^%s*(.*)$"
    elseif words == "" then
      open = false
    elseif open then
      paragraphs[#paragraphs] = paragraphs[#paragraphs] .. " " .. words
    else
      paragraphs[#paragraphs + 1], open = words, true
    end
  end
  finish(entry, paragraphs)
  return entry
end

--- The name that a line of code gives a value, where that value is public.
local function exported(line, returned)
  local field = line:match "^M%.([%w_]+)%s*=" or line:match "^function M%.([%w_]+)%("
  if field then return field end
  local own = line:match "^local ([%w_]+)%s*=" or line:match "^local function ([%w_]+)%("
  return own == returned and returned ~= "M" and own or nil
end

--- Reads a public file.
---@param name string    of the global
---@param source string
---@return almanac.manual.Page
function M.read(name, source)
  local page = { name = name, text = "", entries = {} }
  local returned = source:match "\nreturn ([%w_]+)%s*$"
  local block, number, seen_head = {}, 0, false
  for line in (source .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local comment = line:match "^%-%-%-(.*)$"
    if comment then
      block[#block + 1] = comment
    else
      local public = exported(line, returned)
      if public then
        local entry = M.entry(block)
        entry.name, entry.line = public, number
        page.entries[#page.entries + 1] = entry
      elseif not seen_head and #block > 0 then
        page.text = M.entry(block).text:gsub("^" .. name .. ": (.)", string.upper)
      end
      seen_head = seen_head or #block > 0
      block = {}
    end
  end
  return page
end

return M

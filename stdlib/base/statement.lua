--- Statements: the texts that people sign. A title, and lines of a name and a value in JSON, so that no value
--- can pass for another line. Pure.
local json = require "native.json"

local M = {}

---@alias almanac.StatementLine { [1]: string, [2]: any }  a name, and what it stands for; nil: the line is left out

--- The text that is signed.
---@param title string
---@param lines almanac.StatementLine[]
---@return string
function M.text(title, lines)
  local out = { title }
  for _, line in ipairs(lines) do
    if line[2] ~= nil then out[#out + 1] = line[1] .. ": " .. json.encode(line[2], { canonical = true }) end
  end
  return table.concat(out, "\n") .. "\n"
end

local function lines_of(text)
  local title, lines, names = text:match "^([^\n]*)", {}, {}
  for name, value in text:gmatch "\n([%w ]+): ([^\n]*)" do
    lines[name] = value
    names[#names + 1] = name
  end
  return title, lines, names
end

--- What a text says, by the names of its lines; the last of a name counts. Whoever takes something from it makes the
--- text anew and compares.
---@param text string
---@return table<string, any>
function M.parse(text)
  local _, lines = lines_of(text)
  local out = {}
  for name, value in pairs(lines) do
    local ok, decoded = pcall(json.decode, value)
    out[name] = ok and decoded or nil
  end
  return out
end

--- The first thing in which a signed text is not the one that is asked for.
---@param signed string
---@param wanted string
---@return string? name    of the line; "title"; nil: they are the same
---@return string? was     what was signed
---@return string? is
function M.difference(signed, wanted)
  if signed == wanted then return nil end
  local title, lines = lines_of(signed)
  local wanted_title, wanted_lines, names = lines_of(wanted)
  if title ~= wanted_title then return "title", title, wanted_title end
  for _, name in ipairs(names) do
    if lines[name] ~= wanted_lines[name] then return name, lines[name] or "nothing", wanted_lines[name] end
  end
  return "title", "lines more than these", wanted_title
end

return M

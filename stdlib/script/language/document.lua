--- A text that an editor has open: its lines, and places in it as the Language Server Protocol counts them, in lines
--- from 0 and UTF-16 code units. Pure.
local M = {}

---@class almanac.language.Document
---@field path string   from the project, as the checks name it
---@field uri string
---@field text string
---@field starts integer[]  byte at which each line begins
local Document = {}
Document.__index = Document

---@param uri string
---@param path string
---@param text string
---@return almanac.language.Document
function M.new(uri, path, text)
  local starts = { 1 }
  for stop in text:gmatch "()\n" do starts[#starts + 1] = stop + 1 end
  return setmetatable({ uri = uri, path = path, text = text, starts = starts }, Document)
end

--- Characters of a text from a byte on: the byte behind each, and its UTF-16 code units. What is no UTF-8 counts a byte each.
local function units_of(text, at)
  local code = text:byte(at)
  if code < 0x80 then return at + 1, 1 end
  local stop = text:match("^[\194-\244][\128-\191]+()", at)
  if not stop or not utf8.len(text, at, stop - 1) then return at + 1, 1 end
  local behind = utf8.offset(text, 2, at)
  return behind, code >= 0xF0 and 2 or 1
end

--- The line of a number from 1, without its end.
---@param number integer
---@return string
function Document:line(number)
  local from = self.starts[number]
  if not from then return "" end
  return (self.text:match("^[^\r\n]*", from))
end

--- The byte that a position means; the end of the line for one behind it.
---@param position { line: integer, character: integer }
---@return integer from 1 to one behind the text
function Document:offset(position)
  local number = position.line + 1
  if not self.starts[number] then return #self.text + 1 end
  local line, at, units = self:line(number), 1, position.character
  while units > 0 and at <= #line do
    local behind, size = units_of(line, at)
    at, units = behind, units - size
  end
  return self.starts[number] + at - 1
end

--- The position of a byte.
---@param offset integer
---@return { line: integer, character: integer }
function Document:position(offset)
  local low, high = 1, #self.starts
  while low < high do
    local middle = (low + high + 1) // 2
    if self.starts[middle] <= offset then low = middle else high = middle - 1 end
  end
  local line, at, units = self:line(low), 1, 0
  local stop = offset - self.starts[low] + 1
  while at < stop and at <= #line do
    local behind, size = units_of(line, at)
    at, units = behind, units + size
  end
  return { line = low - 1, character = units }
end

--- The document with a change in it, as an editor tells it.
---@param change { range: { start: table, ["end"]: table }?, text: string }  without a range it is the whole text
---@return almanac.language.Document
function Document:changed(change)
  if not change.range then return M.new(self.uri, self.path, change.text) end
  local from, to = self:offset(change.range.start), self:offset(change.range["end"])
  if to < from then from, to = to, from end
  return M.new(self.uri, self.path, self.text:sub(1, from - 1) .. change.text .. self.text:sub(to))
end

--- The range of two bytes, the second behind its end.
---@param from integer
---@param to integer
function Document:range(from, to)
  return { start = self:position(from), ["end"] = self:position(to) }
end

--- The range of a finding: from its column, in characters from 1, to the end of the word there.
---@param line integer    from 1
---@param column integer
function Document:range_of(line, column)
  local text = self:line(line)
  local at = self.starts[line] and utf8.offset(text, column) or #text + 1
  local from = (self.starts[line] or #self.text + 1) + math.min(at or 1, #text + 1) - 1
  local word = self.text:match("^[%w_]+", from) or self.text:match("^[^%s]", from) or ""
  return self:range(from, from + #word)
end

--- The dotted word around a byte: "k8s.rollout", and where it is.
---@param offset integer
---@return string? word
---@return integer? from
---@return integer? to     one behind it
function Document:word(offset)
  local from = offset
  while from > 1 and self.text:find("^[%w_.]", from - 1) do from = from - 1 end
  local to = offset
  while self.text:find("^[%w_]", to) do to = to + 1 end
  local word = self.text:sub(from, to - 1)
  if not word:find "^[%a_]" then return nil end
  return word, from, to
end

return M

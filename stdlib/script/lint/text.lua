--- The lines of a text, and which of them a place is in.
local M = {}

---@class almanac.lint.Text
---@field file string
---@field text string
---@field starts integer[]  place of the first byte of each line
local Text = {}
Text.__index = Text

---@param file string  as it is shown
---@param text string
---@return almanac.lint.Text
function M.new(file, text)
  local starts, at = { 1 }, 1
  while true do
    at = text:find("\n", at, true)
    if not at then break end
    at = at + 1
    starts[#starts + 1] = at
  end
  return setmetatable({ file = file, text = text, starts = starts }, Text)
end

--- A line without its end; "" past the last one.
---@param number integer
---@return string
function Text:line(number)
  local from = self.starts[number]
  if not from then return "" end
  local stop = self.starts[number + 1]
  return (self.text:sub(from, stop and stop - 2 or #self.text):gsub("\r$", ""))
end

--- The line of a byte.
---@param pos integer
---@return integer line
function Text:line_of(pos)
  local starts, low, high = self.starts, 1, #self.starts
  while low < high do
    local middle = (low + high + 1) // 2
    if starts[middle] <= pos then low = middle else high = middle - 1 end
  end
  return low
end

--- Line and column of a byte. Columns count characters, from 1.
---@param pos integer
---@return integer line
---@return integer column
function Text:place(pos)
  local line = self:line_of(pos)
  local before = self.text:sub(self.starts[line], pos - 1)
  return line, (utf8.len(before) or #before) + 1
end

--- Column of the first character of a line that is no blank.
---@param number integer
---@return integer
function Text:indent(number)
  return self:line(number):find "%S" or 1
end

return M

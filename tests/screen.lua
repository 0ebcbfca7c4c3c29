--- The screen of a terminal, from the bytes that a program writes to it: as much of ECMA-48 as Almanac uses. What it
--- does not know fails the test.
local columns = require "almanac.base.columns"

local M = {}

---@class tests.Screen
---@field width integer
---@field height integer
---@field above string[]      lines that have left the screen at its top
---@field frames string[][]   the lines of the screen at the end of each frame (a synchronized update)
local Screen = {}
Screen.__index = Screen

local function blank_row(width)
  local row = {}
  for i = 1, width do row[i] = " " end
  return row
end

function M.new(width, height)
  local screen = setmetatable({
    width = width, height = height, rows = {}, row = 1, column = 1, above = {}, frames = {}, rest = "",
  }, Screen)
  for i = 1, height do screen.rows[i] = blank_row(width) end
  return screen
end

local function text_of(row)
  return (table.concat(row):gsub(" +$", ""))
end

--- The lines of the screen, without blanks at their ends.
function Screen:lines()
  local out = {}
  for i, row in ipairs(self.rows) do out[i] = text_of(row) end
  return out
end

function Screen:text()
  return table.concat(self:lines(), "\n")
end

local function line_feed(self)
  if self.row < self.height then
    self.row = self.row + 1
    return
  end
  self.above[#self.above + 1] = text_of(table.remove(self.rows, 1))
  self.rows[self.height] = blank_row(self.width)
end

--- A character; behind one that fills its row the cursor stays, and the next one goes into the next row.
local function put(self, char)
  local width = columns.of(char)
  if width == 0 then return end
  if self.column + width - 1 > self.width then
    line_feed(self)
    self.column = 1
  end
  local row = self.rows[self.row]
  row[self.column] = char
  if width == 2 then row[self.column + 1] = "" end
  self.column = self.column + width
end

local sequences = {
  A = function(self, count) self.row = math.max(1, self.row - math.max(1, count)) end,
  B = function(self, count) self.row = math.min(self.height, self.row + math.max(1, count)) end,
  C = function(self, count) self.column = math.min(self.width, self.column + math.max(1, count)) end,
  K = function(self)
    for i = self.column, self.width do self.rows[self.row][i] = " " end
  end,
  m = function() end,
  h = function() end,
  l = function(self) self.frames[#self.frames + 1] = self:lines() end,
}

local controls = {
  ["\r"] = function(self) self.column = 1 end,
  ["\n"] = line_feed,
  ["\b"] = function(self) self.column = math.max(1, self.column - 1) end,
  ["\a"] = function() end,
}

--- The next thing that the program wrote: how it acts, and the place behind it; nil where its end is not there yet.
local function next_of(text, at)
  local char = text:sub(at, at)
  if char == "\27" then
    local mode, number, final, after = text:match("^%[(%??)([%d;]*)([%a])()", at + 1)
    if not final then
      if #text - at < 16 then return nil end
      error({ assertion = "a sequence that no line of ours has: " .. string.format("%q", text:sub(at, at + 16)) }, 0)
    end
    if not sequences[final] or mode == "?" and number ~= "2026" then
      error({ assertion = "a sequence that no line of ours has: " .. mode .. number .. final }, 0)
    end
    return function(self) sequences[final](self, tonumber(number) or 0) end, after
  end
  if controls[char] then return controls[char], at + 1 end
  local length = char:byte() < 0x80 and 1 or char:byte() < 0xE0 and 2 or char:byte() < 0xF0 and 3 or 4
  if at + length - 1 > #text then return nil end
  return function(self) put(self, text:sub(at, at + length - 1)) end, at + length
end

--- Takes what the program wrote.
---@param bytes string
function Screen:write(bytes)
  local text, at = self.rest .. bytes, 1
  while at <= #text do
    local act, after = next_of(text, at)
    if not act then break end
    act(self)
    at = after
  end
  self.rest = text:sub(at)
end

--- The terminal is made narrower or wider, and does not break its lines anew (as xterm's).
function Screen:resize(width, height)
  for i = 1, height do
    local row = self.rows[i] or blank_row(width)
    for column = #row + 1, width do row[column] = " " end
    for column = #row, width + 1, -1 do row[column] = nil end
    self.rows[i] = row
  end
  for i = #self.rows, height + 1, -1 do self.rows[i] = nil end
  self.width, self.height, self.row = width, height, math.min(self.row, height)
end

return M

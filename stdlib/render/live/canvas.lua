--- What is drawn on the terminal, so that the next frame writes only what it changes.
local columns = require "almanac.base.columns"
local terminal = require "almanac.base.terminal"

local M = {}

---@class almanac.live.Canvas
---@field drawn string[]    the lines that the terminal shows
---@field width integer     of the terminal when it got them
---@field height integer
---@field pending string[]  lines that stay, to be written above the next frame
local Canvas = {}
Canvas.__index = Canvas

--- Lines that wait for the terminal while another program has it: the last ones.
local PENDING_MAX = 1000

---@return almanac.live.Canvas
function M.new()
  return setmetatable({ drawn = {}, width = 0, height = 0, pending = {} }, Canvas)
end

--- A line that stays.
---@param text string
function Canvas:above(text)
  self.pending[#self.pending + 1] = text .. "\n"
  if #self.pending > PENDING_MAX then table.remove(self.pending, 1) end
end

--- The rows that what was drawn takes now: a terminal that became narrower since has broken its lines, and of one
--- that became lower the first have left it.
local function rows_of(self, width, height)
  local rows = #self.drawn
  if width < self.width then
    rows = 0
    for _, line in ipairs(self.drawn) do rows = rows + columns.rows(line, width) end
  end
  return math.min(rows, height - 1)
end

local function changes(self, lines)
  local out, changed = {}, #lines ~= #self.drawn
  for i, line in ipairs(lines) do
    out[i] = line ~= self.drawn[i] and line or false
    changed = changed or out[i] ~= false
  end
  return out, changed
end

--- Draws a frame; writes nothing where it shows what is shown.
---@param lines string[]
function Canvas:draw(lines)
  local width, height = terminal.size()
  local resized = width ~= self.width or height ~= self.height
  local whole = resized or #self.pending > 0
  local rows = rows_of(self, width, height)
  local out, changed = changes(self, lines)
  if not whole and not changed then return end
  terminal.draw(rows, whole and lines or out, table.concat(self.pending))
  self.drawn, self.width, self.height, self.pending = lines, width, height, {}
end

--- Forgets what was drawn: it stays where it is, and the next frame begins below the cursor.
function Canvas:leave()
  self.drawn = {}
end

return M

--- A question that is asked below the frame: its lines, and the answer that is being typed. The frame goes on meanwhile,
--- for who approves has to see what changes. Pure.
local redaction = require "almanac.base.redaction"
local terminal = require "almanac.base.terminal"
local typed_line = require "almanac.render.typed_line"

local M = {}

local CURSOR = "▏"

---@class almanac.live.Question
---@field prompt string   as said; the answer is typed behind its last line
---@field hidden boolean  what is typed is not shown
---@field shown boolean   it can be read: keys from then on answer it
---@field told boolean    its lines were written above the frame, which has no room for all of them
---@field over boolean    it was answered, or there is no more input
---@field answer string?  nil: no more input
---@field typed almanac.TypedLine
local Question = {}
Question.__index = Question

---@param prompt string  of terminal.said
---@param hidden boolean?
---@return almanac.live.Question
function M.new(prompt, hidden)
  return setmetatable({
    prompt = redaction.text(prompt), hidden = hidden or false, shown = false, told = false, over = false, typed = typed_line.new(),
  }, Question)
end

local function prompt_lines(self, width)
  local out = {}
  for line in (terminal.within(self.prompt, width) .. "\n"):gmatch "(.-)\n" do out[#out + 1] = line end
  return out
end

--- Its last lines, as many as there is room for, and in the last one what is typed.
---@param width integer
---@param rows integer  at least 1
---@return string[] lines
---@return boolean whole  all of them
function Question:lines(width, rows)
  local all = prompt_lines(self, width)
  local first = math.max(1, #all - rows + 1)
  local out = table.move(all, first, #all, 1, {})
  local with_cursor = typed_line.new(self.hidden and CURSOR or self.typed.before .. CURSOR)
  if not self.hidden then with_cursor.behind = self.typed.behind end
  out[#out] = with_cursor:shown(out[#out], width)
  return out, first == 1
end

--- What stays of it above the frame: the question, unless it stands there already, and what was typed.
---@return string
function Question:record()
  local asked = self.told and self.prompt:match "[^\n]*$" or self.prompt
  return asked .. (self.hidden and "" or self.typed:text())
end

--- A key of who answers; behind its last one it is over.
---@param key string  of keys.of(), with what control characters mean in a line
---@return boolean  it is none of a line's: it may move what is shown above
function Question:press(key)
  if key == "enter" then
    self.over, self.answer = true, self.typed:text()
  elseif key == "end of input" then
    self.over = self.typed:text() == ""
  else
    return not self.typed:press(key)
  end
  return false
end

return M

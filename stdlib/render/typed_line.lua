--- A line that is being typed: its text, the cursor, and what keys do to them. Pure.
local columns = require "almanac.base.columns"

local M = {}

---@class almanac.TypedLine
---@field before string  the cursor
---@field behind string
local Line = {}
Line.__index = Line

---@param text? string
---@return almanac.TypedLine
function M.new(text)
  return setmetatable({ before = text or "", behind = "" }, Line)
end

---@return string
function Line:text() return self.before .. self.behind end

local LAST, FIRST = "[^\128-\191][\128-\191]*$", "^[^\128-\191][\128-\191]*"

local function left(self)
  local char = self.before:match(LAST) or ""
  self.before, self.behind = self.before:sub(1, #self.before - #char), char .. self.behind
end

local function right(self)
  local char = self.behind:match(FIRST) or ""
  self.before, self.behind = self.before .. char, self.behind:sub(#char + 1)
end

local presses = {
  left = left, right = right,
  home = function(self) self.before, self.behind = "", self:text() end,
  ["end"] = function(self) self.before, self.behind = self:text(), "" end,
  backspace = function(self) self.before = self.before:gsub(LAST, "") end,
  delete = function(self) self.behind = self.behind:gsub(FIRST, "") end,
  ["rub out"] = function(self) self.before = "" end,
  ["cut off"] = function(self) self.behind = "" end,
  ["rub word"] = function(self) self.before = self.before:gsub("[^%s]*%s*$", "") end,
}

--- Does what a key does; false where it does nothing to a line. A character is put in.
---@param key string
---@return boolean
function Line:press(key)
  local press = presses[key]
  if press then press(self) elseif utf8.len(key) == 1 then self:insert(key) end
  return press ~= nil or utf8.len(key) == 1
end

---@param text string
function Line:insert(text) self.before = self.before .. text end

--- What fits of it behind a prompt, and the column of the cursor: a long line is moved, so that the cursor stays in sight.
---@param prompt string
---@param width integer  of the terminal
---@return string shown
---@return integer column
function Line:shown(prompt, width)
  local room = math.max(1, width - columns.of(prompt) - 1)
  local before = self.before
  while columns.of(before) > room do before = before:gsub(FIRST, "") end
  local shown = before
  for char in self.behind:gmatch "[^\128-\191][\128-\191]*" do
    if columns.of(shown .. char) > room then break end
    shown = shown .. char
  end
  return prompt .. shown, columns.of(prompt) + columns.of(before)
end

return M

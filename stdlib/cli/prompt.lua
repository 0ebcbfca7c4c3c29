--- Asks for lines at a terminal: they can be edited, completed by TAB, and those before come back by up and down. In a
--- pipe the lines are read as they are.
local drive = require "almanac.session.drive"
local interrupt = require "almanac.base.interrupt"
local keyboard = require "native.keyboard"
local keys = require "almanac.render.live.keys"
local native = require "native.terminal"
local task = require "native.task"
local terminal = require "almanac.base.terminal"
local typed_line = require "almanac.render.typed_line"

local M = {}

local BACKGROUND_SECONDS = 0.2

---@class almanac.Prompt
---@field history string[]
---@field complete fun(before: string): string[], string  what may follow a text, and the part that it begins with
---@field lines (string|false)[]  that were typed at once, and wait; false: the end of the input
local Prompt = {}
Prompt.__index = Prompt

---@param history string[]
---@param complete fun(before: string): string[], string
---@return almanac.Prompt
function M.new(history, complete)
  return setmetatable({ history = history, complete = complete, lines = {} }, Prompt)
end

--- What all of several words begin with.
local function common(words)
  local out = words[1]
  for _, word in ipairs(words) do
    while word:sub(1, #out) ~= out do out = out:sub(1, -2) end
  end
  return out
end

--- Completes what is typed; where nothing is added, what may follow is listed.
local function complete(self, line)
  local words, begun = self.complete(line.before)
  if #words == 0 then return end
  local all = common(words)
  if #all > #begun then return line:insert(all:sub(#begun + 1)) end
  terminal.write(2, "\n" .. table.concat(words, "  ") .. "\n")
end

--- One of the lines before: up is the older one.
local function recall(self, step)
  local at = math.max(1, math.min(#self.history + 1, self.at + step))
  if self.at > #self.history then self.draft = self.line:text() end
  self.at = at
  self.line = typed_line.new(self.history[at] or self.draft)
end

local function draw(self, prompt)
  terminal.edit(2, self.line:shown(prompt, (terminal.size())))
end

--- Takes keys until a line is there; nil at the end of the input.
local function take(self, prompt)
  self.line, self.at, self.draft = typed_line.new(), #self.history + 1, ""
  while true do
    if keyboard.on() then draw(self, prompt) else task.sleep(BACKGROUND_SECONDS) end
    local bytes = keyboard.read()
    if not bytes then return nil end
    for _, key in ipairs(keys.of(bytes, keys.IN_A_LINE)) do
      if key == "enter" then
        draw(self, prompt)
        terminal.write(2, "\n")
        self.lines[#self.lines + 1] = self.line:text()
        self.line = typed_line.new()
      elseif key == "end of input" and self.line:text() == "" then
        self.lines[#self.lines + 1] = false
      elseif key == "complete" then
        complete(self, self.line)
      elseif key == "up" or key == "down" then
        recall(self, key == "up" and -1 or 1)
      else
        self.line:press(key)
      end
    end
    if #self.lines > 0 then return table.remove(self.lines, 1) end
  end
end

--- Asks for a line. Ctrl-C gives up what is typed.
---@param prompt string
---@return string|false|nil line  false: it was given up; nil at the end of the input
function Prompt:ask(prompt)
  if not (terminal.isatty(0) and terminal.isatty(2)) then return native.read_line() end
  if #self.lines > 0 then return table.remove(self.lines, 1) or nil end -- of what was pasted
  local ok, line = drive.join(task.spawn(take, self, prompt))
  keyboard.off()
  if ok then return line or nil end
  if not interrupt.of(line) then error(line, 0) end
  terminal.write(2, "^C\n")
  return false
end

return M

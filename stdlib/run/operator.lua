--- The operator of a run: whether anybody can be asked, how, and where things are shown. Made by the command
--- line, and held by the run.
local terminal = require "almanac.base.terminal"

local M = {}

---@class almanac.Renderer  shows a run while it goes on: render/{live,plain,events}
---@field event fun(self, event: almanac.Event)
---@field above fun(self, text: string)       a line that stays
---@field start fun(self)                     draws until it is stopped
---@field suspend fun(self)                   leaves the terminal to another
---@field ask? (fun(self, prompt: string, hidden: boolean?, anew: boolean?): string?)  asks while it draws
---@field stop fun(self)
---@field wants_all boolean?                  done steps that are met, too, and what began the run

---@class almanac.OperatorOptions
---@field no_ask? boolean    nobody is asked, even at a terminal
---@field in_doubt? "redo"|"done"|"abort"  the answer given beforehand
---@field renderer? fun(run: almanac.Run): almanac.Renderer

---@class almanac.Operator
---@field begun boolean      a run was driven: until then an error means that nothing was done
---@field lost string?       why results could not be written
---@field answers (fun(question: string|string[], choices: string[]): string)?  answers in his place: a rehearsal's --yes
---@field stage string?      what his runs are made in that are none, in words: "a rehearsal", "a test". They start no program that a
---                          script hands to another one
---@field watcher fun(run: almanac.Run)?  sees each run that is driven, before it begins
local Operator = {}
Operator.__index = Operator

---@param options almanac.OperatorOptions?
---@return almanac.Operator
function M.new(options)
  local operator = setmetatable({ begun = false }, Operator)
  operator:set(options or {})
  return operator
end

--- Says how the operator is met, once the command line is read.
---@param options almanac.OperatorOptions
function Operator:set(options)
  self.can_ask, self.in_doubt_answer, self.make_renderer = not options.no_ask, options.in_doubt, options.renderer
end

--- Nobody: a run that is made without an operator asks nothing and shows nothing.
local nobody = M.new { no_ask = true }

--- The operator of a run.
---@param run almanac.Run
---@return almanac.Operator
function M.of(run)
  return run.operator or nobody
end

--- Whether somebody sits at a terminal, and may be asked: in its background he would be asked by another program.
---@return boolean
function Operator:can_be_asked()
  return self.can_ask and terminal.isatty(0) and terminal.isatty(2) and terminal.foreground()
end

--- Says something to a person, above what is being drawn.
---@param said string|string[]  a line of ours, or several: what stands behind a newline in one is marked as another's
function Operator:say(said)
  if #said == 0 and type(said) == "table" then return end
  local text = terminal.said(said)
  if self.renderer then self.renderer:above(text) else terminal.write(2, text .. "\n") end
end

--- Writes a result of the command. Results that could not be written are a failure; a reader that wants no
--- more of them is none.
---@param text string
function Operator:result(text)
  self:keep(terminal.write(1, text))
end

--- Writes data, as one line of JSON.
---@param value any
function Operator:json(value)
  self:keep(terminal.json(1, value))
end

--- Writes a result that is redacted already.
---@param text string of redaction.encode
function Operator:encoded(text)
  self:keep(terminal.write_redacted(1, text))
end

function Operator:keep(ok, why)
  if not ok and why ~= "Broken pipe" then self.lost = why end
end

--- Shows a run from now on, until hide().
---@param run almanac.Run
function Operator:show(run)
  local renderer = self.make_renderer and self.make_renderer(run)
  if not renderer then return end
  run:observe(function(event) renderer:event(event) end, renderer.wants_all)
  self.renderer = renderer
  renderer:start()
end

function Operator:hide()
  if self.renderer then self.renderer:stop() end
  self.renderer = nil
end

--- Prints a prompt and reads a line; nil where nobody can be asked, and at the end of input.
---@param prompt string|string[]  as said; the answer is typed behind the last line
---@param hidden? boolean  a secret: it is not shown while it is typed, and taken with its blanks
---@param anew? boolean    what was typed before it was asked is no answer: a doubled key would answer what nobody has read
---@return string?
function Operator:line(prompt, hidden, anew)
  if not self:can_be_asked() then return nil end
  local said, renderer = terminal.said(prompt), self.renderer
  local draws = renderer and renderer.ask
  local line = draws and draws(renderer, said, hidden, anew)
  if not draws then line = terminal.ask(said, hidden, anew) end
  return line and (hidden and line or line:match "^%s*(.-)%s*$")
end

--- The letter by which a choice is answered: its first one, of as many bytes as it has.
---@param choice string
---@return string
function M.letter(choice)
  return choice:match "^[\xC2-\xF4][\x80-\xBF]+" or choice:sub(1, 1)
end

--- What is asked stands behind a sign: a script's question would begin a line as ours do.
local function asked(question)
  local lines = type(question) == "table" and table.move(question, 1, #question, 1, {}) or { question }
  lines[1] = "? " .. lines[1]
  return lines
end

--- What is said, and below it how it is answered.
local function prompt_of(said, below)
  local lines = table.move(said, 1, #said, 1, {})
  lines[#lines + 1] = below
  return lines
end

--- What the answer "?" is answered with.
local function explained(choices, meanings)
  local out = {}
  for i, choice in ipairs(choices) do
    out[i] = string.format("  %s, or %s%s", M.letter(choice), choice, meanings[choice] and ": " .. meanings[choice] or "")
  end
  return out
end

--- One of several answers, by its first letter or in full; nil where nobody answers.
---@param question string|string[]  as said
---@param choices string[]
---@param meanings table<string, string>?  what follows from each, which "?" shows
---@return string?
function Operator:choose(question, choices, meanings)
  if self.answers then return self.answers(question, choices) end
  if not self:can_be_asked() then return nil end
  local shown = {}
  for i, choice in ipairs(choices) do
    local letter = M.letter(choice)
    shown[i] = "[" .. letter .. "]" .. choice:sub(#letter + 1)
  end
  local said = asked(question)
  while true do
    local answer = self:line(prompt_of(said, "  " .. table.concat(shown, "  ") .. " > "), false, true)
    if answer == nil then return nil end
    for _, choice in ipairs(choices) do
      if answer == choice or answer == M.letter(choice) then return choice end
    end
    said = answer == "?" and explained(choices, meanings or {}) or { "Please answer with one of the letters in brackets." }
  end
end

--- A text that a Lua pattern fits; nil where nobody answers.
---@param question string|string[]  as said
---@param pattern string
---@return string?
function Operator:text(question, pattern)
  if not self:can_be_asked() then return nil end
  local said = asked(question)
  while true do
    local answer = self:line(prompt_of(said, "  > "), false, true)
    if answer == nil or answer:find(pattern) then return answer end
    said = { "That does not fit the pattern " .. pattern .. "." }
  end
end

local DOUBT = {
  redo = "it did not take place: it is made once more", done = "it took place: the run goes on as if it had ended well",
  abort = "the run stops here, and asks again when it is resumed",
}

--- What to do with an effect of which nobody can tell whether it took place.
---@param path string of its step
---@param intent table
---@param why string?
---@param printed string[]?  what it had printed
---@return "redo"|"done"|"abort"|nil
function Operator:in_doubt(path, intent, why, printed)
  if self.in_doubt_answer then return self.in_doubt_answer end
  local said = { "An effect is in doubt.", "  step:   " .. path, "  effect: " .. (intent.title or intent.op) }
  if printed and printed[1] then said[#said + 1] = "It had printed:" end
  for _, line in ipairs(printed or {}) do said[#said + 1] = "  | " .. line end
  said[#said + 1] = "It was begun, and nobody knows whether it took place" .. (why and ": " .. why or ".")
  return self:choose(said, { "redo", "done", "abort" }, DOUBT)
end

return M

--- Questions with choices, as confirm asks them with two: at the terminal, or answered from elsewhere with almanac
--- answer. What was said, by whom, is journalled.
local approval = require "almanac.journal.approval"
local at_terminal = require "almanac.run.at_terminal"
local halt = require "almanac.base.halt"
local json = require "native.json"
local operator = require "almanac.run.operator"
local shell_word = require "almanac.base.shell_word"
local step = require "almanac.run.step"
local store = require "almanac.journal.store"

local M = {}

---@class almanac.Waiting  what is said while a question waits for an answer from elsewhere
---@field hint string|string[]  how it is answered: lines of ours
---@field message string?   nil: that it waits for the operator
---@field needs integer?    how many signed answers it takes yet
---@field choices string[]? what may be answered; nil: yes and no
---@field pattern string?   any text that this Lua pattern fits may be answered
---@field must_sign string[]?  which of them must be signed; nil: yes
---@field since integer?    the event behind which answers count

--- Stops the run until somebody answers.
---@param frame almanac.Frame
---@param text string
---@param waiting almanac.Waiting
function M.wait(frame, text, waiting)
  approval.ask(frame, text, waiting)
  halt.raise {
    kind = "waiting", step = frame.path, message = waiting.message or "waiting for the operator: " .. text,
    hint = waiting.hint,
  }
end

--- The answer at the terminal, which is journalled. Where nobody sits there the run stops and waits.
---@param frame almanac.Frame
---@param text string
---@param choices string[]?  nil: a text that the pattern of `waiting` fits
---@param waiting almanac.Waiting
---@return almanac.Answer
function M.put(frame, text, choices, waiting)
  local who = operator.of(frame.run)
  local answer = at_terminal.ask(frame.run, frame.path, text, choices, function()
    if choices then return who:choose(text, choices) end
    return who:text(text, waiting.pattern)
  end)
  if answer == nil then M.wait(frame, text, waiting) end
  return approval.answer(frame, text, answer)
end

--- How each of the choices is given; with a gate, what lets the run go on is signed.
local function how_to_choose(frame, choices, gate)
  local words, said = store.words(frame.run:outermost()), {}
  for i, choice in ipairs(choices) do
    local signed = gate and approval.goes_on(gate, choice)
    said[i] = string.format("%s almanac answer %s %s%s", i == 1 and "answer:" or "       ", words, shell_word.quoted(choice),
      signed and " --sign" or "")
  end
  said[#said + 1] = "then: almanac resume " .. words
  return said
end

--- Stops the run until enough people have signed. Nobody is asked at the terminal: who sits there runs it.
---@param frame almanac.Frame
---@param text string
---@param judgement almanac.Judgement
---@param waiting almanac.Waiting
function M.wait_for_signatures(frame, text, judgement, waiting)
  local approvals = frame.run.approvals
  for _, why in ipairs(approvals:reasons(judgement)) do step.note(why) end
  local have, people = #judgement.accepted, approvals:people(judgement)
  waiting.needs = judgement.missing
  waiting.message = string.format("waiting for signed approvals: %s (%d of %d%s)", text, have, judgement.quorum,
    have > 0 and ": " .. people or "")
  M.wait(frame, text, waiting)
end

--- An answer where what lets the run go on must be signed.
local function ask_signed(frame, text, choices, gate)
  local given = approval.chosen(frame, text)
  if given and not approval.goes_on(gate, given.answer) then
    approval.use(frame)
    return given
  end
  local best
  for _, answer in ipairs(gate.must_sign) do
    local accepted, judgement = approval.signed(frame, { question = text, answer = answer, must_sign = gate.must_sign, since = gate.since })
    if accepted then
      approval.use(frame)
      return accepted
    end
    if not best or #judgement.accepted > #best.accepted then best = judgement end
  end
  M.wait_for_signatures(frame, text, best, {
    choices = choices, must_sign = gate.must_sign, since = gate.since, hint = how_to_choose(frame, choices, gate),
  })
end

local function answered(frame, text, waiting)
  local given, stale = approval.chosen(frame, text)
  if given then
    approval.use(frame)
    return given
  end
  if stale then step.note(stale) end
  return M.put(frame, text, waiting.choices, waiting)
end

--- The answer of the operator, or of who answered from elsewhere. Where there is none the run stops and waits.
---@param frame almanac.Frame
---@param text string
---@param choices string[]
---@param gate { must_sign: string[], since: integer? }  which of them let the run go on, and the event behind which answers count
---@return almanac.Answer
function M.ask(frame, text, choices, gate)
  if frame.run.approvals then return ask_signed(frame, text, choices, gate) end
  return answered(frame, text, { choices = choices, hint = how_to_choose(frame, choices) })
end

--- The same, of an answer that is input of the run, as its parameters are: anybody's to give, also where approvals are
--- signed.
---@param frame almanac.Frame
---@param text string
---@param choices string[]?  nil: any text that the pattern fits
---@param pattern string?
---@return almanac.Answer
function M.input(frame, text, choices, pattern)
  local words = store.words(frame.run:outermost())
  return answered(frame, text, {
    choices = choices, pattern = pattern, must_sign = json.array {},
    hint = choices and how_to_choose(frame, choices)
      or { string.format("answer: almanac answer %s 'TEXT'", words), "then: almanac resume " .. words },
  })
end

return M

--- Questions with choices, as confirm asks them with two: at the terminal, or answered from elsewhere with almanac
--- answer. What was said, by whom, is journalled.
local approval = require "almanac.journal.approval"
local errors = require "almanac.base.errors"
local operator = require "almanac.run.operator"
local step = require "almanac.run.step"
local store = require "almanac.journal.store"

local M = {}

local function wait_for_answer(frame, text, choices)
  approval.ask(frame, text, nil, choices)
  local words, said = store.words(frame.run:outermost()), {}
  for i, choice in ipairs(choices) do said[i] = string.format("almanac answer %s %q", words, choice) end
  errors.raise {
    kind = "waiting", waiting = true, step = frame.path, message = "waiting for the operator: " .. text,
    hint = "answer: " .. table.concat(said, "\n        ") .. "\nthen: almanac resume " .. words,
  }
end

--- The answer of the operator, or of who answered from elsewhere. Where there is none the run stops and waits.
---@param frame almanac.Frame
---@param text string
---@param choices string[]
---@return almanac.Answer
function M.ask(frame, text, choices)
  local given, stale = approval.chosen(frame, text)
  if given then return given end
  if stale then step.note(stale) end
  local answer = operator.of(frame.run):choose(text, choices)
  if answer == nil then wait_for_answer(frame, text, choices) end
  return approval.answer(frame, text, answer)
end

return M

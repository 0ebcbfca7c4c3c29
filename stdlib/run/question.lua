--- Questions with choices, as confirm asks them with two: at the terminal, or answered from elsewhere with almanac
--- answer. What was said, by whom, is journalled.
local approval = require "almanac.journal.approval"
local errors = require "almanac.base.errors"
local operator = require "almanac.run.operator"
local step = require "almanac.run.step"
local store = require "almanac.journal.store"

local M = {}

---@class almanac.Waiting  what is said while a question waits for an answer from elsewhere
---@field hint string       how it is answered
---@field message string?   nil: that it waits for the operator
---@field needs integer?    how many signed answers it takes yet
---@field choices string[]? what may be answered; nil: yes and no

--- Stops the run until somebody answers.
---@param frame almanac.Frame
---@param text string
---@param waiting almanac.Waiting
function M.wait(frame, text, waiting)
  approval.ask(frame, text, waiting.needs, waiting.choices)
  errors.raise {
    kind = "waiting", waiting = true, step = frame.path, message = waiting.message or "waiting for the operator: " .. text,
    hint = waiting.hint,
  }
end

--- The answer at the terminal, which is journalled. Where nobody sits there the run stops and waits.
---@param frame almanac.Frame
---@param text string
---@param choices string[]
---@param waiting almanac.Waiting
---@return almanac.Answer
function M.put(frame, text, choices, waiting)
  local answer = operator.of(frame.run):choose(text, choices)
  if answer == nil then M.wait(frame, text, waiting) end
  return approval.answer(frame, text, answer)
end

local function how_to_choose(frame, choices)
  local words, said = store.words(frame.run:outermost()), {}
  for i, choice in ipairs(choices) do said[i] = string.format("almanac answer %s %q", words, choice) end
  return { choices = choices, hint = "answer: " .. table.concat(said, "\n        ") .. "\nthen: almanac resume " .. words }
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
  return M.put(frame, text, choices, how_to_choose(frame, choices))
end

return M

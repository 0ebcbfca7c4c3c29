--- Questions at the terminal of a run, as those see them who look at it from elsewhere.
local approval = require "almanac.journal.approval"
local errors = require "almanac.base.errors"
local operators = require "almanac.run.operator"
local task = require "native.task"

local M = {}

--- Asks at the run's terminal. Whoever looks at the run from elsewhere sees what is asked there, of whom, since when.
---@generic T
---@param run almanac.Run
---@param path string       of the step that asks; "": the run does
---@param question string
---@param choices string[]? nil: a text is asked for
---@param ask fun(): T      returns nil where nobody answers
---@return T
function M.ask(run, path, question, choices, ask)
  if not operators.of(run):can_be_asked() then return ask() end
  run:record("question.put", path, { question = question, choices = choices, by = approval.operator() })
  local ok, answer = errors.try(ask)
  task.with({ shield = "cancel" }, run.record, run, "question.over", path, {}) -- also where a Ctrl-C was the answer
  if not ok then error(answer, 0) end
  return answer
end

return M

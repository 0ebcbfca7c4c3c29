--- What a run that waits is answered, as a test says it: until the run waits for nothing.
local errors = require "almanac.base.errors"
local lookup = require "almanac.base.lookup"
local runs = require "almanac.testing.run"

local M = {}

local RESUMES_MAX = 10

---@class almanac.testing.Answers
---@field approve? boolean                 what asks for a yes is approved
---@field answers? table<string, string>  by question, with * for any text

--- Whether the run waits for what nobody can tell, and not for a question of its script.
---@param run table
---@return boolean
function M.is_in_doubt(run) return run.error ~= nil and run.error.kind == "in_doubt" end

--- The question that it waits for.
local function asked_of(run)
  local found
  for _, decision in ipairs(run.report.decisions) do
    if run.error and decision.path == run.error.step then found = decision end
  end
  return found or { question = "", choices = nil }
end

local function answer(run, given)
  local asked = asked_of(run)
  local word = lookup.find(given.answers or {}, asked.question)
  if word then
    runs.again(run, "answer", { word })
  elseif given.approve and not asked.choices then
    runs.again(run, "approve")
  else
    errors.raise {
      kind = "usage", message = "the run waits for an answer that the test does not give: " .. asked.question,
      hint = string.format("answers = { [%q] = %q }", asked.question, asked.choices and asked.choices[1] or "yes"),
    }
  end
end

--- Answers what a run waits for, and goes on with it, until it waits for nothing.
---@param run table
---@param given almanac.testing.Answers
---@param env? fun(): table<string, string>  variables of each process
function M.answer_all(run, given, env)
  if not (given.approve or given.answers) then return end
  for _ = 1, RESUMES_MAX do
    if run.status ~= "waiting" or M.is_in_doubt(run) then return end
    answer(run, given)
    runs.again(run, "resume", nil, env and env())
  end
end

return M

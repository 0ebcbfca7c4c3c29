--- Approvals: the questions that a run waits for, and what was answered from elsewhere with
--- almanac approve or reject. An answer is bound to what was asked about: the plan that the run keeps
--- to, and the script; when either is another one by then, it does not count.
local process = require "native.process"
local task = require "native.task"

local M = {}

---@class almanac.Question
---@field path string       of the step that asks
---@field question string
---@field script string     digest of the runbook's files
---@field plan string?      digest of the plan that the run is bound to
---@field at_ms integer

---@class almanac.Answer : almanac.Question
---@field answer "yes"|"no"
---@field by string         user@host
---@field reason string?

--- What an answer given now would be about.
---@param run almanac.Run
---@return { script: string, plan: string? }
local function subject(run)
  return { script = run.script, plan = run.bound and run.bound.digest }
end

--- Journals that the step waits for an answer.
---@param frame almanac.Frame
---@param question string
function M.ask(frame, question)
  local about = subject(frame.run)
  frame.run:record("confirm.asked", frame.path,
    { question = question, script = about.script, plan = about.plan, at_ms = task.wall_ms() })
end

--- Journals an answer that was given at the terminal of the run.
---@param frame almanac.Frame
---@param question string
---@param answer "yes"|"no"
---@return almanac.Answer
function M.answer(frame, question, answer)
  local about = subject(frame.run)
  local given = { question = question, answer = answer, by = M.operator(), at_ms = task.wall_ms(),
    script = about.script, plan = about.plan }
  frame.run:record("confirm.answered", frame.path, given)
  return given
end

--- Who is at the keyboard.
---@return string user@host
function M.operator()
  return process.user() .. "@" .. process.hostname()
end

--- A no fails the step once; whoever resumes the run after that wants to be asked again.
local function has_failed_since(frame, answer)
  local failures = frame.run:previous("step.failed", frame.path)
  local last = failures[#failures]
  return last ~= nil and last.time_ms >= answer.at_ms
end

--- The answer that this step's question has in the journal.
---@param frame almanac.Frame
---@return almanac.Answer? answer
---@return string? stale why there is one that does not count
function M.given(frame)
  local answers = frame.run:previous("confirm.answered", frame.path)
  local last = answers[#answers]
  if not last or last.answer == "no" and has_failed_since(frame, last) then return nil end
  local about = subject(frame.run)
  if last.script ~= about.script then
    return nil, string.format("%s answered %s, but the script was edited since then", last.by, last.answer)
  elseif last.plan ~= about.plan then
    return nil, string.format("%s answered %s, but to a run with another plan", last.by, last.answer)
  end
  return last
end

--- The questions of a run that nobody has answered, oldest first. A step that is done asks nothing any more: an
--- older almanac could write its question down once more behind the answer.
---@param replay almanac.Replay
---@return almanac.Question[]
function M.open(replay)
  local open = {}
  for path in pairs(replay.kept["confirm.asked"] or {}) do
    local asked, answered = replay:previous("confirm.asked", path), replay:previous("confirm.answered", path)
    local question, answer = asked[#asked], answered[#answered]
    question.path = path
    local is_done = replay.done and replay.done:seq(path) ~= nil
    if not is_done and not (answer and answer.at_ms >= question.at_ms) then open[#open + 1] = question end
  end
  table.sort(open, function(a, b) return a.at_ms < b.at_ms end)
  return open
end

return M

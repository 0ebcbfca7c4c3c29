--- What follows the failure of a run: its operator is asked, and it may be taken back.
local at_terminal = require "almanac.run.at_terminal"
local drive = require "almanac.session.drive"
local execute = require "almanac.run.mode.execute"
local interrupt = require "almanac.base.interrupt"
local runs = require "almanac.journal.run"
local rollback_run = require "almanac.session.rollback_run"
local task = require "native.task"
local undo_list = require "almanac.run.undo_list"
local rollback_script = require "almanac.session.rollback_script"

local M = {}

local MEANINGS = {
  retry = "goes on with the script as it is now: what is done stays done", undo = "takes back what was done, newest first",
  stop = "leaves it as it is; almanac resume goes on later, almanac rollback takes it back",
}

--- Asks; nil when the answer is a Ctrl-C.
local function choose(run, operator, question, choices)
  local ok, answer = drive.join(task.spawn(at_terminal.ask, run, "", question, choices, function()
    return operator:choose(question, choices, MEANINGS)
  end))
  if ok then return answer end
  if not interrupt.of(answer) then error(answer, 0) end
  operator:say ""
  return nil
end

--- Shows a failure and asks; nil when nobody can be asked, or the runbook says stop. What can be undone is offered.
---@return "retry"|"undo"|"stop"|nil choice
---@return boolean? told  the failure was shown, and what undo would do
function M.ask(session, run, book, values, err)
  local operator = session.operator
  if book.on_failure == "undo" or err.undo then return "undo" end
  if book.on_failure == "stop" or not operator:can_be_asked() then return nil end
  drive.say_failure(operator, err)
  local way = rollback_script.with(session, runs.load_to_undo(session.journal, run.id, execute), book, values)
  operator:say(rollback_run.describe(way.walked))
  local may_undo = #undo_list.of(way.walked) > 0
  return choose(run, operator, "What now?", may_undo and { "retry", "undo", "stop" } or { "retry", "stop" }), true
end

--- Takes the run back.
---@param status string  how it ended
---@param err almanac.Error
---@param told boolean?
---@return integer exit code
function M.go_back(session, run, book, values, held, status, err, told)
  if not told then drive.conclude(run, status, err, false, "it is taken back") end
  local original = runs.load_to_undo(session.journal, run.id, execute)
  local undone = rollback_run.run(session, original, rollback_script.with(session, original, book, values), held, { told = told })
  return undone == "done" and drive.exit.undone or drive.exit[undone] or drive.exit.failed
end

return M

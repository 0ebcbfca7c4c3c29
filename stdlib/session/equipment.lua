--- The equipment of a run: what an execution of it has of its session and its script, and how it begins in the journal.
local definitions = require "almanac.run.definitions"
local origin = require "almanac.session.origin"
local process = require "native.process"
local ran = require "almanac.journal.ran"
local runner = require "almanac.session.runner"
local settings = require "almanac.config.settings"
local task = require "native.task"

local M = {}

---@class almanac.Session  what a command works with
---@field journal table?   nil: nothing is journalled, as in a plan
---@field operator almanac.Operator
---@field options table    of the command line
---@field anew table<string, any>?  parameters that a resume was given
---@field calls almanac.Calls  how its runs make runs of their own

--- The run that made one which goes on by itself.
local function caller_of(session, meta)
  return meta.caller and require("almanac.session.outer").caller(session.journal, meta) or nil
end

--- What is answered about a run is answered about its cluster, too.
local function name_cluster(run)
  require("almanac.session.clusters").name(run)
end

--- Gives a run what it goes by.
---@param session almanac.Session
---@param run almanac.Run
---@param book almanac.Runbook
---@param frame almanac.Frame?  the step that makes the run, where another one does
function M.give(session, run, book, frame)
  run.operator, run.calls = session.operator, session.calls
  run.allow, run.on_owner, run.definitions = book.allow, book.on_owner, definitions.scope(book.script.definitions)
  run.pass_env = book.pass_env
  run.script, run.loaded = book.script.digest, book.script
  run.name_cluster = name_cluster
  run.approvals = run.journal and settings.approval.allowed_signers and
    require("almanac.session.approvals").of(run.journal, run.id, run.replay) or nil
  if not frame then
    run.caller = caller_of(session, run.meta)
    if session.operator.watcher then session.operator.watcher(run) end
    return
  end
  run.caller = frame.run
  run:be_seen_in(frame)
end

--- The same of a run that takes another one back.
---@param session almanac.Session
---@param run almanac.Run
---@param original almanac.Run
---@param way almanac.RollbackScript
---@param frame almanac.Frame?
function M.give_back(session, run, original, way, frame)
  M.give(session, run, way.book, frame)
  run.takes_back = original
  if not frame then run.caller = caller_of(session, original.meta) end
  run.allow, run.on_owner, run.definitions = way.allow, nil, way.walked.definitions
  run.pass_env = way.pass_env
end

--- Who executes it, where and with what.
local function execution(run)
  return {
    operator = process.user(), host = process.hostname(), pid = process.pid(), version = process.version, runner = runner.note(),
    commit = origin.commit(),
    -- The steps of a rollback are no source's: that its script was edited says nothing about them.
    digest = not run.meta.undoes and run.script or nil,
  }
end

--- Journals that the run begins.
---@param run almanac.Run  with its equipment
function M.start(run)
  local data, meta = execution(run), run.meta
  data.runbook, data.params, data.undoes = meta.runbook, not meta.undoes and meta.params or nil, meta.undoes
  run.ran_before_ms, run.begun_ms = 0, task.wall_ms()
  run:record("run.start", "", data)
end

--- How long processes have run it, this one too.
---@param run almanac.Run
---@return integer? ms  nil: it did not begin
function M.ran_ms(run)
  return run.begun_ms and run.ran_before_ms + math.max(0, task.wall_ms() - run.begun_ms) or nil
end

--- Makes a script the one that the run is made with, unless what was signed for another one is to be signed anew for it.
---@param run almanac.Run  that is executed, with its equipment
---@param book almanac.Runbook
function M.take_script(run, book)
  if run.approvals then require("almanac.session.edited").check_approval(run) end
  run:keep_script(book.script)
end

--- Journals that the run goes on.
---@param run almanac.Run  with its equipment
---@param params table<string, any>?  that are given anew, as they are journalled
---@param names string[]?             of what is given otherwise, with what no journal holds
function M.go_on(run, params, names)
  local data = execution(run)
  data.params, data.anew = params, names
  run.ran_before_ms, run.begun_ms = ran.of(run.journal, run.id, run.replay.turn).ms, task.wall_ms()
  data.ran_ms = run.ran_before_ms
  run:record("run.resume", "", data)
end

return M

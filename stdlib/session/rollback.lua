--- almanac rollback: which run it is about, whether its way back may begin or go on now, and that of each part. What takes
--- a run back is rollback_run.lua; the script that it goes by, rollback_script.lua.
local calls = require "almanac.session.calls"
local candidate = require "almanac.session.candidate"
local children = require "almanac.config.children"
local clusters = require "almanac.session.clusters"
local drive = require "almanac.session.drive"
local errors = require "almanac.base.errors"
local execute = require "almanac.run.mode.execute"
local holder = require "almanac.session.holder"
local ownership = require "almanac.journal.ownership"
local replays = require "almanac.journal.replay"
local reopen = require "almanac.session.reopen"
local runner = require "almanac.session.runner"
local runs = require "almanac.journal.run"
local store = require "almanac.journal.store"
local rollback_run = require "almanac.session.rollback_run"
local rollback_script = require "almanac.session.rollback_script"
local undo_list = require "almanac.run.undo_list"

local M = {}

--- The rollback of the run that is not over: another one beside it would take back a second time what it began.
local function open_one(session, row)
  local id = ownership.open_rollbacks(session.journal, row.id)[1]
  if not id then return nil end
  session.operator:say("going on with " .. id)
  return runs.load(session.journal, id, execute)
end

--- Takes a run back whose way back is found, where its lock can be had.
local function go_back(session, original, way, moved, given)
  holder.own(session.journal, original.id)
  local held <close> = reopen.take_locks(session.journal, original, session.operator)
  clusters.move(original, moved)
  return drive.exit[rollback_run.run(session, original, way, held, given)]
end

--- Rolls back a run of the journal.
---@param session almanac.Session
---@param row table       of the run
---@param stopped almanac.Run?
---@param named boolean   the operator named the run
---@param ask? fun()       asks whether it is the one, once it was shown what would be taken back
---@return integer exit code
function M.roll_back(session, row, stopped, named, ask)
  local original = runs.load_to_undo(session.journal, row.id, execute)
  local meta = original.meta
  if meta.undoes then
    errors.raise {
      kind = "refused", message = row.id .. " is itself a rollback, of " .. meta.undoes,
      hint = "almanac resume " .. row.id .. " goes on with it",
    }
  end
  if not stopped then
    reopen.check_overtaken(session, original, named, "rollback")
    stopped = open_one(session, row)
  end
  reopen.settings(original, session.options)
  runner.check()
  local moved = clusters.check_run(session, original, "rollback")
  local way = rollback_script.find(session, original)
  rollback_script.check_given(way, original, session.anew)
  return children.within(way.pass_env, go_back, session, original, way, moved, { stopped = stopped, ask = ask })
end

--- Whether there is something of a run to be taken back.
local function has_changed(journal, id)
  return ownership.has_acted(journal, id) and not ownership.is_irreversible(journal, id)
    and not undo_list.has_changed_nothing(replays.load(journal, id))
end

--- The run that a rollback without one means: it did something, and is not taken back, or not all of it. One whose rollback
--- was stopped is gone on with.
local function wanted(journal)
  return {
    command = "rollback", what = "to roll back", question = "Roll this run back?", shows = true,
    accepts = function(row, status)
      return (status ~= "undone" or ownership.has_left(journal, row.id)) and not row.runbook:find "^rollback%-of%-"
        and has_changed(journal, row.id)
    end,
  }
end

--- almanac rollback [RUN]
---@param id string? nil: the only one, or the one that the operator says yes to
---@param given table<string, any>  parameters: secrets that the run needs
---@param options table
---@param operator almanac.Operator
---@return integer exit code
function M.run(id, given, options, operator)
  local journal <close> = store.open "rw"
  local row, named, ask = candidate.pick(journal, id, wanted(journal), operator)
  return M.roll_back(calls.session(journal, operator, options, given), row, nil, named, ask)
end

return M

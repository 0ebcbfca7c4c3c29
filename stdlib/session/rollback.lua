--- Rolling a run back: a run of its own, journalled and resumable, that takes done steps back, newest first.
local candidate = require "almanac.session.candidate"
local drive = require "almanac.session.drive"
local errors = require "almanac.base.errors"
local execute = require "almanac.run.mode.execute"
local holder = require "almanac.session.holder"
local locks = require "almanac.session.lock"
local ownership = require "almanac.journal.ownership"
local process = require "native.process"
local reopen = require "almanac.session.reopen"
local runs = require "almanac.journal.run"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local undo = require "almanac.run.undo"
local way_back = require "almanac.session.way_back"

local M = {}

---@class almanac.Session  what a command works with
---@field journal table
---@field operator almanac.Operator
---@field options table    of the command line
---@field anew table<string, any>?  parameters that a resume was given

--- What undo would do, for people.
---@param undos almanac.Undo[]
---@param left string[]
---@return string
function M.describe(undos, left)
  if #undos == 0 then return "there is nothing to undo" end
  local out = { "undo would, newest first:" }
  for _, item in ipairs(undos) do out[#out + 1] = "  ↩ " .. item.what end
  for _, title in ipairs(left) do out[#out + 1] = "  · nothing takes back: " .. title end
  return table.concat(out, "\n")
end

--- There is nothing to take back of this run, which may not be the one that was meant: the newest other one that
--- did something and is not over is named.
local function say_nothing(session, original)
  local journal, lines = session.journal, {}
  lines[1] = string.format("%s (%s): there is nothing to undo", original.id, states.status(journal, original.id))
  for _, row in ipairs(journal:runs()) do
    local status = row.id ~= original.id and states.status(journal, row.id)
    if status and status ~= "running" and not ownership.is_over(status) and ownership.has_acted(journal, row.id) then
      lines[2] = string.format("  %s (%s) did something: almanac rollback %s", row.id, status, store.words(row.id))
      break
    end
  end
  session.operator:say(table.concat(lines, "\n"))
end

--- The run that takes another one back: a new one, or one that was stopped.
local function open_rollback(session, original, way, stopped)
  local journal, book = session.journal, way.book
  local run = stopped or runs.create(journal, {
    runbook = "rollback-of-" .. book.name, undoes = original.id, script = book.path, params = {}, operator = process.user(),
    host = process.hostname(), version = process.version, lock = original.meta.lock,
  }, execute)
  run.operator, run.allow, run.definitions = session.operator, way.allow, way.walked.definitions
  holder.own(journal, run.id)
  if stopped then
    run:record("run.resume", "", { operator = process.user() })
  else
    run:record("run.start", "", { runbook = run.meta.runbook, undoes = original.id, operator = process.user() })
  end
  return run
end

--- Takes a run back. The caller owns the run and its lock.
---@param session almanac.Session
---@param original almanac.Run
---@param way almanac.WayBack
---@param held table    its lock
---@param stopped almanac.Run?  a rollback of it that was stopped, to go on with
---@return string status of the rollback
function M.take_back(session, original, way, held, stopped)
  local undos, left = undo.list(way.walked)
  if #undos == 0 and not stopped then
    say_nothing(session, original)
    return "done"
  end
  session.operator:say(#undos == 0 and original.id .. ": there is nothing left to undo" or M.describe(undos, left))
  local run = open_rollback(session, original, way, stopped)
  held:attach(run)
  local status, err = drive.execute(run, undo.body(original, undos, run.id))
  if status == "done" then original:record("run.end", "", { status = "undone", by = run.id }) end
  drive.conclude(run, status, err)
  return status
end

--- Rolls back a run of the journal.
---@param session almanac.Session
---@param row table       of the run
---@param stopped almanac.Run?
---@param named boolean   the operator named the run
---@return integer exit code
function M.roll_back(session, row, stopped, named)
  local journal, operator = session.journal, session.operator
  local original = runs.load(journal, row.id, execute)
  local meta = original.meta
  if meta.undoes then
    errors.raise {
      kind = "refused", message = row.id .. " is itself a rollback, of " .. meta.undoes,
      hint = "almanac resume " .. row.id .. " goes on with it",
    }
  end
  if not stopped then reopen.check_overtaken(session, original, named, "rollback") end
  reopen.settings(original, session.options)
  local way = way_back.find(session, original)
  holder.own(journal, row.id)
  local held <close> = locks.take(journal, reopen.lock_of(meta), row.id, operator)
  return drive.exit[M.take_back(session, original, way, held, stopped)]
end

--- The run that a rollback without one means: it did something, and nothing takes it back yet.
local function wanted(journal)
  return {
    command = "rollback", what = "to roll back", question = "Roll this run back?",
    accepts = function(row, status)
      return status ~= "undone" and not row.runbook:find "^rollback%-of%-" and ownership.has_acted(journal, row.id) and
        #ownership.open_rollbacks(journal, row.id) == 0
    end,
  }
end

--- almanac rollback [RUN]
---@param id string? nil: the only one, or the one that the operator says yes to
---@param options table
---@param operator almanac.Operator
---@return integer exit code
function M.run(id, options, operator)
  local journal <close> = store.open "rw"
  local row, named = candidate.pick(journal, id, wanted(journal), operator)
  return M.roll_back({ journal = journal, operator = operator, options = options }, row, nil, named)
end

return M

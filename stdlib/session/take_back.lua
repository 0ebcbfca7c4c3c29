--- Taking a run back: the run that does it, journalled and resumable, newest step first.
local drive = require "almanac.session.drive"
local equipment = require "almanac.session.equipment"
local execute = require "almanac.run.mode.execute"
local holder = require "almanac.session.holder"
local json = require "native.json"
local origin = require "almanac.session.origin"
local ownership = require "almanac.journal.ownership"
local runs = require "almanac.journal.run"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local undo = require "almanac.run.undo"

local M = {}

--- What undo would do, for people.
---@param walked almanac.Run  after undo.walk_back()
---@param undos almanac.Undo[]
---@param left string[]
---@return string
local function describe(walked, undos, left)
  local out = { #undos == 0 and "there is nothing to undo" or "undo would, newest first:" }
  for _, item in ipairs(undos) do out[#out + 1] = "  ↩ " .. item.what end
  for _, title in ipairs(#undos > 0 and left or {}) do out[#out + 1] = "  · nothing takes back: " .. title end
  for _, path in ipairs(undo.unreached(walked)) do
    out[#out + 1] = string.format("  ! %s has an undo that cannot be reached: it lies behind what the step around it looked at", path)
  end
  return table.concat(out, "\n")
end

--- What undo would do, for people.
---@param walked almanac.Run  after undo.walk_back()
---@return string
function M.describe(walked)
  return describe(walked, undo.list(walked))
end

--- The newest other run that did something and is not over, and the command that goes on with it.
local function other_run(journal, original)
  for _, row in ipairs(journal:runs()) do
    local status = row.id ~= original.id and states.status(journal, row.id)
    if status and status ~= "running" and not ownership.is_over(status) and ownership.has_acted(journal, row.id) then
      local command = json.decode(row.meta).undoes and "resume" or "rollback"
      return string.format("\n  %s (%s) did something: almanac %s %s", row.id, status, command, store.words(row.id))
    end
  end
end

--- There is nothing to take back of this run: all of it is, and the rollback ended before it could say so; or it may not
--- be the one that was meant.
local function end_without(session, original)
  local undone, status = original.replay.undone, states.status(session.journal, original.id)
  if undone and status ~= "undone" then
    original:record("run.end", "", { status = "undone", by = undone.by })
    session.operator:say(original.id .. ": there is nothing left to undo")
  else
    session.operator:say(string.format("%s (%s): there is nothing to undo%s", original.id, status,
      other_run(session.journal, original) or ""))
  end
end

--- The run that takes another one back: a new one, or one that was stopped.
local function open_rollback(session, original, way, stopped, frame)
  local journal = session.journal
  local run = stopped or runs.create(journal, origin.of_rollback(original, way.book, frame), execute)
  equipment.give_back(session, run, way, frame)
  holder.own(journal, run.id)
  local begin = stopped and equipment.go_on or equipment.start
  begin(run)
  return run
end

--- Takes a run back. The caller owns the run and its lock.
---@param session almanac.Session
---@param original almanac.Run
---@param way almanac.WayBack
---@param held table    its lock
---@param stopped almanac.Run?  a rollback of it that was stopped, to go on with
---@param told boolean?  what it undoes was shown
---@return string status of the rollback
function M.run(session, original, way, held, stopped, told)
  local undos, left = undo.list(way.walked)
  if #undos == 0 and not stopped then
    end_without(session, original)
    return "done"
  end
  if not told then
    session.operator:say(#undos == 0 and original.id .. ": there is nothing left to undo" or describe(way.walked, undos, left))
  end
  local run = open_rollback(session, original, way, stopped)
  held:attach(run)
  local status, err = drive.execute(run, undo.body(original, undos, run.id))
  if status == "done" then original:record("run.end", "", { status = "undone", by = run.id }) end
  drive.conclude(run, status, err)
  return status
end

--- Takes back a run that another one made, as a part of the rollback of that: a run of the rollback's own. Raises what
--- stops it.
---@param session almanac.Session
---@param original almanac.Run
---@param way almanac.WayBack
---@param frame almanac.Frame   of the step that takes it back
---@param stopped almanac.Run?
function M.run_within(session, original, way, frame, stopped)
  local undos = undo.list(way.walked)
  local by = frame.run.id
  if #undos > 0 or stopped then
    local run = open_rollback(session, original, way, stopped, frame)
    by, run.held = run.id, frame.run.held
    drive.execute_within(run, frame, undo.body(original, undos, run.id))
  end
  original:record("run.end", "", { status = "undone", by = by })
end

return M

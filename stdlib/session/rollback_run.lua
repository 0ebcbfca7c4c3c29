--- The run that takes another one back, newest step first, journalled and resumable: made, gone on with and driven to its
--- end, for `almanac rollback`, after a failure (failure.lua) and of a part (calls.lua).
local at_terminal = require "almanac.run.at_terminal"
local drive = require "almanac.session.drive"
local errors = require "almanac.base.errors"
local equipment = require "almanac.session.equipment"
local execute = require "almanac.run.mode.execute"
local holder = require "almanac.session.holder"
local json = require "native.json"
local origin = require "almanac.session.origin"
local outer = require "almanac.session.outer"
local ownership = require "almanac.journal.ownership"
local ran = require "almanac.journal.ran"
local rollback_body = require "almanac.run.rollback_body"
local rows = require "almanac.journal.row"
local runs = require "almanac.journal.run"
local shell_word = require "almanac.base.shell_word"
local states = require "almanac.journal.state"
local step = require "almanac.run.step"
local store = require "almanac.journal.store"
local undo_list = require "almanac.run.undo_list"

local M = {}

--- Whether the operator named an undo as one to be left out: by the step that is taken back, or the one that does it.
local function is_named(item, words)
  return words == item.path or words == item.name
end

local function is_skipped(item, options)
  for _, words in ipairs(options.skip or {}) do
    if is_named(item, words) then return true end
  end
  return false
end

--- Refuses to leave out what is not there.
---@param undos almanac.Undo[]
---@param options table
local function check_skipped(undos, options)
  for _, words in ipairs(options.skip or {}) do
    local found = false
    for _, item in ipairs(undos) do found = found or is_named(item, words) end
    if not found then
      local lines = { "the steps that would be taken back are:" }
      for _, item in ipairs(undos) do lines[#lines + 1] = "  " .. item.path end
      errors.raise {
        kind = "refused", message = string.format("--skip %s: there is no undo of that step", words),
        hint = #undos == 0 and "there is nothing left to undo" or lines,
      }
    end
  end
end

local function add_left(out, left)
  for _, one in ipairs(left) do out[#out + 1] = "  · nothing takes back: " .. one.title end
end

--- What undo would do, for people.
---@param walked almanac.Run  after undo_list.walk_back()
---@param undos almanac.Undo[]
---@param left almanac.Irreversible[]
---@param options table
---@return string[] lines
local function describe(walked, undos, left, options)
  local out = { #undos == 0 and "there is nothing to undo" or "undo would, newest first:" }
  for _, item in ipairs(undos) do
    out[#out + 1] = is_skipped(item, options) and "  ∅ " .. item.path .. ": left as it is (--skip)"
      or (item.unkept and "  ✗ " or "  ↩ ") .. item.what
  end
  add_left(out, left)
  for _, path in ipairs(undo_list.unreached(walked)) do
    out[#out + 1] = string.format("  ! %s has an undo that cannot be reached: it lies behind what the step around it looked at", path)
  end
  return out
end

--- What undo would do, for people.
---@param walked almanac.Run  after undo_list.walk_back()
---@return string[] lines
function M.describe(walked)
  local undos, left = undo_list.of(walked)
  return describe(walked, undos, left, {})
end

--- The newest other run that did something and is not over, and the command that goes on with it.
local function other_run(journal, original)
  for _, row in ipairs(journal:runs()) do
    local status = row.id ~= original.id and states.status(journal, row.id)
    local may_be_meant = status and status ~= "running" and not ownership.is_over(status)
    if may_be_meant and ownership.has_acted(journal, row.id) and not ownership.is_irreversible(journal, row.id) then
      local command = rows.meta(row).undoes and "resume" or "rollback"
      return string.format("  %s (%s) did something: almanac %s %s", row.id, status, command, store.words(row.id))
    end
  end
end

local function titles_of(left)
  local titles = {}
  for i, one in ipairs(left) do titles[i] = one.title end
  return titles
end

--- Journals that a run is taken back, and what of it nothing takes back: that stays as it is.
---@param original almanac.Run
---@param by string  the rollback
---@param left almanac.Irreversible[]
local function record_undone(original, by, left)
  local so_far = ran.of(original.journal, original.id, original.replay.turn)
  original:record("run.end", "", {
    status = "undone", by = by, left = json.array(left), error = so_far.error, ran_ms = so_far.ms,
  })
end

--- Nothing that the run did can be taken back. Whoever looks for a run to roll back does not mean it from then on.
local function end_irreversible(session, original, status, left)
  if not ownership.is_irreversible(session.journal, original.id) then
    original:record("run.irreversible", "", { left = titles_of(left) })
  end
  local out = { string.format("%s (%s): nothing that it did can be taken back", original.id, status) }
  add_left(out, left)
  out[#out + 1] = other_run(session.journal, original)
  session.operator:say(out)
end

--- There is nothing to take back of this run: all of it is, and the rollback ended before it could say so; nothing takes
--- back what it did; or it may not be the one that was meant.
---@return string status  of the rollback that there is none of
local function end_without(session, original, left)
  local undone, status = original.replay.undone, states.status(session.journal, original.id)
  if undone and status ~= "undone" then
    record_undone(original, undone.by, left)
    session.operator:say(original.id .. ": there is nothing left to undo")
  elseif status ~= "undone" and #left > 0 then
    end_irreversible(session, original, status, left)
    return "failed"
  else
    session.operator:say {
      string.format("%s (%s): there is nothing to undo", original.id, status), other_run(session.journal, original),
    }
  end
  return "done"
end

--- The run that takes another one back: a new one, or one that was stopped.
local function open_rollback(session, original, way, stopped, frame)
  local journal = session.journal
  local run = stopped or runs.create(journal, origin.of_rollback(original, way.book, frame), execute)
  equipment.give_back(session, run, original, way, frame)
  -- Where there is an `allow`, that bounds what an undo may do, and was read with the plan.
  local is_open = not way.allow and outer.plan(journal, original)
  run.undo_binding = is_open and require("almanac.run.plan.undo_binding").to(original) or nil
  holder.own(journal, run.id)
  local begin = stopped and equipment.go_on or equipment.start
  begin(run)
  return run
end

local MEANINGS = {
  retry = "runs this undo once more", skip = "leaves the step as it is, and takes back the rest",
  quit = "stops here; almanac rollback goes on later, with the script as it is then",
}

--- What an undo that failed stops, and how to go on from there: asked of the operator, or written below the error.
---@param session almanac.Session
---@param original almanac.Run
---@return fun(run: almanac.Run, item: almanac.Undo, err: almanac.Error): "retry"|"skip"|"quit"
local function when_failed(session, original)
  local operator = session.operator
  return function(run, item, err)
    if err.let_go then return "quit" end -- asked of the run within
    if operator:can_be_asked() then
      drive.say_failure(operator, err)
      local text, choices = string.format("The undo of %q failed: what is older is not taken back yet. What now?", item.path),
        { "retry", "skip", "quit" }
      local answer = at_terminal.ask(run, item.name, text, choices, function() return operator:choose(text, choices, MEANINGS) end)
      err.let_go, err.told = true, answer ~= nil
      return answer or "quit"
    end
    err.let_go = true
    local skip = string.format("almanac rollback %s --skip %s", store.words(original.id), shell_word.quoted(item.path))
    errors.add_hint(err, string.format("to leave %q as it is, and take back the rest: %s", item.path, skip))
    return "quit"
  end
end

local function choices_of(session, original)
  return {
    failed = when_failed(session, original),
    is_skipped = function(item) return is_skipped(item, session.options) end,
  }
end

--- Says what a rollback that is done has left as it is.
local function tell_left(session, original, by)
  for path, places in pairs(original.replay.skipped) do
    for place, id in pairs(places) do
      if id == by and (original.replay.settled[path] or {})[place] == nil then
        session.operator:say(string.format("! NOT taken back: %s; once more: almanac rollback %s", path, store.words(original.id)))
      end
    end
  end
end

--- Takes a run back. The caller owns the run and its lock.
---@param session almanac.Session
---@param original almanac.Run
---@param way almanac.RollbackScript
---@param held table    its lock
---@param given { stopped: almanac.Run?, told: boolean?, ask: fun()? }  stopped: a rollback of it to go on with; told: what
---  it undoes was shown; ask: raises where the operator, who sees that now, does not want it
---@return string status of the rollback
function M.run(session, original, way, held, given)
  local undos, left = undo_list.of(way.walked)
  local stopped = given.stopped
  check_skipped(undos, session.options)
  if #undos == 0 and not stopped then
    return end_without(session, original, left)
  end
  if not given.told then
    session.operator:say(#undos == 0 and original.id .. ": there is nothing left to undo"
      or describe(way.walked, undos, left, session.options))
  end
  if given.ask then given.ask() end
  local run = open_rollback(session, original, way, stopped)
  held:attach(run)
  local status, err = drive.execute(run, rollback_body.of(run, original, undos, choices_of(session, original)))
  if status == "done" then record_undone(original, run.id, left) end
  drive.conclude(run, status, err, status ~= "done" and err.told)
  if status == "done" then tell_left(session, original, run.id) end
  return status
end

--- Takes back a run that another one made, as a part of the rollback of that: a run of the rollback's own. Raises what
--- stops it.
---@param session almanac.Session
---@param original almanac.Run
---@param way almanac.RollbackScript
---@param frame almanac.Frame   of the step that takes it back
---@param stopped almanac.Run?
function M.run_within(session, original, way, frame, stopped)
  local undos, left = undo_list.of(way.walked)
  local by = frame.run.id
  for _, one in ipairs(left) do step.note(original.id .. ": nothing takes back: " .. one.title) end
  if #undos > 0 or stopped then
    local run = open_rollback(session, original, way, stopped, frame)
    by, run.held = run.id, frame.run.held
    drive.execute_within(run, frame, rollback_body.of(run, original, undos, choices_of(session, original)))
  end
  record_undone(original, by, left)
end

return M

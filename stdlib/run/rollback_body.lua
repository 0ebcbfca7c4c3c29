--- The body of a rollback: the undos of a run, one after the other. What never took place is not taken back; an undo that
--- fails stops it, and may be left out. How each ended is marked in the run that is taken back, so that resuming either of
--- them does nothing twice, and nothing is said of it that is not so.
local approval = require "almanac.journal.approval"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local halt = require "almanac.base.halt"
local interrupt = require "almanac.base.interrupt"
local question = require "almanac.run.question"
local redaction = require "almanac.base.redaction"
local step = require "almanac.run.step"
local task = require "native.task"
local took_place = require "almanac.run.took_place"

local M = {}

local TAKE, LEAVE = "take it back", "leave it"

---@class almanac.UndoResult  of a step that takes something back
---@field undone string?   path of what was
---@field left string?     of what was not
---@field how "skipped"|"nothing"|nil
---@field who string?      who skipped it
---@field why string?

local function question_of(doubt)
  local intent, outcome = doubt.known.intent, doubt.known.outcome
  local failure = outcome and outcome.error
  return string.format("%s %s%s. Nobody can tell whether any of it took place. Take it back?", intent.title or intent.op,
    failure and "failed" or "was begun, and its end was not seen", failure and ": " .. failure.message or "")
end

--- Asks about what nobody can tell.
local function ask(frame, doubt)
  return question.ask(frame, question_of(doubt), { TAKE, LEAVE }, { must_sign = { TAKE, LEAVE } })
end

--- Takes back what took place.
---@param frame almanac.Frame
---@param original almanac.Run
---@param item almanac.Undo
---@return almanac.UndoResult
local function take_back(frame, original, item)
  local result
  if item.doubts and not effect.is_begun() then -- an undo that was begun is gone on with
    local said, found, unsure = took_place.any(frame, original.id, item.doubts)
    if said == "no" then
      step.note "it never took place: there is nothing to take back"
      return { left = item.path, how = "nothing" }
    end
    local answer = said == "unknown" and ask(frame, unsure) or nil
    if answer and answer.answer == LEAVE then return { left = item.path, how = "skipped", who = answer.by, why = answer.reason } end
    result = found
  end
  local said = item.take(result)
  if type(said) == "string" then step.note(said) end -- an undo's own words
  return { undone = item.path }
end

--- Ends the step of an undo as one that is left out.
local function skip(run, item, why)
  local result = { left = item.path, how = "skipped", who = approval.operator(), why = why and redaction.text(why) }
  run:record("step.done", item.name, { result = result, skipped = true, started = task.wall_ms(), elapsed_ms = 0 })
  return result
end

--- Runs the step that takes something back, until it is over or the operator lets go of it.
---@param run almanac.Run
---@param original almanac.Run
---@param item almanac.Undo
---@param failed fun(run: almanac.Run, item: almanac.Undo, err: almanac.Error): "retry"|"skip"|"quit"
---@return almanac.UndoResult
local function run_step(run, original, item, failed)
  while true do
    local ok, result = errors.try(step.run, item.name, { digest = item.what }, function()
      local frame = step.current()
      frame.by_script = item.by_script or false
      return take_back(frame, original, item)
    end)
    if ok then return result end
    if interrupt.of(result) or halt.is(result) then error(result, 0) end
    local answer = failed(run, item, result)
    if answer == "skip" then return skip(run, item, result.message) end
    if answer ~= "retry" then error(result, 0) end
    run:forget(item.name)
  end
end

--- Marks in the run that is taken back how an undo ended.
local function mark(original, item, result, by)
  if result.undone then
    original:record("step.undone", item.path, { by = by, place = item.place, effect = item.effect })
  elseif result.how == "nothing" or (original.replay.skipped[item.path] or {})[item.place] ~= by then
    original:record("step.left", item.path, {
      by = by, place = item.place, effect = item.effect, how = result.how, who = result.who, why = result.why,
    })
  end
end

---@class almanac.RollbackChoices
---@field is_skipped fun(item: almanac.Undo): boolean   the operator wants it left out
---@field failed fun(run: almanac.Run, item: almanac.Undo, err: almanac.Error): "retry"|"skip"|"quit"

---@param run almanac.Run       that takes it back
---@param original almanac.Run  in a mode that may write
---@param undos almanac.Undo[]
---@param choices almanac.RollbackChoices
---@return fun()
function M.of(run, original, undos, choices)
  return function()
    for _, item in ipairs(undos) do
      local was_done = run.done and run.done:seq(item.name) ~= nil
      local result
      if choices.is_skipped(item) and not was_done then
        result = skip(run, item)
      else
        result = run_step(run, original, item, choices.failed)
      end
      -- An almanac of before gave the path alone.
      mark(original, item, type(result) == "table" and (result.undone or result.left) and result or { undone = item.path }, run.id)
    end
  end
end

return M

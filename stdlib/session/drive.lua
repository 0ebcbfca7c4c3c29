--- Driving a run: from its first or next step to the word that ends it; its exit code.
local equipment = require "almanac.session.equipment"
local errors = require "almanac.base.errors"
local halt = require "almanac.base.halt"
local heads = require "almanac.journal.head"
local interrupt = require "almanac.base.interrupt"
local notices = require "almanac.session.notices"
local operators = require "almanac.run.operator"
local ownership = require "almanac.journal.ownership"
local parameters = require "almanac.journal.parameters"
local redaction = require "almanac.base.redaction"
local signals = require "native.signals"
local states = require "almanac.journal.state"
local step = require "almanac.run.step"
local store = require "almanac.journal.store"
local task = require "native.task"
local terminal = require "almanac.base.terminal"

local M = {}

--- Exit codes of run, resume and rollback.
M.exit = { done = 0, failed = 1, refused = 2, waiting = 3, undone = 4, paused = 130, interrupted = 130 }

--- Whom to give up for the lock: what a rollback that stopped takes back holds it as well, and is given up with it.
local function holder_of(run)
  local original = run.meta.undoes
  return original and not ownership.is_over(states.status(run.journal, original)) and original or run.id
end

--- Says on the terminal what a Ctrl-C does, as it comes.
local function watch_signals(operator)
  return task.spawn(function()
    while true do
      local name = signals.wait()
      if signals.count() == 1 then
        operator:say("‖ " .. name .. ": pausing; an effect in flight is finished first. Once more cancels it too.")
      else
        operator:say(string.format("⊘ %s: cancelling", name))
      end
    end
  end)
end

--- How the run stands; the operator's second signal cancels, and a branch that fails cancels its siblings.
local function status_of(ok, err)
  if ok then return "done" end
  if halt.waits(err) then return "waiting" end
  if signals.count() >= 2 then return interrupt.levels.cancel.run end
  local stopped = interrupt.of(err)
  if stopped and (stopped.level == "pause" or signals.count() > 0) then return stopped.run end
  return "failed"
end

local function error_data(err)
  local place, line = errors.place(err)
  return {
    kind = redaction.name(err.kind), message = err.message, hint = err.hint, step = err.step, at = redaction.name(place),
    line = line,
    logs = err.logs, stderr = err.stderr, traceback = err.kind == "script" and err.traceback or nil,
  }
end

--- Waits for a task that hears the operator's signals, whatever comes.
---@param handle table
---@return boolean ok
---@return any result or error
function M.join(handle)
  signals.guard(handle)
  return task.with({ shield = "cancel" }, handle.join, handle)
end

--- Shows a run to its operator, and runs its body outside every step.
---@param run almanac.Run
---@param body fun(): any
---@return boolean ok
---@return any result or error
function M.show(run, body)
  local operator = operators.of(run)
  local main = task.spawn(step.within, run, body)
  operator:show(run)
  local ok, result = M.join(main)
  operator:hide()
  return ok, result
end

--- Journals how an execution ended. What a run returns is kept where another one made it.
local function record_end(run, status, ok, result)
  local data = { status = status, error = not ok and error_data(result) or nil, ran_ms = equipment.ran_ms(run) }
  if ok and run.meta.caller then data.result = result end
  run:record("run.end", "", data)
end

--- Executes the body of a run that is created or loaded, once.
---@param run almanac.Run
---@param body fun(): any
---@return string status
---@return almanac.Error|any err_or_result
function M.execute(run, body)
  local operator = operators.of(run)
  operator.begun = true
  notices.begin(run)
  local helpers = { watch_signals(operator), run:start_flusher(), notices.start_telling(run) }
  local ok, result = M.show(run, body)
  for _, helper in ipairs(helpers) do
    helper:cancel()
    helper:join()
  end
  local status = status_of(ok, result)
  notices.finish(run, status, result)
  local written, why = errors.try(record_end, run, status, ok, result)
  if not written then
    operator:say("! the end of the run could not be journalled: " .. why.message)
    if ok then return "failed", why end
  end
  notices.tell_rest(run, function(said) operator:say(said) end)
  return status, result
end

--- Executes the body of a run that a step of another one makes, once. Who watches that one sees it there. Raises what
--- the body raises, with its step as the outer run knows it.
---@param run almanac.Run
---@param frame almanac.Frame  of the step
---@param body fun(): any
---@return any result
function M.execute_within(run, frame, body)
  local flusher = run:start_flusher()
  local ok, result = errors.try(step.within, run, body)
  task.with({ shield = "cancel" }, function()
    flusher:cancel()
    flusher:join()
    record_end(run, status_of(ok, result), ok, result)
  end)
  if ok then return result end
  result.step = result.step and frame.path .. "/" .. result.step or frame.path
  error(result, 0)
end

--- Digits of a hash that a terminal shows: what stays in a log is all of it.
local SHOWN = 16

--- Tells the end of the run's chain of hashes, which is not in its journal.
local function tell_head(run)
  local seq, hash = run.journal:head(run.id)
  run:record("run.head", "", { seq = seq, hash = hash })
  local shown = terminal.isatty(2) and hash:sub(1, SHOWN) or hash
  operators.of(run):say("  head:    " .. heads.text(seq, shown))
end

--- Why a run failed; of several branches each.
---@param operator almanac.Operator
---@param err almanac.Error|any
function M.say_failure(operator, err)
  operator:say(errors.lines(err, "✗ "))
  for _, other in ipairs(type(err.also) == "table" and err.also or {}) do
    operator:say(errors.lines(errors.wrap(other), "✗ also: "))
  end
end

--- How it ended, and the commands that go on from there.
local function describe_end(run, status, err, told, next_is)
  local id, operator = run.id, operators.of(run)
  if status == "done" then
    operator:say(string.format("✓ %s is done", id))
    return
  end
  if status == "paused" or status == "interrupted" then
    local others = err.others and string.format(", and %d other step%s", err.others, err.others == 1 and "" or "s") or ""
    operator:say(string.format("‖ %s is %s%s%s", id, status, err.step and " at: " .. err.step or "", others))
  elseif status == "waiting" then
    operator:say("‖ " .. id .. " waits")
    operator:say(errors.lines(err, "  why:     "))
  elseif told then
    operator:say(string.format("✗ %s failed%s", id, err.step and " at: " .. err.step or ""))
  else
    M.say_failure(operator, err)
  end
  if run.meta.rehearsal then return end -- it goes on, or back, where it is rehearsed
  if next_is then return operator:say("  next:    " .. next_is) end
  local words = store.words(id)
  operator:say("  go on:   almanac resume " .. words)
  local may_undo = next(run.effects) ~= nil or run.has_undo -- a run that only looked has nothing to take back
  if may_undo and not run.meta.undoes then operator:say("  go back: almanac rollback " .. words) end
  local again = parameters.unkept_text(run.meta)
  if again then operator:say("  with:    " .. again) end
  local lock = run.held and run.held:name()
  if not lock then return end
  operator:say(string.format("  it holds the lock %q; give up: almanac abandon %s --reason TEXT", lock, store.words(holder_of(run))))
end

--- The closing lines: what happened, the commands that go on from here, and the head of the journal.
---@param run almanac.Run
---@param status string
---@param err almanac.Error|any
---@param told boolean?  the error was shown already
---@param next_is string?  what follows at once, in the place of the commands
function M.conclude(run, status, err, told, next_is)
  describe_end(run, status, err, told, next_is)
  tell_head(run)
end

return M

--- Driving a run: from its first or next step to the word that ends it.
local ask = require "almanac.run.ask"
local errors = require "almanac.base.errors"
local process = require "native.process"
local signals = require "native.signals"
local store = require "almanac.journal.store"
local task = require "native.task"
local terminal = require "native.terminal"

local M = {}

--- Whether this process has begun to execute: until then an error means that nothing was done.
M.begun = false

--- Exit codes of run, resume and rollback.
M.exit = { done = 0, failed = 1, refused = 2, waiting = 3, undone = 4, paused = 130, interrupted = 130 }

local function renderer_for(run, options)
  if options.json then return require("almanac.render.events").new(run) end
  if terminal.isatty(2) and not options.plain then return require("almanac.render.live").new(run) end
  return require("almanac.render.plain").new(run)
end

--- Says on the terminal what a Ctrl-C does, as it comes.
local function watch_signals(renderer)
  return task.spawn(function()
    while true do
      local name = signals.wait()
      if signals.count() == 1 then
        renderer:above("‖ " .. name .. ": pausing; an effect in flight is finished first. Once more cancels it too.")
      else
        renderer:above(string.format("⊘ %s: cancelling", name))
      end
    end
  end)
end

local function status_of(ok, err)
  if ok then return "done" end
  if err.waiting then return "waiting" end
  if signals.count() >= 2 then return "interrupted" end
  if err.kind == "paused" then return "paused" end
  if err.kind == "cancelled" and signals.count() > 0 then return "interrupted" end
  return "failed"
end

local function error_data(err)
  local place, line = errors.place(err)
  return {
    kind = err.kind, message = err.message, hint = err.hint, step = err.step, at = place, line = line,
    logs = err.logs, stderr = err.stderr, traceback = err.kind == "script" and err.traceback or nil,
  }
end

local function spawn_body(run, body)
  return task.spawn(function()
    task.set_context { run = run }
    task.permit "compute"
    return body()
  end)
end

--- Runs a body that is no run in the journal (a plan), without a renderer.
---@return boolean ok
---@return any result or error
function M.run_body(run, body)
  local main = spawn_body(run, body)
  signals.guard(main)
  local shield = task.shield "cancel"
  local ok, result = main:join()
  task.shield(shield)
  return ok, result
end

--- Executes the body of a run that is created or loaded, once.
---@param run almanac.Run
---@param body fun(): any
---@param options table  json, plain
---@return string status
---@return almanac.Error|any err_or_result
function M.execute(run, body, options)
  local renderer = renderer_for(run, options)
  run:observe(function(event) renderer:event(event) end, renderer.wants_replays)
  ask.renderer = renderer
  local main = spawn_body(run, body)
  M.begun = true
  signals.guard(main)
  local helpers = { watch_signals(renderer), run:start_flusher() }
  renderer:start()
  local shield = task.shield "cancel" -- this task waits for the run to end, whatever comes
  local ok, result = main:join()
  task.shield(shield)
  renderer:stop()
  for _, helper in ipairs(helpers) do
    helper:cancel()
    helper:join()
  end
  ask.renderer = nil
  local status = status_of(ok, result)
  local data = { status = status, error = not ok and error_data(result) or nil }
  local written, why = errors.try(run.record, run, "run.end", "", data)
  if not written then
    terminal.write(2, "! the end of the run could not be journalled: " .. why.message .. "\n")
    if ok then return "failed", why end
  end
  return status, result
end

local function say(text)
  terminal.write(2, text .. "\n")
end

--- The closing lines: what happened, and the commands that go on from here.
---@param run almanac.Run
---@param status string
---@param err almanac.Error|any
function M.conclude(run, status, err)
  local id = run.id
  if status == "done" then
    say(string.format("✓ %s is done", id))
    return
  end
  if status == "paused" or status == "interrupted" then
    say(string.format("‖ %s is %s%s", id, status, err.step and " at: " .. err.step or ""))
  elseif status == "waiting" then
    say("‖ " .. id .. " waits\n" .. errors.format(err))
  else
    say("✗ " .. errors.format(err))
    for _, other in ipairs(err.also or {}) do say("✗ also: " .. errors.format(other)) end
  end
  local words = store.words(id)
  say("  go on:   almanac resume " .. words)
  if not run.meta.undoes then say("  go back: almanac rollback " .. words) end
end

--- Refuses unless this process is the only one with the run.
function M.own(journal, id, text)
  local ok, holder = journal:lock_run(id, text)
  if not ok then
    errors.raise {
      kind = "refused", message = string.format("run %s is under way in another process: %s", id,
      M.describe_holder(holder)),
      hint = "almanac status " .. id .. " shows where it is",
    }
  end
end

---@param text string? JSON of a lock's holder
function M.describe_holder(text)
  local ok, holder = pcall(require("native.json").decode, text or "")
  if not ok or type(holder) ~= "table" then return "holder unknown" end
  return string.format("%s, by %s on %s (pid %s), since %s", holder.run or "?", holder.operator or "?",
    holder.host or "?",
    holder.pid or "?", holder.started or "?")
end

--- Refuses when another run holds the lock's name.
function M.lock(journal, name, text)
  if not name then return end
  local ok, holder = journal:lock_name(name, text)
  if not ok then
    errors.raise {
      kind = "refused", message = string.format("another run holds the lock %q: %s", name, M.describe_holder(holder)),
      hint = "wait for it, or look at it: almanac status; almanac runs",
    }
  end
end

--- Who holds a lock, as JSON.
function M.owner_text(id)
  return require("native.json").encode {
    run = id, operator = process.user(), host = process.hostname(), pid = process.pid(), started = os.date "!%Y-%m-%dT%H:%M:%SZ",
  }
end

return M

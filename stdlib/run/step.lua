--- Steps: the named units of a run. A step's result is journalled; when the run is resumed, a done
--- step gives it back without running. Outside a step a script can only compute.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local source = require "almanac.base.source"
local step_name = require "almanac.base.step_name"
local task = require "native.task"
local trace = require "native.trace"

local M = {}

---@class almanac.StepOptions   the fields of OPTIONS, checked; and what other modules add:
---@field digest? string        stands for the source of fn (a gate's is that of its limits)

---@class almanac.Frame
---@field path string
---@field name string
---@field parent almanac.Frame?
---@field run almanac.Run
---@field ordinal integer  effects so far in this attempt
---@field attempt integer

local default_retry = { times = 1 }
local no_options = {}

--- The current step, or nil.
---@return almanac.Frame?
function M.current()
  local context = task.context()
  return context and context.step
end

--- Whether this is a plan: nothing is changed, so there is nothing to wait for.
---@return boolean
function M.in_plan()
  local frame = M.current()
  return frame ~= nil and frame.run.mode == "plan"
end

--- Raises kind "outside_step" unless a step is running. Every public read begins with it.
---@param who string public name of the function
function M.require_read(who)
  task.require_permit("read", who)
end

--- Says something to whoever watches, and keeps it in the journal.
---@param text string
function M.note(text)
  local context = task.context()
  if not context or not context.run then return end
  if context.step then
    context.run:emit("note", context.step.path, { text = redaction.text(tostring(text)) })
  else
    -- Outside a step it is said again by every replay, so it is no part of the record.
    context.run:notify("said", "", { text = redaction.text(tostring(text)) })
  end
end

--- What a read decided, and by which rule: a note of the step, which a plan shows beside it.
---@param text string
function M.explain(text)
  M.note(text)
  local context = task.context()
  local planned = context and context.step and context.step.planned
  if planned then planned.note = redaction.text(text) end
end

--- What the step is waiting for; replaces what was said before. Shown, and not journalled.
---@param text string
function M.progress(text)
  local frame = M.current()
  if frame then frame.run:notify("progress", frame.path, { text = redaction.text(tostring(text)) }) end
end

--- A line that a child of this step printed.
---@param stream string "stdout" | "stderr"
---@param text string
function M.output(stream, text)
  local frame = M.current()
  if frame then frame.run:emit("output", frame.path, { stream = stream, text = redaction.text(text) }) end
end

--- An event of the step's own kind.
function M.emit(kind, data)
  local frame = M.current()
  if frame then frame.run:emit(kind, frame.path, data) end
end

--- The payloads of that kind which this step has in the journal from before, oldest first.
---@return table[]
function M.previous(kind)
  local frame = M.current()
  return frame and frame.run:previous(kind, frame.path) or {}
end

local function check_name(name)
  if type(name) ~= "string" or name == "" then errors.usage("a step's name must be a string, not %s", type(name)) end
  if redaction.hides(name) then
    errors.usage("the name of a step is shown and journalled, and would hold a secret: %s", redaction.text(name))
  end
  if not step_name.fits(name) then errors.usage("a step's name cannot hold '/', '#' or a newline: %q", name) end
end

--- Claims a path below the current step; it must be new in this execution.
---@return almanac.Run run
---@return almanac.Frame? parent
---@return string path
local function claim_path(name)
  check_name(name)
  local context = task.context()
  if not context or not context.run then
    errors.usage("step %q: there is no run here; a runbook's steps belong in its run function", name)
  end
  local run, parent = context.run, context.step
  local path = parent and parent.path .. "/" .. name or name
  if run.seen[path] then
    errors.raise {
      kind = "usage",
      message = string.format("two steps have the path %q", path),
      hint = "steps are known by their path; put what differs into the name, e.g. step(\"ready: \" .. name, …)",
    }
  end
  run.seen[path] = true
  return run, parent, path
end

--- Plain data only: what JSON can hold.
local function check_result(frame, result)
  local ok, err = errors.try(json.encode, result)
  if not ok then
    errors.raise {
      kind = "usage",
      message = string.format("step %q returned what cannot be journalled: %s", frame.path, err.message),
      hint = "return plain data: nil, booleans, numbers, strings and tables of those",
    }
  end
end

local function digest_of(opts, fn)
  return opts.digest or source.digest(fn)
end

--- Runs fn in the frame, once.
local function attempt(frame, opts, fn)
  local context = task.context()
  local permit = task.permit "read"
  task.set_context { run = frame.run, step = frame }
  local token = opts.timeout and task.push_deadline(opts.timeout)
  local ok, result = errors.try(fn, opts.input)
  local expired = token and task.pop_deadline(token)
  task.set_context(context)
  task.permit(permit)
  if not ok and expired and result.kind == "timeout" and not result.step then
    result.message = string.format("not done within %s: %s", require("almanac.base.duration").format(opts.timeout),
      result.message)
  end
  return ok, result
end

local function may_retry(retry, err, tried)
  if tried >= retry.times or errors.is_interrupt(err) or err.in_doubt or err.kind == "mismatch" then return false end
  if not retry.on then return err.kind ~= "usage" and err.kind ~= "outside_step" and err.kind ~= "script" end
  for _, kind in ipairs(retry.on) do
    if kind == err.kind then return true end
  end
  return false
end

--- Forgets the paths of the children of a failed attempt, so that the next one may use them.
local function forget_children(run, path)
  local prefix = path .. "/"
  for seen in pairs(run.seen) do
    if seen:sub(1, #prefix) == prefix then run.seen[seen] = nil end
  end
end

local function execute(frame, opts, fn)
  local run = frame.run
  local retry = opts.retry or default_retry
  local started = task.wall_ms()
  run:emit("step.start", frame.path, { attempt = 1 })
  while true do
    local before = task.now()
    local ok, result = attempt(frame, opts, fn)
    if ok then
      check_result(frame, result)
      result = redaction.result(result)
      run:record("step.done", frame.path, {
        result = result, digest = digest_of(opts, fn), started = started,
        elapsed_ms = math.floor((task.now() - before) * 1000),
        attempts = frame.attempt > 1 and frame.attempt or nil,
      })
      return result
    end
    local err = result
    err.step = err.step or frame.path
    if not may_retry(retry, err, frame.attempt) then
      run:emit("step.failed", frame.path, { kind = err.kind, message = redaction.text(err.message),
        at = errors.place(err) })
      error(err, 0)
    end
    local delay = require("almanac.base.backoff").delay(retry, frame.attempt)
    run:emit("step.retry", frame.path, { attempt = frame.attempt, delay = delay, message = redaction.text(err.message) })
    task.sleep(delay)
    frame.attempt = frame.attempt + 1
    frame.ordinal = 0
    forget_children(run, frame.path)
  end
end

--- Looking at what a resumed run would do: done steps give their results, the first that is not
--- done is the frontier. What lies in it is looked at as far as pure computing leads.
local function walk(frame, opts, fn)
  local run = frame.run
  run.visits[#run.visits + 1] = { path = frame.path, done = false, digest = digest_of(opts, fn), undo = opts.undo }
  local context = task.context()
  task.set_context { run = run, step = frame }
  errors.try(fn, opts.input)
  task.set_context(context)
  errors.raise { kind = "frontier", message = "not done yet: " .. frame.path, step = frame.path }
end

--- A done step met in a walk. One that was not edited and has no undo is no more than its path.
local function visit(run, path, undo, result, same)
  run.visits[#run.visits + 1] = same and not undo and path
    or { path = path, done = true, edited = not same, undo = undo, result = result }
end

--- Whether the step is done, and what it returned.
---@return boolean?
---@return any result
local function replay(run, path, opts, fn)
  if run.mode == "walk" then
    local done, result, same = run.done:result(path, digest_of(opts, fn))
    if done then
      run.replayed = run.replayed + 1
      visit(run, path, opts.undo, result, same)
    end
    return done, result
  end
  local done, result = run.done:result(path)
  if done then run:meet(path) end
  return done, result
end

--- Kinds that say how the world is now: a plan notes them and goes on. Any other error ends it.
local judgements = {
  gate = true, rollout = true, command = true, no_data = true, several_series = true, alerts = true, refused = true,
}

--- In a plan every step runs, with reads real and effects previewed.
local function plan(frame, opts, fn)
  local unknown = require "almanac.base.unknown"
  local file, first, last = source.place(fn)
  local entry = {
    path = frame.path, digest = digest_of(opts, fn), file = file, first = first, last = last, undo = opts.undo and true or nil,
  }
  local steps = frame.run.plan.steps
  steps[#steps + 1] = entry
  frame.planned = entry
  frame.run:notify("step.start", frame.path, { attempt = 1 })
  local ok, result = attempt(frame, opts, fn)
  if ok then
    frame.run:notify("step.done", frame.path, {})
    return result
  end
  result.step = result.step or frame.path
  frame.run:notify("step.failed", frame.path, { kind = result.kind, message = result.message })
  if not judgements[result.kind] then error(result, 0) end
  entry.note = "would fail now: " .. tostring(result.message):match "^[^\n]*"
  return unknown.new(frame.path)
end

local modes = { execute = execute, walk = walk, plan = plan }

local function skip(frame)
  if frame.run.mode ~= "execute" then return nil end
  frame.run:record("step.done", frame.path, { skipped = true, started = task.wall_ms(), elapsed_ms = 0 })
  return nil
end

--- Runs a step, or gives back what it returned before.
---@param name string
---@param opts almanac.StepOptions
---@param fn fun(input: any): any
---@return any result plain data
function M.run(name, opts, fn)
  local run, parent, path = claim_path(name)
  if run.done then
    local done, result = replay(run, path, opts, fn)
    if done then return result end
  end
  local frame = { path = path, name = name, parent = parent, run = run, ordinal = 0, attempt = 1 }
  if opts.when == false then return skip(frame) end
  return modes[run.mode](frame, opts, fn)
end

local OPTIONS = fields.declare("step", {
  undo = { "function", help = "takes the done step back; it is given what the step returned" },
  timeout = { "seconds", help = "for one try of the step" },
  retry = {
    "shape", help = "tries it again when it fails",
    of = {
      times = { "count", required = true, help = "tries at most" },
      delay = { "seconds", default = 1, help = "before the second try" },
      factor = { "number", default = 2, help = "each delay is so many times the one before" },
      on = { "list", of = "text", help = "only for errors of these kinds" },
    },
  },
  input = { "any", help = "plain data, handed to the function" },
  when = { "flag", default = true, help = "false: the step is skipped, and recorded so" },
}, { at = 2 })

--- step(name, [options], fn): the function that scripts call.
function M.step(name, opts, fn)
  if fn == nil and type(opts) == "function" then return M.run(name, no_options, opts) end
  if type(fn) ~= "function" then
    errors.usage("step %q: its last argument must be a function, not a %s", tostring(name), type(fn))
  end
  return M.run(name, fields.check(OPTIONS, opts, string.format("step %q", tostring(name))), fn)
end

--- Leaves the current step's context for a while: used by tests and undo.
function M.within(run, fn, ...)
  local context = task.context()
  task.set_context { run = run }
  local permit = task.permit "compute"
  local results = table.pack(errors.try(fn, ...))
  task.permit(permit)
  task.set_context(context)
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

M.where = trace.where

return M

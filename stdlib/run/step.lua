--- Steps: the named units of a run. A step's result is journalled; when the run is resumed, a done
--- step gives it back without running. Outside a step a script can only compute. What a step that is not
--- done does is the mode's: run/mode/.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local halt = require "almanac.base.halt"
local own_params = require "almanac.run.own_params"
local redaction = require "almanac.base.redaction"
local source = require "almanac.base.source"
local step_name = require "almanac.base.step_name"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

---@class almanac.StepOptions   the fields of OPTIONS, checked; and what other modules add:
---@field digest? string        stands for the source of fn (a gate's is that of its limits)
---@field is_vague? boolean      a plan does not know its name
---@field inside? boolean       fn is nothing but its steps: a walk goes into it also when it is done
---@field branches? { names: string[], of: table<string, function> }  of a parallel, whose digest is their names

---@class almanac.Frame
---@field path string
---@field name string
---@field parent almanac.Frame?
---@field run almanac.Run
---@field opts almanac.StepOptions
---@field fn function
---@field is_vague boolean?  a plan does not know its name
---@field ordinal integer  effects so far in this attempt
---@field attempt integer
---@field stops string?   why the steps in it are interrupted, where that is not the operator's doing

---@class almanac.Mode  what an execution of a script is for: run/mode/{execute,walk,plan}
---@field step fun(frame: almanac.Frame, opts: almanac.StepOptions, fn: function): any  a step that is not done
---@field skip fun(frame: almanac.Frame)                     a step whose `when` is false
---@field compares boolean?  whether a done step still has the source that it was done with
---@field met (fun(run: almanac.Run, path: string, name: string, opts: almanac.StepOptions, fn: function, result: any, same: boolean))?
---  a done step gives its result. One that is compared, is the same and has no options is passed over, and so are all where
---  nothing is compared, unless the run wants to be told of each
---@field file fun(run: almanac.Run, name: string, path: string, text: string)   a step requires a library
---@field input fun(definition: almanac.EffectDefinition, raw: any): any   an effect's input, checked
---@field effect fun(frame: almanac.Frame, call: almanac.EffectCall): any
---@field come_by (fun(frame: almanac.Frame, awaited: almanac.Awaited): integer?)?  see step.come_by
---@field came_by (fun(frame: almanac.Frame, number: integer))?  see step.came_by
---@field await fun(frame: almanac.Frame?, wait: function, look: function?, judge: function?): any   see step.await
---@field note fun(frame: almanac.Frame, text: string)
---@field explain fun(frame: almanac.Frame, text: string)
---@field read (fun(frame: almanac.Frame, who: string))?  raises where a read is not to be made
---@field watches boolean?  a guard watches
---@field starts_handed boolean?  programs that a script hands to another program are started
---@field finishes_siblings boolean  parallel goes on with the others when a branch fails

local no_options = {}
-- A replay asks for them in each of its steps.
local current_context, digest_of, unknowns = task.context, source.digest, unknown.made

--- The current step, or nil.
---@return almanac.Frame?
function M.current()
  local context = task.context()
  return context and context.step
end

--- Raises kind "outside_step" unless a step is running. Every public read begins with it.
---@param who string public name of the function
function M.require_read(who)
  task.require_permit("read", who)
  local context = task.context()
  if context and context.handed ~= nil then unknown.needed(context.handed, who .. " is handed") end
  local frame = context and context.step
  if frame and frame.run.mode.read then frame.run.mode.read(frame, who) end
end

--- Calls a public function whose arguments hold what a plan does not know: an effect is previewed as far as it
--- goes, a read cannot be made.
---@param value any the unknown
---@param fn fun(...: any): any
function M.handed(value, fn, ...)
  local context = task.context() or {}
  return task.with({ context = { run = context.run, step = context.step, handed = value } }, fn, ...)
end

local SOME_WAIT = { kind = "wait" }

--- The step comes by what is a question, a watch or a wait to who reviews a plan: the plan keeps it, and a run that keeps to the
--- plan leaves none out, and puts none in the place of another.
---@param awaited almanac.Awaited
---@return integer? number  for came_by; nil: nobody wants to know
function M.come_by(awaited)
  local frame = M.current()
  return frame.run.mode.come_by and frame.run.mode.come_by(frame, awaited)
end

--- It was passed: answered yes, held, or waited for.
---@param number integer?  as come_by gave it
function M.came_by(number)
  local frame = M.current()
  if number then frame.run.mode.came_by(frame, number) end
end

--- What takes its time, or asks somebody: wait() in a run. A plan changes nothing, so that there is nothing
--- to wait for: it calls look(draft, path) instead, where there is one. A walk stops there. What is known of the past
--- is judged by it in a backtest: judge(past, path).
---@param wait fun(): any
---@param look? fun(draft: almanac.PlanDraft, path: string): any
---@param judge? fun(past: almanac.Past, path: string): any
---@param awaited? almanac.Awaited  what a run that keeps to a plan knows it by
---@return any
function M.await(wait, look, judge, awaited)
  local frame = M.current()
  if not frame then return wait() end
  local number = M.come_by(awaited or SOME_WAIT)
  local result = frame.run.mode.await(frame, wait, look, judge)
  M.came_by(number)
  return result
end

--- What goes on beside fn, of a step: follow() in a run, which calls fn itself. Who watches nothing goes into fn: a plan when
--- it has called look(draft, path), a backtest judge(past, path).
---@param fn fun(): any
---@param follow fun(): any
---@param look fun(draft: almanac.PlanDraft, path: string)
---@param judge fun(past: almanac.Past, path: string)
---@param awaited almanac.Awaited  what a run that keeps to a plan knows it by
---@return any
function M.beside(fn, follow, look, judge, awaited)
  local frame = M.current()
  M.came_by(M.come_by(awaited)) -- what it guards is within it
  return frame.run.mode.beside(frame, fn, follow, look, judge)
end

--- The effects that a plan foresees before this one; none in a run.
---@return almanac.PlannedEffect[]
function M.planned()
  local frame = M.current()
  local planned = frame and frame.run.mode.planned
  return planned and planned(frame) or {}
end

--- Says something to whoever watches, and keeps it in the journal.
function M.note(text)
  local context = task.context()
  if not context or not context.run then return end
  text = redaction.text(tostring(text))
  if context.step then
    context.run.mode.note(context.step, text)
  else
    context.run:record("said", "", { text = text }) -- every replay says it again: it is no part of the record
  end
end

--- What a read decided, and by which rule: a note of the step, which a plan shows beside it.
---@param text string
function M.explain(text)
  local frame = M.current()
  if frame then frame.run.mode.explain(frame, redaction.text(tostring(text))) else M.note(text) end
end

--- What the step is waiting for; replaces what was said before.
---@param text string
---@param kept? boolean  false: the journal has it in other words
function M.progress(text, kept)
  local frame = M.current()
  if frame then frame.run:tell_progress(frame.path, redaction.text(tostring(text)), kept) end
end

--- A line that a child of this step printed.
---@param stream string "stdout" | "stderr"
---@param text string  redacted (base/pieces.lua)
function M.output(stream, text)
  local frame = M.current()
  if frame then frame.run:record("output", frame.path, { stream = stream, text = text }) end
end

--- An event of the step's own, of a kind that the vocabulary declares.
---@param kind string
---@param data table
function M.emit(kind, data)
  local frame = M.current()
  if frame then frame.run:record(kind, frame.path, data) end
end

--- The payloads of that kind which this step has from before, oldest first.
---@return table[]
function M.previous(kind)
  local frame = M.current()
  return frame and frame.run:previous(kind, frame.path) or {}
end

local function check_name(name, path)
  local fault = step_name.fault(name)
  if fault then errors.usage("a step's name %s: %s", fault, fields.shown(name)) end
  if redaction.hides(name) then
    -- Who could go on behind it would find out a short secret by trying names.
    halt.fail { kind = "usage",
      message = "the name of a step is shown and journalled, and would hold a secret: " .. redaction.text(name) }
  end
  if path and #path > step_name.PATH_MAX then
    errors.usage("steps are too deep in one another: their names are more than %d bytes together, at %s", step_name.PATH_MAX,
      fields.shown(name))
  end
end

local function raise_twice(path)
  errors.raise {
    kind = "usage",
    message = string.format("two steps have the path %q", path),
    hint = "steps are known by their path; put what differs into the name, e.g. step(\"ready: \" .. name, …)",
  }
end

--- The digest of a step's source, or of what stands for it.
---@param opts almanac.StepOptions
---@param fn function
---@return string
function M.digest(opts, fn)
  return opts.digest or source.digest(fn)
end

local function in_time(seconds, fn, input)
  local token = task.push_deadline(seconds)
  local ok, result = errors.try(fn, input)
  local expired = task.pop_deadline(token)
  if not ok and expired and result.kind == "timeout" and not result.step then
    result.message = string.format("not done within %s: %s", duration.format(seconds), result.message)
  end
  return ok, result
end

--- Runs fn in the frame, once.
---@param frame almanac.Frame
---@param opts almanac.StepOptions
---@param fn function
---@return boolean ok
---@return any result or error
function M.attempt(frame, opts, fn)
  local context = { run = frame.run, step = frame }
  if opts.timeout then
    return task.with({ permit = "read", context = context }, in_time, opts.timeout, fn, opts.input)
  end
  return task.with({ permit = "read", context = context }, errors.try, fn, opts.input)
end

--- Runs a step, or gives back what it returned before.
---@param name string
---@param opts almanac.StepOptions
---@param fn fun(input: any): any
---@return any result plain data
local function run_step(name, opts, fn)
  local context = current_context()
  local run = context and context.run
  if not run then
    errors.usage("step %q: there is no run here; a runbook's steps belong in its run function", name)
  end
  local is_vague = unknowns.any and unknown.is_vague(name) or opts.is_vague
  if is_vague then name = step_name.of(tostring(name)) end
  local parent, path = context.step, name
  if parent then
    if type(name) ~= "string" then check_name(name) end
    path = parent.path .. "/" .. name
  end
  if run.done then
    local mode = run.mode
    local compares = mode.compares
    local first, result, same = run.done:meet(path, name, compares and (opts.digest or digest_of(fn)) or nil)
    if first then
      if run.tells_replays or compares and not (same and opts == no_options) then
        mode.met(run, path, name, opts, fn, result, same)
      end
      return result
    end
    if first == false then raise_twice(path) end
  end
  check_name(name, path)
  if run.seen[path] then raise_twice(path) end
  if run.params then own_params.check(run.params) end
  run.seen[path] = true
  local frame = { path = path, name = name, parent = parent, run = run, opts = opts, fn = fn, ordinal = 0, attempt = 1,
    is_vague = is_vague }
  if opts.when == false then return run.mode.skip(frame) end
  return run.mode.step(frame, opts, fn)
end

M.run = run_step

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
  was = { "text", help = "the name that it had before it was edited: what was done under it counts" },
  when = { "flag", default = true, help = "false: the step is skipped, and recorded so" },
}, { at = 2 })

--- step(name, [options], fn): the function that scripts call.
function M.step(name, opts, fn)
  if fn == nil and type(opts) == "function" then return run_step(name, no_options, opts) end
  if type(fn) ~= "function" then
    errors.usage("step %q: its last argument must be a function, not a %s", tostring(name), type(fn))
  end
  return run_step(name, fields.check(OPTIONS, opts, string.format("step %q", tostring(name))), fn)
end

--- Calls fn as the body of a run is called: outside every step.
---@param run almanac.Run
---@param fn function
---@return any ... what fn returns
function M.within(run, fn, ...)
  return task.with({ permit = "compute", context = { run = run } }, fn, ...)
end

return M

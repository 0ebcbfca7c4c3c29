--- guard: a step whose work is watched over. While its function waits, gates and alerts are looked at; a breach ends
--- the waiting, and is answered as the guard declares.
local approval = require "almanac.journal.approval"
local errors = require "almanac.base.errors"
local halt = require "almanac.base.halt"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local pasts = require "almanac.observe.guard.past"
local pool = require "almanac.base.pool"
local question = require "almanac.run.question"
local shell_word = require "almanac.base.shell_word"
local specs = require "almanac.observe.guard.spec"
local step = require "almanac.run.step"
local store = require "almanac.journal.store"
local task = require "native.task"
local watches = require "almanac.observe.guard.watch"

local M = {}

--- What the operator says to a breach. The first is what `almanac approve` says, the last what `almanac reject` does.
local GO_ON, ROLL_BACK, STOP = "go on", "roll back", "stop"
local CHOICES = { GO_ON, ROLL_BACK, STOP }

local function describe(breaches)
  local out = {}
  for i, breach in ipairs(breaches) do out[i] = breach.name .. ": " .. breach.why end
  return table.concat(out, "; ")
end

--- Ends the step; `undo` takes back the run as well.
local function raise(spec, breaches, undo, by)
  errors.raise {
    kind = "guard", breaches = breaches, undo = undo or nil, by = by,
    message = string.format("guard %q: %s%s", spec.name, describe(breaches), by and string.format(" (%s: %s)", by.by, by.answer) or ""),
    hint = string.format("what it saw: almanac log %s shows guard.sample and guard.breach", step.current().run.id),
  }
end

local function question_of(breaches)
  return string.format("%s. Go on, roll back or stop?", describe(breaches))
end

--- To go on all the same takes signatures, where answers do: each breach its own.
local function gate_of(frame, answered)
  local last = answered[#answered]
  return { answer = GO_ON, must_sign = { GO_ON }, since = last and approval.since(frame, last.seq) }
end

--- Asks what follows, and returns when the run goes on.
local function ask(frame, spec, breaches)
  local text = question_of(breaches)
  local given = question.ask(frame, text, CHOICES, gate_of(frame, step.previous "guard.answered"))
  step.emit("guard.answered", { answer = given.answer, by = given.by, reason = given.reason })
  step.note(string.format("%s, said %s%s", given.answer, given.by, given.reason and " (" .. given.reason .. ")" or ""))
  if given.answer == ROLL_BACK then raise(spec, breaches, true, given) end
  if given.answer ~= GO_ON then raise(spec, breaches, false, given) end
end

local function answer_breach(frame, spec, breaches)
  if spec.on_breach ~= "pause" then
    step.emit("guard.answered", { answer = spec.on_breach == "undo" and ROLL_BACK or STOP, by = "on_breach" })
    raise(spec, breaches, spec.on_breach == "undo")
  end
  ask(frame, spec, breaches)
end

--- Runs fn, and the watch beside it, whose first look comes before fn.
---@return boolean ok
---@return any result or error
---@return almanac.guard.Breach[]? breaches
local function run_watched(frame, watch, fn)
  local ok, result, breaches, failure
  watch:begin()
  local work = task.spawn(function()
    ok, result = errors.try(function()
      watch:wait_for_look()
      return fn()
    end)
  end)
  local watcher = task.spawn(function()
    local seen, found = errors.try(watch.wait, watch)
    frame.stops = seen and string.format("stopped by the guard %q", watch.spec.name) or nil
    if seen then
      breaches = found
      step.emit("guard.breach", { breaches = breaches, on_breach = watch.spec.on_breach })
      step.note("breach: " .. describe(breaches))
    elseif not interrupt.of(found) then
      failure = found
    end
    work:cancel "pause" -- an effect in flight is finished
  end)
  local interrupted = pool.join_all { work }
  task.with({ shield = "cancel" }, function()
    watcher:cancel()
    watcher:join()
  end)
  if ok == false and halt.is(result) then halt.pass(result) end -- a watch that fails at the same time does not hide that
  if failure then error(failure, 0) end
  if interrupted and not breaches then error(interrupted, 0) end
  return ok, result, breaches
end

--- That the journal says a breach was let pass is one row, which anybody could write who can write the journal.
local function check_kept(frame, breach, before)
  local judgement = approval.kept(frame.run, frame.path, question_of(breach.breaches), gate_of(frame, before))
  if not judgement or judgement.missing == 0 then return end
  local lines = frame.run.approvals:reasons(judgement)
  table.insert(lines, 1, string.format("that %s was let pass is in the journal, without the signatures that almanac.yaml wants (%d of %d)",
    describe(breach.breaches), #judgement.accepted, judgement.quorum))
  errors.raise {
    kind = "refused", step = frame.path, message = lines,
    hint = string.format("to be asked again: almanac resume %s --redo %s", store.words(frame.run:outermost()),
      shell_word.quoted(frame.path)),
  }
end

--- What the operator let pass, and the breach that nobody has answered yet.
local function earlier(frame)
  local breaches, answers = step.previous "guard.breach", step.previous "guard.answered"
  local let = {}
  for i, answer in ipairs(answers) do
    if answer.answer == GO_ON and breaches[i] then
      check_kept(frame, breaches[i], table.move(answers, 1, i - 1, 1, {}))
      table.move(breaches[i].breaches, 1, #breaches[i].breaches, #let + 1, let)
    end
  end
  local open = breaches[#answers + 1]
  return let, open and open.breaches
end

--- What is watched, for those who draw it.
local function tell_start(spec)
  local gates = json.array {}
  for i, gate in ipairs(spec.gates) do
    gates[i] = { name = gate.name, query = gate.query, op = gate.op, limit = gate.limit, critical = gate.critical,
      tolerate = gate.tolerate }
  end
  step.emit("guard.start", { gates = gates, alerts = spec.alerts, interval = spec.interval, on_breach = spec.on_breach })
end

local function follow(frame, spec, fn)
  local let, open = earlier(frame)
  tell_start(spec)
  local watch = watches.new(spec, let)
  while true do
    if open then
      answer_breach(frame, spec, open)
      for _, breach in ipairs(open) do watch:condition(breach.name):let_pass(breach) end
    end
    local ok, result, breaches = run_watched(frame, watch, fn)
    frame.stops = nil
    if not breaches then
      if not ok then halt.pass(result) end
      return result
    end
    if not ok and not interrupt.of(result) then halt.pass(result) end -- it failed by itself at the same time
    open = breaches
    frame.run:forget_children(frame.path)
    frame.ordinal = 0
  end
end

--- guard(name, spec, fn): fn's own result.
function M.guard(name, spec, fn)
  if type(fn) ~= "function" then
    errors.usage("guard %q: its last argument must be a function, not a %s", tostring(name), type(fn))
  end
  local checked = specs.check(name, spec)
  return step.run(name, { digest = specs.text(checked), inside = true }, function()
    local frame = step.current()
    return step.beside(fn, function() return follow(frame, checked, fn) end, function(draft, path)
      for _, now in ipairs(watches.now(checked)) do draft:add_gate(path, now) end
    end, function(past, path) pasts.find(checked, past, path) end, { kind = "guard", input = specs.watched(checked) })
  end)
end

return M

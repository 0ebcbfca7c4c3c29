--- Once: an effect happens exactly once in a run. Its intent is durable before the world is touched
--- (write-ahead), its outcome after. An intent without an outcome goes through recover(), which looks at the
--- world; what cannot be told is asked, never guessed.
local approval = require "almanac.journal.approval"
local at_terminal = require "almanac.run.at_terminal"
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local halt = require "almanac.base.halt"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local labels = require "almanac.run.label"
local operator = require "almanac.run.operator"
local printed = require "almanac.run.printed"
local process = require "native.process"
local question = require "almanac.run.question"
local redaction = require "almanac.base.redaction"
local known_effects = require "almanac.journal.known_effects"
local secret = require "almanac.base.secret"
local sha256 = require("native.digest").sha256
local shell_word = require "almanac.base.shell_word"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

--- The frame below which an effect's own effects are numbered: a repair that only a recovery makes
--- must not shift the numbers of the effects that follow.
local function subframe(frame, key, name)
  return setmetatable({ prefix = key .. ".", ordinal = 0, within = name }, { __index = frame })
end

local FIRST_OF_RECOVERY = 1000

--- Whether an effect within another one is of its recovery, by its number.
---@param key string  "0.1000"
---@return boolean
function M.is_of_recovery(key)
  return (math.tointeger(tonumber(key:match "(%d+)$")) or 0) >= FIRST_OF_RECOVERY
end

--- What a recovery repairs is numbered apart from what an apply does, and each time anew: a run
--- that is killed twice in an effect may have to repair twice.
local function recovery_frame(frame, key, name)
  local sub = subframe(frame, key, name)
  sub.ordinal = FIRST_OF_RECOVERY
  while true do
    local known = frame.run.effects[frame.path .. "#" .. sub.prefix .. sub.ordinal]
    if not (known and known.outcome) then return sub end
    sub.ordinal = sub.ordinal + 1
  end
end

--- Calls a function of the definition; what it begins is finished before a pause is heard.
local function try_effect(frame, fn, ...)
  return task.with({ permit = "effect", shield = "pause", context = { run = frame.run, step = frame } }, errors.try, fn, ...)
end

local function context_of(frame, call, known)
  local intent = known.intent
  return {
    id = intent.id, run = call.run or frame.run.id, before = intent.before, already = intent.already,
    undo_to = known_effects.undo_to(known, call.definition.goes_on),
    emit = function(kind, data) frame.run:record_own(kind, frame.path, { effect = call.name, id = intent.id, data = data }) end,
  }
end

--- Kinds of errors of the library's effects behind which the world may have changed: an answer that nobody understands came
--- of a request that was taken, and of one that our own code does not understand nothing else is known.
local UNCLEAR = { protocol = true, script = true, internal = true, parse = true }

--- Whether a failed apply may have happened all the same.
local function is_in_doubt(err, call)
  if err.in_doubt ~= nil then return err.in_doubt end
  if interrupt.of(err) or err.kind == "timeout" then return true end
  local status = err.kind == "http" and tonumber(err.status) or 0
  return status >= 200 and status <= 299 or UNCLEAR[err.kind] == true and definitions.is_builtin(call.name)
end

--- Kinds of errors with which nothing was begun.
local REFUSED = { refused = true, usage = true, outside_step = true, auth = true, tls = true }

--- Whether a failed apply did nothing for sure, as far as its error says. A command that failed ran, and an answer that
--- refuses a request is one of 400 to 499.
local function is_refused(err)
  local status = (err.kind == "http" or err.kind == "api") and tonumber(err.status) or 0
  return REFUSED[err.kind] or err.in_doubt == false and err.kind ~= "command" and status < 500 or status >= 400 and status < 500
end

--- A result as the journal will give it back.
local function result_of(frame, result)
  return labels.note(frame.run, redaction.result(result), result, string.format("step %q", frame.path))
end

--- Journals how the effect ended: with its result, or with the error that it failed with.
local function record_outcome(frame, key, intent, outcome)
  local ok, err = errors.try(frame.run.record, frame.run, "effect.outcome", frame.path, {
    op = intent.op, id = intent.id, ordinal = key, digest = intent.digest, ok = outcome.error == nil, result = outcome.result,
    error = outcome.error, recovered = outcome.recovered,
  })
  if not ok then
    err.in_doubt = true
    err.hint = "the effect took place, but that could not be journalled; make room, then: almanac resume " ..
      frame.run:outermost() .. " (it will look at the world before it does anything)"
    error(err, 0)
  end
end

--- Refuses to change what others keep, and would take back: as the plan has it, the effect's preview is asked.
local function check_owners(frame, call)
  if frame.run.on_owner ~= "refuse" or not call.definition.preview or call.definition.goes_on then return end
  local context, previews = { run = frame.run, step = frame }, require "almanac.run.plan.preview"
  local preview = task.with({ permit = "read", shield = "none", context = context }, previews.make, call.definition, call.input)
  local kept = previews.kept(preview)
  if kept[1] then errors.raise { kind = "refused", message = table.concat(kept, "; "), hint = previews.KEPT_HINT } end
end

--- The digest of the step's source: the same for all of its effects, and dear.
local function source_of(frame)
  frame.source = frame.source or step.digest(frame.opts, frame.fn)
  return frame.source
end

--- Applies what goes on where it was: how it fails is in its own record, and here it stays begun.
local function go_on(frame, call, known)
  local context = { run = frame.run, step = frame }
  return task.with({ permit = "effect", context = context }, call.definition.apply, call.input, context_of(frame, call, known))
end

--- Refuses what the runbook's `allow` does not name, and what is not whole.
local function check_allowed(call)
  local refused = call.refusals()
  if refused[1] then errors.raise(refused[1]) end
end

local function apply(frame, call, tries, known, is_again)
  local run, definition, key = frame.run, call.definition, call.key
  local before
  if definition.observe then
    local context, earlier = { run = run, step = frame }, known and definition.goes_on and known.intent.before or nil
    before = task.with({ permit = "read", shield = "none", context = context }, definition.observe, call.input, earlier)
  end
  local already
  if definition.already then
    local context = { run = run, step = frame }
    already = task.with({ permit = "read", shield = "none", context = context }, definition.already, call.input, before) or nil
  end
  local intent = {
    op = call.name, ordinal = key, tries = tries, digest = call.digest, before = before, already = already,
    source = source_of(frame),
    id = sha256(run.id .. "\n" .. frame.path .. "#" .. key .. "\n" .. tries):sub(1, 16),
    input = call.concealed, title = definitions.title(call.name, call.input, run.definitions),
  }
  process.pass "effect.begins"
  run:record("effect.intent", frame.path, intent)
  if run.bound then run.bound:begin(frame.path, key) end
  known = run.effects[frame.path .. "#" .. key]
  process.pass "effect.intended"
  if definition.goes_on then
    local result = result_of(frame, go_on(subframe(frame, key, call.name), call, known))
    record_outcome(frame, key, intent, { result = result })
    return result
  end
  local parts = subframe(frame, key, call.name)
  parts.is_again = is_again or nil
  local ok, result = try_effect(parts, definition.apply, call.input, context_of(frame, call, known))
  process.pass "effect.applied"
  if ok then
    result = result_of(frame, result)
    record_outcome(frame, key, intent, { result = result })
    process.pass "effect.ended"
    return result
  end
  local err = result
  if is_in_doubt(err, call) then
    err.in_doubt = true
    run:record("effect.in_doubt", frame.path, { op = call.name, id = intent.id, ordinal = key, message = redaction.text(err.message) })
  else
    record_outcome(frame, key, intent, { error = { kind = err.kind, message = err.message, refused = is_refused(err) or nil } })
  end
  error(err, 0)
end

local function side_by_side(old, new)
  return string.format("journalled: %s\n         now:        %s", json.encode(old, { canonical = true }),
    json.encode(secret.conceal_all(new), { canonical = true }))
end

local function raise_mismatch(frame, call, intent)
  errors.raise {
    kind = "mismatch",
    message = string.format("%s took place in this run with another input than the script gives now", call.name),
    hint = side_by_side(intent.input, call.input) .. string.format(
      "\n         put the old input back, or run the step again: almanac resume %s --redo %s", frame.run.id,
      shell_word.quoted(frame.path)),
    journalled = intent.input,
    step = frame.path,
  }
end

local function in_doubt_words(intent)
  return string.format("%s (effect %s) was begun and nobody can tell whether it took place", intent.title or intent.op, intent.id)
end

local function in_doubt_because(intent, why)
  return in_doubt_words(intent) .. ": " .. (why or "it left no trace that could be looked up")
end

--- Where answers are signed, what became of an effect is one as well: to make it again, and to take it for made, lets the
--- run go on. Each try is asked about anew. Why nobody can tell is no part of the question: the next look may say it otherwise,
--- and what was signed is to be the same text.
local function ask_signed(frame, known)
  local intent = known.intent
  local said = operator.of(frame.run).in_doubt_answer
  if said and said ~= "abort" then
    errors.raise {
      kind = "refused", step = frame.path, message = string.format("only a signed answer counts here, not --in-doubt %s", said),
      hint = string.format("almanac answer %s %s --sign, then: almanac resume %s", frame.run:outermost(), said, frame.run:outermost()),
    }
  end
  local asking = { run = frame.run, path = frame.path .. "#" .. intent.ordinal }
  local given = not said and question.ask(asking, in_doubt_words(intent) .. ". Redo, done or abort?", { "redo", "done", "abort" },
    { must_sign = { "redo", "done" }, since = approval.since(asking, known.seq) })
  if not given then return said end
  return given.answer, given.by
end

--- Asks what to do with an effect of which nobody can tell whether it took place.
local function ask_in_doubt(frame, known, why)
  local intent, lines = known.intent, printed.lines(frame.run, known)
  local choice, by
  if frame.run.approvals then
    if why then step.note("nobody can tell: " .. why) end -- what is signed is the question alone
    for _, line in ipairs(lines) do step.note("it had printed: " .. line) end
    choice, by = ask_signed(frame, known)
  else
    choice = at_terminal.ask(frame.run, frame.path, in_doubt_because(intent, why), { "redo", "done", "abort" }, function()
      return operator.of(frame.run):in_doubt(frame.path, intent, why, lines)
    end)
  end
  if choice then
    frame.run:record("effect.answered", frame.path,
      { id = intent.id, ordinal = intent.ordinal, answer = choice, by = by or process.user() })
    return choice
  end
  local message = in_doubt_because(intent, why)
  if lines[1] then message = { message, "it had printed:\n" .. table.concat(lines, "\n") } end
  halt.raise {
    kind = "in_doubt", message = message, step = frame.path,
    hint = string.format("look for yourself, then: almanac resume %s --in-doubt redo|done|abort", frame.run:outermost()),
  }
end

--- Where answers are signed, to make what was made already once more is one as well: for each step, and for each redo of
--- it anew.
local function check_redo(frame)
  local redone = frame.run.approvals and frame.run.replay.redone[frame.path]
  if not redone then return end
  local asking = { run = frame.run, path = frame.path .. "#redo" }
  local text = string.format("step %q took place in this run, and is to take place once more: %s. Redo or stop?", frame.path,
    table.concat(redone.titles, "; "))
  local given = question.ask(asking, text, { "redo", "stop" }, { must_sign = { "redo" }, since = approval.since(asking, redone.seq) })
  if given.answer == "redo" then return end
  errors.raise { kind = "refused", message = string.format("%s said that %q is not to be done once more", given.by, frame.path),
    hint = "to be asked again: almanac resume " .. frame.run:outermost() .. " --redo " .. shell_word.quoted(frame.path) }
end

local STATES = { done = true, not_done = true, again = true, unknown = true }

--- What `recover` of an effect says of one that was begun.
---@param frame almanac.Frame  of the step that asks; what recover repairs is a part of the effect there
---@param call { name: string, definition: almanac.EffectDefinition, key: string, run: string? }  run: that made it, where
---  another one asks
---@param known almanac.KnownEffect
---@param input any
---@param is_undone boolean?  the run is taken back
---@return almanac.Recovered
---@return any result, or why it is unknown
function M.ask_world(frame, call, known, input, is_undone)
  if not call.definition.recover then return "unknown" end
  local ctx = context_of(frame, call, known)
  ctx.is_undone = is_undone
  local ok, state, result = try_effect(recovery_frame(frame, call.key, call.name), call.definition.recover, input, ctx)
  if not ok then error(state, 0) end
  -- What is none of these words says nothing: a branch without a return is no "not_done".
  if STATES[state] then return state, result end
  return "unknown", string.format("recover of %s gave %s, not \"done\", \"not_done\", \"again\" or \"unknown\"", call.name,
    type(state) == "string" and string.format("%q", state) or tostring(state))
end

--- An intent without an outcome: whether it took place, and its result.
local function recover(frame, call, known)
  local key, intent = call.key, known.intent
  local same = intent.digest == call.digest
  local state, result = M.ask_world(frame, call, known, same and call.input or intent.input)
  if state == "unknown" and frame.is_again then -- what it is a part of may be made once more, whatever became of it
    state = "again"
  elseif state == "unknown" then
    local choice = ask_in_doubt(frame, known, type(result) == "string" and result or nil)
    if choice == "abort" then errors.raise { kind = "cancelled", message = "aborted by the operator" } end
    state, result = choice == "done" and "done" or "redo", nil
  end
  frame.run:record("effect.recovered", frame.path,
    { op = call.name, id = intent.id, ordinal = key, state = state, sure = state == "not_done" or nil })
  if state ~= "done" then return false, state end
  result = result_of(frame, result)
  record_outcome(frame, key, intent, { result = result, recovered = true })
  if not same then raise_mismatch(frame, call, intent) end
  return true, result
end

--- What an earlier try did: true and its result when it took place; else false, how many tries it was, and whether the effect
--- said that it may be made once more, whether or not it took place.
local function settle(frame, call, known)
  local run, outcome = frame.run, known.outcome
  if not outcome and call.definition.goes_on then
    if known.intent.digest ~= call.digest then raise_mismatch(frame, call, known.intent) end
    return false, known.intent.tries
  elseif not outcome then
    local done, result = recover(frame, call, known)
    if done then return true, result end
    return false, known.intent.tries, result == "again"
  elseif not outcome.ok then
    return false, known.intent.tries + 1
  end
  if outcome.digest ~= call.digest or known.intent.op ~= call.name then raise_mismatch(frame, call, known.intent) end
  run:record("effect.replayed", frame.path, outcome)
  return true, outcome.result
end

--- Makes the effect happen, unless it did.
---@param frame almanac.Frame
---@param call almanac.EffectCall
---@return any result
function M.perform(frame, call)
  step.require_read(call.name)
  local run = frame.run
  local known = run.effects[frame.path .. "#" .. call.key]
  if not (known and known.outcome and known.outcome.ok) then check_allowed(call) end
  if run.undo_binding then run.undo_binding:check(frame, call) end
  local tries, is_again = known_effects.first_try(run.replay, frame.path, call.key), nil
  if known then
    local done, result, again = settle(frame, call, known)
    if done then
      if run.bound then run.bound:settle(frame.path, call.key, run.effects[frame.path .. "#" .. call.key].outcome.recovered) end
      return result
    end
    tries, is_again = result, again
  elseif run.done then
    local renamed = require "almanac.run.renamed"
    if renamed.is_edited(run) then
      renamed.check_effect(frame, call.name, definitions.title(call.name, call.input, run.definitions))
    end
  end
  check_redo(frame)
  if run.held then run.held:check() end
  if run.bound then run.bound:check(frame, call, known ~= nil) end
  check_owners(frame, call)
  if task.interrupted() == "pause" then task.sleep(0) end -- a pause stops before the effect, not in it
  return apply(frame, call, tries, known, is_again)
end

return M

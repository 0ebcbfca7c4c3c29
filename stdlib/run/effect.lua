--- Effects: the calls that change the world. Each is journalled on its own: its intent is durable
--- before the world is touched (write-ahead), its outcome after. An intent without an outcome goes
--- through recover(), which looks at the world; what cannot be told is asked, never guessed.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local step = require "almanac.run.step"
local task = require "native.task"
local unknown = require "almanac.base.unknown"
local sha256 = require("native.digest").sha256

local M = {}

M.define = definitions.define -- of the standard library's effects

--- SHA-256 of the canonical JSON of an input, its secrets concealed.
---@return string hex
function M.digest(input)
  return sha256(json.encode(unknown.describe_all(secret.conceal_all(input)), { canonical = true }))
end

--- The names that the effect would touch, as its definition tells them. In a plan they may hold what
--- only the run will know, and it will ask then: nil.
local function targets_of(allow, input)
  local ok, targets = errors.try(allow.of, input)
  if unknown.within(input) and (not ok or unknown.within(targets)) then return nil end
  if not ok then error(targets, 0) end
  return type(targets) == "table" and targets or { targets }
end

local function is_allowed(patterns, target)
  for _, pattern in ipairs(patterns) do
    if require("almanac.base.glob").match(pattern, target) then return true end
  end
  return false
end

--- Refuses what the runbook's `allow` does not name.
local function check_allowed(run, name, definition, input)
  if not run.allow then return end
  local allow = definition.allow
  if not allow then
    errors.raise {
      kind = "refused", message = name .. ": this runbook has an allow table, and the effect does not say what it touches",
      hint = "give its definition allow = { category = \"a_word\", of = function(input) return \"name\" end }",
    }
  end
  local category, patterns = allow.category, run.allow[allow.category] or {}
  for _, target in ipairs(targets_of(allow, input) or {}) do
    if not is_allowed(patterns, target) then
      errors.raise {
        kind = "refused",
        message = string.format("%s: this runbook may not touch %s %q", name, category, target),
        hint = string.format("its allow table has %s = { %s }; almanac show prints it", category, table.concat(patterns, ", ")),
      }
    end
  end
end

--- The frame below which an effect's own effects are numbered: a repair that only a recovery makes
--- must not shift the numbers of the effects that follow.
local function subframe(frame, key)
  return setmetatable({ prefix = key .. ".", ordinal = 0 }, { __index = frame })
end

--- What a recovery repairs is numbered apart from what an apply does, and each time anew: a run
--- that is killed twice in an effect may have to repair twice.
local function recovery_frame(frame, key)
  local sub = subframe(frame, key)
  sub.ordinal = 1000
  while true do
    local known = frame.run.effects[frame.path .. "#" .. sub.prefix .. sub.ordinal]
    if not (known and known.outcome) then return sub end
    sub.ordinal = sub.ordinal + 1
  end
end

local function with_permit(frame, permit, shield, fn, ...)
  local context = task.context()
  local old_permit, old_shield = task.permit(permit), task.shield(shield)
  task.set_context { run = frame.run, step = frame }
  local results = table.pack(errors.try(fn, ...))
  task.set_context(context)
  task.shield(old_shield)
  task.permit(old_permit)
  return table.unpack(results, 1, results.n)
end

local function context_of(frame, name, intent)
  return {
    id = intent.id,
    run = frame.run.id,
    before = intent.before,
    emit = function(kind, data)
      frame.run:record(kind, frame.path, { effect = name, id = intent.id, data = data })
    end,
  }
end

--- Whether a failed apply may have happened all the same.
local function is_in_doubt(err)
  if err.in_doubt ~= nil then return err.in_doubt end
  return errors.is_interrupt(err) or err.kind == "timeout"
end

local function record_outcome(frame, key, intent, data)
  data.op, data.id, data.ordinal, data.digest = intent.op, intent.id, key, intent.digest
  local ok, err = errors.try(frame.run.record, frame.run, "effect.outcome", frame.path, data)
  if not ok then
    err.in_doubt = true
    err.hint = "the effect took place, but that could not be journalled; make room, then: almanac resume " ..
      frame.run.id .. " (it will look at the world before it does anything)"
    error(err, 0)
  end
  frame.run.effects[frame.path .. "#" .. key] = { intent = intent, outcome = data }
end

local function apply(frame, name, definition, key, input, digest, tries)
  local run = frame.run
  local before
  if definition.observe then
    local ok, seen = with_permit(frame, "read", "none", definition.observe, input)
    if not ok then error(seen, 0) end
    before = seen
  end
  local intent = {
    op = name, ordinal = key, tries = tries, digest = digest, before = before,
    id = sha256(run.id .. "\n" .. frame.path .. "#" .. key .. "\n" .. tries):sub(1, 16),
    input = secret.conceal_all(input), title = definitions.title(name, input, run.definitions),
  }
  run:record("effect.intent", frame.path, intent)
  run.effects[frame.path .. "#" .. key] = { intent = intent }
  local ok, result = with_permit(subframe(frame, key), "effect", "pause", definition.apply, input,
    context_of(frame, name, intent))
  if ok then
    result = redaction.result(result)
    record_outcome(frame, key, intent, { ok = true, result = result })
    return result
  end
  local err = result
  if is_in_doubt(err) then
    err.in_doubt = true
    run:emit("effect.in_doubt", frame.path, { op = name, id = intent.id, ordinal = key, message = redaction.text(err.message) })
  else
    record_outcome(frame, key, intent, { ok = false, error = { kind = err.kind, message = err.message } })
  end
  error(err, 0)
end

local function side_by_side(old, new)
  return string.format("journalled: %s\n         now:        %s", json.encode(old, { canonical = true }),
    json.encode(secret.conceal_all(new), { canonical = true }))
end

local function raise_mismatch(frame, name, intent, input)
  errors.raise {
    kind = "mismatch",
    message = string.format("%s took place in this run with another input than the script gives now", name),
    hint = side_by_side(intent.input, input) .. string.format(
      "\n         put the old input back, or run the step again: almanac resume %s --redo %q", frame.run.id,
      frame.path),
    journalled = intent.input,
    step = frame.path,
  }
end

--- Asks what to do with an effect of which nobody can tell whether it took place.
local function ask_in_doubt(frame, intent, why)
  local choice = require("almanac.run.ask").in_doubt(frame.run, frame.path, intent, why)
  if choice then return choice end
  errors.raise {
    kind = "in_doubt",
    waiting = true,
    message = string.format("%s (effect %s) was begun and nobody can tell whether it took place: %s",
      intent.title or intent.op, intent.id, why or "it left no trace that could be looked up"),
    hint = string.format("look for yourself, then: almanac resume %s --in-doubt redo|done|abort", frame.run.id),
    step = frame.path,
  }
end

--- An intent without an outcome: "done" with its result, or "not_done".
local function recover(frame, name, definition, key, intent, input)
  local same = intent.digest == M.digest(input)
  local state, result = "unknown", nil
  if definition.recover then
    local ok, a, b = with_permit(recovery_frame(frame, key), "effect", "pause", definition.recover,
      same and input or intent.input, context_of(frame, name, intent))
    if not ok then error(a, 0) end
    state, result = a, b
  end
  if state == "unknown" then
    local choice = ask_in_doubt(frame, intent, type(result) == "string" and result or nil)
    if choice == "abort" then errors.raise { kind = "cancelled", message = "aborted by the operator" } end
    state, result = choice == "done" and "done" or "not_done", nil
  end
  frame.run:record("effect.recovered", frame.path, { op = name, id = intent.id, ordinal = key, state = state })
  if state ~= "done" then return false end
  result = redaction.result(result)
  record_outcome(frame, key, intent, { ok = true, result = result, recovered = true })
  if not same then raise_mismatch(frame, name, intent, input) end
  return true, result
end

--- In a plan the input may hold what only the run will know, which no check can judge.
local function normalise(run, definition, raw)
  if not definition.input then return raw end
  if run.mode == "plan" and unknown.within(raw) then
    local ok, input = errors.try(definition.input, raw)
    return ok and input or raw
  end
  return definition.input(raw)
end

--- In a walk nothing happens: what is done gives its result.
local function walk(frame, known)
  if known and known.outcome and known.outcome.ok then return known.outcome.result end
  errors.raise { kind = "frontier", message = "not done yet: " .. frame.path, step = frame.path }
end

--- Whether an earlier try of this step began its next effect: what is to be waited for before it was
--- waited for then.
---@return boolean
function M.is_begun()
  local frame = step.current()
  return frame ~= nil and frame.run.effects[frame.path .. "#" .. (frame.prefix or "") .. frame.ordinal] ~= nil
end

--- Makes an effect happen exactly once in this run, and gives its result.
---@param name string
---@param raw any
---@return any result plain data
function M.perform(name, raw)
  local frame = step.current()
  local definition = definitions.find(name, frame and frame.run.definitions)
  if not definition then errors.usage("no effect %q is defined", tostring(name)) end
  if not frame then
    errors.raise {
      kind = "outside_step",
      message = name .. " was called outside a step",
      hint = string.format("write: step(\"say what it is for\", function() return %s(…) end)", name),
    }
  end
  local run = frame.run
  local input = normalise(run, definition, raw)
  local digest = M.digest(input)
  local key = (frame.prefix or "") .. frame.ordinal
  frame.ordinal = frame.ordinal + 1
  check_allowed(run, name, definition, input)
  if run.mode == "plan" then return require("almanac.run.plan").preview(frame, name, definition, input, digest, key) end

  local known = run.effects[frame.path .. "#" .. key]
  if run.mode == "walk" then return walk(frame, known) end
  step.require_read(name)
  local tries = 1
  if known and known.outcome and known.outcome.ok then
    if known.outcome.digest ~= digest or known.intent.op ~= name then
      raise_mismatch(frame, name, known.intent, input)
    end
    run:notify("effect.replayed", frame.path, known.outcome)
    if run.bound then require("almanac.run.plan").touch(frame, key) end
    return known.outcome.result
  elseif known and not known.outcome then
    local done, result = recover(frame, name, definition, key, known.intent, input)
    if done then
      if run.bound then require("almanac.run.plan").touch(frame, key) end
      return result
    end
    tries = known.intent.tries
  elseif known then
    tries = known.intent.tries + 1
  end
  if run.held then run.held:check() end
  -- The parts of an effect were planned with it.
  if run.bound and not frame.prefix then
    require("almanac.run.plan").check_effect(frame, name, definition, input, digest, key, known ~= nil)
  end
  if task.interrupted() == "pause" then task.sleep(0) end -- a pause stops before the effect, not in it
  return apply(frame, name, definition, key, input, digest, tries)
end

return M

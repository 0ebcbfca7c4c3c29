--- The mode of almanac plan: every step runs, reads are real, and each effect is previewed in the place of
--- happening.
local definitions = require "almanac.run.definitions"
local drafts = require "almanac.run.plan.draft"
local errors = require "almanac.base.errors"
local foreseen = require "almanac.run.plan.foreseen"
local interrupt = require "almanac.base.interrupt"
local labels = require "almanac.run.label"
local source = require "almanac.base.source"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"

local M = { finishes_siblings = false }

--- Kinds that say how the world is now: a plan notes them and goes on. Any other error ends it.
local judgements = {
  gate = true, rollout = true, command = true, no_data = true, several_series = true, alerts = true, refused = true,
  evidence = true, registry = true,
}

function M.step(frame, opts, fn)
  if frame.parent and frame.parent.foreseen then unknown.needed(unknown.new(frame.path), "a step in an effect's apply") end
  local run = frame.run
  local file, first, last = source.place(fn)
  local entry = {
    path = frame.path, digest = step.digest(opts, fn), file = file, first = first, last = last, undo = opts.undo and true or nil,
    undo_by = opts.undo and drafts.undo_author(opts.undo) or nil, side_by_side = opts.branches and true or nil,
    is_vague = frame.is_vague or nil,
  }
  run.draft:add_step(entry)
  run:record("step.start", frame.path, { attempt = 1 })
  local ok, result = step.attempt(frame, opts, fn)
  if ok then
    if not unknown.within(result) then result = labels.result(run, result, frame.path) end
    run:record("step.done", frame.path, {})
    return result
  end
  result.step = result.step or frame.path
  run:record("step.failed", frame.path, { kind = result.kind, message = result.message })
  if not judgements[result.kind] then error(result, 0) end
  run.draft:step_fails(entry, result)
  return unknown.new(run.draft.below .. frame.path)
end

function M.skip() end

function M.file() end

--- The input may hold what only the run will know, which no check can judge: then it is what was given.
function M.input(definition, raw)
  if not unknown.within(raw) then return definition.input(raw) end
  local ok, input = errors.try(definition.input, raw)
  return ok and input or raw
end

--- What `allow` refuses of an effect. Where that cannot be told, since a program that says it is missing, or a server is
--- away, the run would stop there, too.
local function refusals_of(call)
  local ok, refused = errors.try(call.refusals)
  if ok then return refused end
  if interrupt.of(refused) then error(refused, 0) end
  return { { message = refused.message, hint = refused.hint } }
end

--- An effect that `allow` refuses is shown with what follows it, so that a reviewer sees all of them at once.
function M.effect(frame, call)
  local refused = refusals_of(call)
  if frame.foreseen then return foreseen.note(frame, call, refused[1]) end
  local planned, result, known
  if refused[1] then
    planned = frame.run.draft:refuse(frame.path, call, refused)
  else
    planned, result, known = frame.run.draft:preview(frame.path, call)
  end
  if not definitions.is_builtin(call.name) then frame.run.draft:add_foreseen(planned, foreseen.of(frame, call)) end
  frame.run:record("effect.planned", frame.path, planned)
  if not known then return unknown.new(frame.run.draft.below .. frame.path) end
  return result
end

function M.come_by(frame, awaited)
  if frame.foreseen then unknown.needed(unknown.new(frame.path), "waiting in an effect's apply") end
  frame.run.draft:add_wait(frame.path, awaited)
end

function M.await(frame, _, look)
  return look and look(frame.run.draft, frame.path)
end

function M.beside(frame, fn, _, look)
  look(frame.run.draft, frame.path)
  return fn()
end

--- What an effect's apply looks at, its parts may go by.
function M.read(frame)
  if frame.foreseen then frame.foreseen.reads = true end
end

function M.planned(frame) return frame.run.draft.effects end

function M.note(frame, text)
  if frame.foreseen then return end -- the run says it
  frame.run:record("note", frame.path, { text = text })
end

function M.explain(frame, text)
  M.note(frame, text)
  frame.run.draft:explain(frame.path, text)
end

return M

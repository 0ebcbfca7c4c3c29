--- The mode of run, resume and rollback: steps run, effects happen, waits wait.
local backoff = require "almanac.base.backoff"
local errors = require "almanac.base.errors"
local halt = require "almanac.base.halt"
local interrupt = require "almanac.base.interrupt"
local labels = require "almanac.run.label"
local once = require "almanac.run.once"
local redaction = require "almanac.base.redaction"
local step = require "almanac.run.step"
local task = require "native.task"

local M = { finishes_siblings = false, starts_handed = true }

local default_retry = { times = 1 }

local function may_retry(retry, err, tried)
  if tried >= retry.times or interrupt.of(err) or err.in_doubt or halt.is(err) or err.kind == "mismatch" then return false end
  if not retry.on then return err.kind ~= "usage" and err.kind ~= "outside_step" and err.kind ~= "script" end
  for _, kind in ipairs(retry.on) do
    if kind == err.kind then return true end
  end
  return false
end

--- What stopped a step that is no operator: a step around it says so.
local function stopped_by(frame)
  while frame do
    if frame.stops then return frame.stops end
    frame = frame.parent
  end
end

local function record_end(frame, err)
  local stopped = interrupt.of(err)
  local message, at = redaction.text(stopped and stopped_by(frame) or err.message), redaction.name((errors.place(err)))
  if stopped then
    frame.run:record("step.interrupted", frame.path, { level = stopped.level, message = message, at = at })
  else
    frame.run:record("step.failed", frame.path, { kind = redaction.name(err.kind), message = message, at = at })
  end
end

--- Whether a step that is not done turns out to be one that is, under another name.
local function is_done_under_another_name(frame, opts, fn)
  local renamed = require "almanac.run.renamed"
  local found = renamed.candidates(frame, opts, step.digest(opts, fn), fn)
  if #found == 0 then return false end
  renamed.decide(frame.run, frame.path, found)
  return frame.run.done:seq(frame.path) ~= nil
end

function M.step(frame, opts, fn)
  local run = frame.run
  if run.done and is_done_under_another_name(frame, opts, fn) then
    local _, result = run.done:meet(frame.path, frame.name)
    if run.tells_replays then M.met(run, frame.path) end
    return result
  end
  local retry = opts.retry or default_retry
  local started = task.wall_ms()
  run:record("step.start", frame.path, { attempt = 1 })
  while true do
    local before = task.now()
    local ok, result = step.attempt(frame, opts, fn)
    if ok then ok, result = errors.try(labels.result, run, result, frame.path) end
    if ok then
      run.has_undo = run.has_undo or opts.undo ~= nil
      run:record("step.done", frame.path, {
        result = result, digest = step.digest(opts, fn), started = started,
        elapsed_ms = math.floor((task.now() - before) * 1000),
        attempts = frame.attempt > 1 and frame.attempt or nil, undo = opts.undo ~= nil or nil,
      })
      return result
    end
    local err = result
    err.step = err.step or frame.path
    if not may_retry(retry, err, frame.attempt) then
      record_end(frame, err)
      error(err, 0)
    end
    local delay = backoff.delay(retry, frame.attempt)
    run:record("step.retry", frame.path, { attempt = frame.attempt, delay = delay, message = redaction.text(err.message) })
    task.sleep(delay)
    frame.attempt = frame.attempt + 1
    frame.ordinal = 0
    run:forget_children(frame.path)
  end
end

function M.skip(frame)
  frame.run:record("step.done", frame.path, { skipped = true, started = task.wall_ms(), elapsed_ms = 0 })
end

function M.met(run, path)
  run:tell_replay(path)
end

function M.file(run, name, path, text)
  run:keep_file(name, path, text)
end

function M.input(definition, raw)
  return definition.input(raw)
end

M.effect = once.perform

function M.come_by(frame, awaited)
  return frame.run.bound and frame.run.bound:come_by(frame, awaited) or nil
end

function M.came_by(frame, number)
  frame.run.bound:meet(frame, number)
end

function M.await(_, wait)
  return wait()
end

function M.beside(_, _, follow)
  return follow()
end

function M.note(frame, text)
  frame.run:record("note", frame.path, { text = text })
end

M.explain = M.note

return M

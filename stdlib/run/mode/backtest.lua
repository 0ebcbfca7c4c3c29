--- The mode of almanac backtest: gates and canaries are judged by what Prometheus remembers. Nothing is changed, and
--- nothing is asked of the world as it is now, for the past is not known from it: what steps would have returned is vague.
local errors = require "almanac.base.errors"
local plan = require "almanac.run.mode.plan"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"

local M = { finishes_siblings = true, skip = plan.skip, file = plan.file, input = plan.input }

--- Kinds of what a step makes of values that are not known.
local expected = { unknown_value = true, refused = true, gate = true, not_found = true, no_data = true, evidence = true }

--- What says the same today as it did then.
local function is_timeless(who)
  return who == "gate" or who == "canary.compare" or who:find "^vars%." ~= nil or who:find "^fs%." ~= nil
end

function M.read(frame, who)
  if is_timeless(who) then return end
  errors.raise {
    kind = "unknown_value", step = frame.path, message = who .. " asks for what is now, and a backtest is about what was",
    hint = "it judges gates, canaries and guards that do not depend on it",
  }
end

function M.step(frame, opts, fn)
  local run = frame.run
  run.past:add_step(frame.path)
  run:record("step.start", frame.path, { attempt = 1 })
  local ok, result = step.attempt(frame, opts, fn)
  if not ok and not expected[result.kind] then
    result.step = result.step or frame.path
    run:record("step.failed", frame.path, { kind = result.kind, message = result.message })
    error(result, 0)
  end
  run:record("step.done", frame.path, {})
  if ok then return result end
  return unknown.vague(run.past.below .. frame.path)
end

--- A run that it makes is gone into.
function M.effect(frame, call)
  if call.definition.goes_on then return call.definition.preview(call.input).result end
  return unknown.vague(frame.run.past.below .. frame.path)
end

function M.await(frame, _, _, judge)
  if judge then return judge(frame.run.past, frame.path) end
  return unknown.vague(frame.run.past.below .. frame.path)
end

function M.beside(frame, fn, _, _, judge)
  judge(frame.run.past, frame.path)
  return fn()
end

function M.note() end
M.explain = M.note

return M

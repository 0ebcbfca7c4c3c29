--- gate: a step that watches a number of Prometheus until its verdict is known.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local look_at = require "almanac.observe.gate.look"
local number = require "almanac.base.number"
local pasts = require "almanac.observe.gate.past"
local redaction = require "almanac.base.redaction"
local samples = require "almanac.observe.gate.sample"
local specs = require "almanac.observe.gate.spec"
local step = require "almanac.run.step"
local task = require "native.task"
local verdicts = require "almanac.observe.gate.verdict"

local M = {}

--- Whether the samples of before are of another query, which says nothing of this one.
local function is_another_query(spec)
  local starts = step.previous "gate.start"
  local last = starts[#starts]
  return last ~= nil and last.query ~= redaction.text(spec.query)
end

--- Samples of an attempt that was cut short go on; those of one that had come to its end do not.
local function earlier_samples(spec)
  local taken = step.previous "gate.sample"
  if taken[1] and is_another_query(spec) then
    step.progress "begins anew: its query was edited"
    return {}, nil
  end
  local v = verdicts.of(spec, taken)
  if v.verdict and v.verdict ~= "pass" then return {}, nil end
  return taken, v
end

--- In a plan a gate looks once: the value now against the limit, and how long it would watch.
local function look_once(spec, draft, path)
  local sample = look_at.now(spec)
  local v = verdicts.of(spec, { sample })
  local value = number.of(sample.value)
  local ok = value and samples.judge(spec, value)
  local seen = value and verdicts.claim(spec, value, ok) or sample.error or v.why
  local limit = value and "limit" or string.format("limit %s %s", spec.op, number.short(spec.limit)) -- the claim has it
  local from = spec.limit_from and string.format(" (%s of %s)", limit, spec.limit_from) or ""
  local text = string.format("%s%s, would watch for %s", seen, from, duration.format(spec.hold))
  draft:add_gate(path, { text = text, ok = ok, value = sample.value })
  return { verdict = "pass", value = sample.value, limit = spec.limit, held = spec.hold, unwatched = 0, samples = 1 }
end

--- Keeps what the samples are held against: the script may be another one when somebody reads them.
local function keep_limits(spec)
  step.emit("gate.start", {
    query = spec.query, op = spec.op, limit = number.plain(spec.limit), critical = number.plain(spec.critical),
    hold = spec.hold, interval = spec.interval, grace = spec.grace, tolerate = spec.tolerate,
  })
end

local function follow(spec)
  local taken, v = earlier_samples(spec)
  keep_limits(spec)
  local resumed = #taken > 0
  while not (v and v.verdict) do
    local began = task.now()
    local sample = look_at.now(spec)
    sample.resumed = resumed or nil
    resumed = false
    taken[#taken + 1] = sample
    v = verdicts.of(spec, taken)
    sample.held, sample.unwatched = v.held, v.unwatched
    step.emit("gate.sample", sample)
    step.progress(verdicts.line(spec, v), false)
    if not v.verdict then task.sleep(math.max(0, spec.interval - (task.now() - began))) end
  end
  step.emit("gate.end", { verdict = v.verdict, why = v.why })
  if v.verdict ~= "pass" then
    errors.raise {
      kind = "gate", verdict = v.verdict, why = v.why, value = number.plain(v.value), limit = v.limit, held = v.held,
      message = string.format("gate %q: %s: %s", spec.name, v.verdict, v.why),
      hint = specs.hint(spec, v.verdict),
    }
  end
  return {
    verdict = v.verdict, value = number.plain(v.value), limit = v.limit, held = v.held, unwatched = v.unwatched,
    samples = #taken,
  }
end

local function watch(spec)
  return step.await(function() return follow(spec) end,
    function(draft, path) return look_once(spec, draft, path) end,
    function(past, path) return pasts.find(spec, past, path) end,
    { kind = "gate", input = specs.watched(spec) })
end

--- gate(name, spec): a gate as a step of its own. gate(spec) watches in the step that is running,
--- as a branch of `parallel` does. Returns when the gate passes; otherwise raises kind "gate" with
--- `verdict`, `why`, `value`, `limit` and `held`.
function M.gate(name, spec)
  if spec == nil and type(name) == "table" then
    step.require_read "gate"
    local frame = step.current()
    return watch(specs.check(name.name or frame and frame.name or "gate", name))
  end
  local checked = specs.check(name, spec)
  return step.run(name, { digest = specs.text(checked) }, function() return watch(checked) end)
end

return M

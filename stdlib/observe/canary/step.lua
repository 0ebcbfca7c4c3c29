--- canary.compare: a step that watches a canary beside its baseline until the verdict is known.
local digest = require "native.digest"
local duration = require "almanac.base.duration"
local api = require "almanac.observe.api"
local errors = require "almanac.base.errors"
local prom = require "almanac.observe.prom"
local pasts = require "almanac.observe.canary.past"
local reads = require "almanac.observe.canary.read"
local report = require "almanac.observe.canary.report"
local scrape = require "almanac.observe.canary.scrape"
local specs = require "almanac.observe.canary.spec"
local step = require "almanac.run.step"
local task = require "native.task"
local watch_of = require "almanac.observe.canary.watch"

local M = {}

local function raise_verdict(spec, verdict, why, hint, more)
  local err = { kind = "canary", verdict = verdict, why = why, hint = hint,
    message = string.format("canary %q: %s: %s", spec.name, verdict, why) }
  for field, value in pairs(more or {}) do err[field] = value end
  errors.raise(err)
end

-- Errors of a query that it has again however often it is asked.
local PERMANENT = { bad_data = true, native_histogram = true }

--- What fn reads of Prometheus; where it cannot be asked, again after an interval, so often as the errors allow.
local function patiently(spec, fn)
  local failed = 0
  while true do
    local ok, result = errors.try(fn)
    if ok then return result end
    if not api.is_bearable(result) then error(result, 0) end
    failed = failed + 1
    if PERMANENT[result.error_type] or failed > spec.errors then
      raise_verdict(spec, "error", (failed > 1 and failed .. " tries in a row failed: " or "") .. tostring(result.message),
        result.query and "the query: " .. result.query or "a resume goes on with the samples that there are")
    end
    step.progress(string.format("%d of %d tries failed: %s", failed, spec.errors + 1, result.message))
    task.sleep(spec.interval)
  end
end

--- How far Prometheus' clock is ahead of ours, in milliseconds: samples have its times.
local function clock_offset(spec)
  local now = prom.query("time()", { url = spec.url }).series[1].value
  return math.floor(now * 1000 + 0.5) - task.wall_ms()
end

--- Whether an attempt at this step has ended since then.
local function ended_since(time_ms)
  for _, kind in ipairs { "step.failed", "step.retry" } do
    local ends = step.previous(kind)
    if #ends > 0 and ends[#ends].time_ms >= time_ms then return true end
  end
  return false
end

--- A watch that an attempt before this one began and did not finish, with the samples that it journalled. One that was
--- decided, and killed before it could say so, says it now.
local function taken_up(spec, text)
  local starts = step.previous "canary.start"
  local start = starts[#starts]
  if not start or start.digest ~= text then return nil end
  local watch = watch_of.new(spec, start.begin, start.bounds)
  local last_ms = start.time_ms
  for _, sample in ipairs(step.previous "canary.sample") do
    if sample.begin == start.begin and not watch.over then
      watch_of.take(watch, sample)
      last_ms = sample.time_ms
    end
  end
  if watch.over and watch.verdict.verdict ~= "pass" and ended_since(last_ms) then return nil end
  return watch
end

local function require_bounds(spec, bounds)
  for _, metric in ipairs(spec.metrics) do
    if metric.kind == "latency" and #bounds[metric.name] == 0 then
      raise_verdict(spec, "no data", string.format("%s: the baseline has no requests in the %s before the start, "
        .. "from which the bounds would be taken", metric.name, duration.format(spec.history)),
        "the query: " .. metric.queries.buckets.baseline)
    end
  end
end

--- What the samples are judged by, and not where they came from: whoever reads them has no script.
local function kept_of(spec)
  local kept = {}
  for field, value in pairs(spec) do
    if field ~= "url" then kept[field] = value end
  end
  return kept
end

local function begin(spec, text, offset)
  local now = task.wall_ms() + offset
  local bounds = patiently(spec, function() return reads.bounds(spec, now) end)
  require_bounds(spec, bounds)
  local start = { begin = now + math.floor(spec.warm_up * 1000), digest = text, bounds = bounds, spec = kept_of(spec) }
  step.emit("canary.start", start)
  if spec.warm_up > 0 then step.progress("warms up for " .. duration.format(spec.warm_up)) end
  return watch_of.new(spec, start.begin, bounds)
end

--- Takes the samples that are due, until one of them decides.
local function take_due(watch, offset)
  local times = watch_of.due(watch, task.wall_ms() + offset)
  if #times < 2 then return end
  local spec = watch.spec
  local samples = patiently(spec, function() return scrape.samples(spec, watch.bounds, times, reads.asker(spec, times)) end)
  for _, sample in ipairs(samples) do
    if watch.over then break end
    sample.begin = watch.begin
    step.emit("canary.sample", sample)
    watch_of.take(watch, sample)
  end
  step.progress(report.line(watch))
end

local function follow(spec)
  local text = digest.sha256(specs.text(spec))
  step.emit("canary.asks", { baseline = spec.baseline, canary = spec.canary, interval = spec.interval, metrics = spec.metrics })
  local offset = patiently(spec, function() return clock_offset(spec) end)
  local watch = taken_up(spec, text) or begin(spec, text, offset)
  while not watch.over do
    task.sleep(math.max(0, (watch_of.next_due(watch) - offset - task.wall_ms()) / 1000))
    take_due(watch, offset)
  end
  local metrics, verdict = report.metrics(watch), watch.verdict.verdict
  if verdict ~= "pass" then
    local why, queries = report.reason(watch)
    raise_verdict(spec, verdict, why, queries, { metrics = metrics, watched = watch_of.watched(watch) })
  end
  return { verdict = verdict, watched = watch_of.watched(watch), samples = watch.analysis.samples, metrics = metrics }
end

--- In a plan both arms are sampled once.
local function look_once(spec, draft, path)
  local ok, text, whole = errors.try(function()
    local every = math.max(1, math.floor(spec.interval * 1000 + 0.5))
    local now = task.wall_ms() + clock_offset(spec) - every
    local times = { now - every, now }
    local watch = watch_of.new(spec, times[1], reads.bounds(spec, times[1]))
    watch_of.take(watch, scrape.samples(spec, watch.bounds, times, reads.asker(spec, times))[1])
    return report.once(watch)
  end)
  if not ok then
    if not api.is_bearable(text) then error(text, 0) end
    text, whole = text.why or text.message, false
  end
  local warm_up = spec.warm_up > 0 and string.format(" after a warm-up of %s", duration.format(spec.warm_up)) or ""
  draft:add_gate(path, { ok = whole or nil,
    text = string.format("%s; would watch for up to %s%s", text, duration.format(spec.horizon), warm_up) })
  return { verdict = "pass", watched = 0, samples = 1, metrics = {} }
end

local function watch_canary(spec)
  return step.await(function() return follow(spec) end, function(draft, path) return look_once(spec, draft, path) end,
    function(past, path) return pasts.find(spec, past, path) end, { kind = "canary", input = spec })
end

--- canary.compare(name, spec): a step of its own. canary.compare(spec) watches in the step that is running; outside of
--- one it is a step of its own as well. Returns when the canary passes; otherwise raises kind "canary" with `verdict`,
--- `why`, `metrics` and `watched`.
---@param name string|table
---@param spec? table
---@return { verdict: "pass", watched: number, samples: integer, metrics: table[] }
function M.compare(name, spec)
  local alone = spec == nil and type(name) == "table"
  local frame = step.current()
  if alone and frame then
    step.require_read "canary.compare"
    return watch_canary(specs.check(name, name.name or frame.name))
  end
  local checked = specs.check(alone and name or spec, not alone and name or nil)
  return step.run(checked.name, { digest = specs.text(checked) }, function() return watch_canary(checked) end)
end

return M

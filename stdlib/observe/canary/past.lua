--- A comparison on Prometheus' history: the verdict that a run would have come to which began then, and from which `bad` on
--- each metric would have passed.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local reads = require "almanac.observe.canary.read"
local report = require "almanac.observe.canary.report"
local scrape = require "almanac.observe.canary.scrape"
local watch_of = require "almanac.observe.canary.watch"

local M = {}

--- Values of `bad` that are tried, as multiples of what is tolerated; of a gauge, of the declared distance.
local TRIED = { 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10 }

--- A watch that takes samples until it is over. Pure.
local function follow(spec, begin, bounds, samples)
  local watch = watch_of.new(spec, begin, bounds)
  for _, sample in ipairs(samples) do
    if watch.over then break end
    watch_of.take(watch, sample)
  end
  return watch
end

--- The specification with this metric alone, and another `bad`.
local function alone(spec, metric, bad)
  local one, only = {}, {}
  for key, value in pairs(metric) do one[key] = value end
  for key, value in pairs(spec) do only[key] = value end
  one.bad, one.informational, one.critical = bad, nil, nil
  only.metrics = { one }
  return only
end

--- The least `bad` of those tried by which a metric would have passed, and so shown not to be as bad. Pure.
---@param spec almanac.canary.Spec
---@param metric almanac.canary.Watched
---@param begin integer
---@param bounds table<string, number[]>
---@param samples table[]
---@return number?
local function least_bad(spec, metric, begin, bounds, samples)
  local function bad_of(times)
    if metric.kind == "gauge" then return metric.tolerated + (metric.bad - metric.tolerated) * times / 2 end
    return metric.tolerated * times
  end
  local low, high = 1, #TRIED + 1
  while low < high do -- TRIED[high] passes, or is none; what is below `low` does not
    local middle = (low + high) // 2
    local watch = follow(alone(spec, metric, bad_of(TRIED[middle])), begin, bounds, samples)
    if watch.verdict.verdict == "pass" then high = middle else low = middle + 1 end
  end
  return TRIED[low] and bad_of(TRIED[low])
end

--- What the metrics came to, with the least `bad` of each. Pure.
local function metrics_of(spec, watch, begin, bounds, samples)
  local out, least = report.metrics(watch), {}
  for _, metric in ipairs(spec.metrics) do least[metric.name] = least_bad(spec, metric, begin, bounds, samples) end
  for i, metric in ipairs(watch.metrics) do
    out[i].declared, out[i].least_bad = metric.bad, least[metric.group]
    out[i].seen = report.seen(metric, watch.seen[metric.name])
  end
  return out
end

--- What a comparison would have come to. Pure.
---@param spec almanac.canary.Spec checked
---@param begin integer  milliseconds since 1970
---@param bounds table<string, number[]>
---@param samples table[]  of scrape.samples
---@return almanac.past.Finding
local function judge(spec, begin, bounds, samples)
  local watch = follow(spec, begin, bounds, samples)
  local verdict = watch.over and watch.verdict.verdict or "not over"
  local why = verdict == "pass" and "not as bad as declared, after " .. duration.format(watch_of.watched(watch))
    or report.reason(watch)
  return {
    kind = "canary", name = spec.name, verdict = verdict, at = watch.time / 1000, why = why,
    watched = watch_of.watched(watch), samples = watch.analysis.samples,
    metrics = metrics_of(spec, watch, begin, bounds, samples),
  }
end

local function of_history(spec, past)
  local start = math.floor(past.from * 1000 + 0.5)
  local bounds = reads.bounds(spec, start)
  for _, metric in ipairs(spec.metrics) do
    if metric.kind == "latency" and #bounds[metric.name] == 0 then
      return { kind = "canary", name = spec.name, verdict = "no data", metrics = {},
        why = string.format("%s: the baseline has no requests in the %s before", metric.name, duration.format(spec.history)) }
    end
  end
  local begin = start + math.floor(spec.warm_up * 1000)
  local every = math.max(1, math.floor(spec.interval * 1000 + 0.5))
  local to = past:ending(spec.warm_up + spec.horizon) * 1000
  local times = { begin }
  while times[#times] + every <= to do times[#times + 1] = times[#times] + every end
  if #times < 2 then
    return { kind = "canary", name = spec.name, verdict = "not over", why = "the window is shorter than an interval", metrics = {} }
  end
  return judge(spec, begin, bounds, scrape.samples(spec, bounds, times, reads.asker(spec, times)))
end

--- Judges a comparison, and adds it to what was found.
---@param spec almanac.canary.Spec checked
---@param past almanac.Past
---@param path string
---@return table  what a comparison returns that passed: the script goes on
function M.find(spec, past, path)
  local ok, finding = errors.try(of_history, spec, past)
  if not ok then
    if finding.kind ~= "prom" then error(finding, 0) end
    finding = { kind = "canary", name = spec.name, verdict = "error", why = tostring(finding.message), metrics = {} }
  end
  past:add(path, finding)
  return { verdict = "pass", watched = finding.watched or 0, samples = finding.samples or 0, metrics = finding.metrics }
end

return M

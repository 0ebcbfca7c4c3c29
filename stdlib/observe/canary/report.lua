--- A comparison in words: the line while it is watched, what is said at its end, and both arms' numbers. Pure.
local duration = require "almanac.base.duration"
local watch_of = require "almanac.observe.canary.watch"

local M = {}

local function number(value)
  if value == math.floor(value) and math.abs(value) < 1e15 then return string.format("%.0f", value) end
  return string.format("%.4g", value)
end

local function percent(events, requests)
  if requests == 0 then return "no requests" end
  return string.format("%.3g %%", 100 * events / requests)
end

--- What was seen of a metric, as plain data.
---@param metric almanac.canary.Metric
---@param seen table
---@return { canary: table?, baseline: table? } arms  events and requests of a count, the mean of a gauge
local function arms_of(metric, seen)
  if seen.samples == 0 then return {} end
  if metric.kind == "gauge" then
    return { canary = { mean = seen.canary / seen.samples }, baseline = { mean = seen.baseline / seen.samples } }
  end
  return {
    canary = { events = seen.canary_events, requests = seen.canary_requests },
    baseline = { events = seen.baseline_events, requests = seen.baseline_requests },
  }
end

--- "5 % against 0.2 %"
---@param metric almanac.canary.Metric
---@param seen table  sums of its samples
---@return string
function M.seen(metric, seen)
  local arms = arms_of(metric, seen)
  if not arms.canary then return "nothing of both arms" end
  local function one(arm)
    if metric.kind == "gauge" then return number(arm.mean) end
    return percent(arm.events, arm.requests)
  end
  return one(arms.canary) .. " against " .. one(arms.baseline)
end

--- "canary 45 of 900 requests (5 %), baseline 13 of 8000 (0.16 %)"
local function long(metric, seen)
  local arms = arms_of(metric, seen)
  if not arms.canary then return "no sample of both arms" end
  if metric.kind == "gauge" then
    return string.format("canary %s, baseline %s on average", number(arms.canary.mean), number(arms.baseline.mean))
  end
  return string.format("canary %s of %s requests (%s), baseline %s of %s (%s)", number(arms.canary.events),
    number(arms.canary.requests), percent(arms.canary.events, arms.canary.requests), number(arms.baseline.events),
    number(arms.baseline.requests), percent(arms.baseline.events, arms.baseline.requests))
end

local function odds(log_evidence)
  return string.format("%.2g to 1", math.exp(math.min(log_evidence, 700)))
end

--- Where a metric stands: its verdict, or which way the evidence goes.
local function standing(one)
  if one.verdict ~= "inconclusive" then return one.verdict end
  local most = math.max(one.fail, one.pass)
  if most <= 0 then return "open" end
  return (one.fail > one.pass and "bad " or "good ") .. odds(most)
end

--- The state in one line: `2m15s of 10m: errors 5 % against 0.2 % (bad 4.1 to 1)`.
---@param watch almanac.canary.Watch
---@return string
function M.line(watch)
  local parts = {}
  for i, metric in ipairs(watch.metrics) do
    parts[i] = string.format("%s %s (%s)", metric.name, M.seen(metric, watch.seen[metric.name]), standing(watch.verdict.metrics[i]))
  end
  return string.format("%s of %s: %s", duration.format(watch_of.watched(watch)), duration.format(watch.spec.horizon),
    table.concat(parts, ", "))
end

--- What both arms gave in one sample, for a plan.
---@param watch almanac.canary.Watch  with one sample
---@return string text
---@return boolean whole  every metric that decides has a sample
function M.once(watch)
  local parts, whole = {}, true
  for i, metric in ipairs(watch.metrics) do
    local seen = watch.seen[metric.name]
    parts[i] = metric.name .. ": " .. long(metric, seen)
    whole = whole and (seen.samples > 0 or metric.informational == true)
  end
  return table.concat(parts, "; "), whole
end

--- Every metric at the end, as plain data: what a script is given, and an error carries.
---@param watch almanac.canary.Watch
---@return table[]
function M.metrics(watch)
  local out = {}
  for i, metric in ipairs(watch.metrics) do
    local one, arms = watch.verdict.metrics[i], arms_of(metric, watch.seen[metric.name])
    out[i] = {
      name = metric.name, verdict = one.verdict, why = one.why, rule = one.rule, evidence = { bad = one.fail, good = one.pass },
      canary = arms.canary, baseline = arms.baseline, informational = metric.informational or nil,
    }
  end
  return out
end

local function queries_of(watch, wanted)
  local out = {}
  for _, metric in ipairs(watch.spec.metrics) do
    local sources = {}
    for source in pairs(wanted[metric.name] and metric.queries or {}) do sources[#sources + 1] = source end
    table.sort(sources)
    for _, source in ipairs(sources) do
      for _, arm in ipairs { "canary", "baseline" } do
        out[#out + 1] = string.format("%s, %s of the %s: %s", metric.name, source, arm, metric.queries[source][arm])
      end
    end
  end
  return table.concat(out, "\n")
end

--- What is said of a verdict that is no pass: which metrics it comes from, their evidence, both arms' numbers, and their
--- queries.
---@param watch almanac.canary.Watch
---@return string why
---@return string queries
function M.reason(watch)
  local parts, wanted = {}, {}
  for i, metric in ipairs(watch.metrics) do
    local one = watch.verdict.metrics[i]
    -- One that failed, and was of too little weight to fail the canary, is told of whatever the verdict is.
    if (one.verdict == watch.verdict.verdict or one.verdict == "fail") and not metric.informational then
      wanted[metric.group] = true
      parts[#parts + 1] = string.format("%s: %s; %s", metric.name, one.why, long(metric, watch.seen[metric.name]))
    end
  end
  local decided = watch.verdict.verdict == "fail" and string.format(" (after %s)", duration.format(watch_of.watched(watch))) or ""
  return table.concat(parts, "; ") .. decided, queries_of(watch, wanted)
end

return M

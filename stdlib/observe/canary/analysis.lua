--- The verdict about a canary, from the evidence of its metrics. It may be read at any time, stopped at any time, and
--- made again from the same samples: a state is plain data, and samples lead to the same state bit for bit.
---
--- Each metric gathers evidence that the canary is worse than tolerated (fail) and that it is not as bad as declared
--- (pass). A metric fails at log(1/alpha) and passes at log(1/beta), whichever comes first. Alpha is shared by weight
--- over the metrics that decide, which holds under any dependence between them (a union bound); a pass needs them all.
--- Pure.
local counts = require "almanac.observe.canary.counts"
local gauges = require "almanac.observe.canary.gauges"

local M = {}

---@class almanac.canary.Metric
---@field name string
---@field kind "count"|"gauge"
---@field tolerated number  r0: of counts a ratio (1: no worse), of gauges a difference in their unit
---@field bad number        r1: certainly bad; above `tolerated`
---@field worse? "higher"|"lower"  which direction is the bad one; default "higher"
---@field weight? number    share of alpha and of the verdict; default 1
---@field group? string     metrics of one group are one: it fails when any of them does, and passes when all do
---@field critical? boolean       fails the canary alone
---@field informational? boolean  is shown, and decides nothing
---@field min_requests? number    of counts: below this in either arm there is no data; default 30

---@class almanac.canary.MetricVerdict
---@field name string
---@field verdict "pass"|"fail"|"inconclusive"|"no data"
---@field why string
---@field fail number  log evidence
---@field pass number
---@field rule string  how it was judged: counts, tempered, means, blocks
---@field decided? integer  samples after which it was decided

---@class almanac.canary.Analysis
---@field metrics almanac.canary.Metric[]
---@field alpha number
---@field beta number
---@field samples integer
---@field states table<string, table>
---@field decided table<string, almanac.canary.MetricVerdict>

---@param metrics almanac.canary.Metric[]
---@param alpha? number  chance of failing a canary that is not worse than tolerated; default 0.05
---@param beta? number   chance of passing one that is as bad as declared; default 0.05
---@return almanac.canary.Analysis
function M.new(metrics, alpha, beta)
  local states = {}
  for _, metric in ipairs(metrics) do
    states[metric.name] = metric.kind == "gauge" and gauges.new(metric.worse or "higher", metric.tolerated, metric.bad)
      or counts.new(metric.tolerated, metric.bad)
  end
  return { metrics = metrics, alpha = alpha or 0.05, beta = beta or 0.05, samples = 0, states = states, decided = {} }
end

local function decides(metric)
  return not metric.informational
end

local function weight_of(metric)
  return metric.weight or 1
end

local function deciding_weight(analysis)
  local sum = 0
  for _, metric in ipairs(analysis.metrics) do
    if decides(metric) then sum = sum + weight_of(metric) end
  end
  return sum
end

--- log(1/alpha) of one metric. An informational one is judged as if it were alone.
local function fail_bound(analysis, metric)
  local share = decides(metric) and weight_of(metric) / deciding_weight(analysis) or 1
  return -math.log(analysis.alpha * share)
end

--- The log evidence at which a metric fails, and that at which it passes.
---@param analysis almanac.canary.Analysis
---@param metric almanac.canary.Metric
---@return number fail
---@return number pass
function M.bounds(analysis, metric)
  return fail_bound(analysis, metric), -math.log(analysis.beta)
end

local function exposure(metric, state)
  if metric.kind == "gauge" then return nil end
  local least, at_least = math.min(state.requests.canary, state.requests.baseline), metric.min_requests or 30
  if least >= at_least then return nil end
  return string.format("%.0f requests in one arm; at least %d", least, at_least)
end

--- How many more events (or samples) it would take at the pace so far; nil where no pace can be seen.
local function more(evidence, bound, seen)
  if evidence <= 0 or seen == 0 then return nil end
  return math.ceil((bound - evidence) * seen / evidence)
end

local function undecided(analysis, metric, state, evidence)
  local bound, passed = fail_bound(analysis, metric), -math.log(analysis.beta)
  local seen = metric.kind == "gauge" and #state.differences or state.events.canary + state.events.baseline
  local to_fail, to_pass = more(evidence.fail, bound, seen), more(evidence.pass, passed, seen)
  local least = to_fail and to_pass and math.min(to_fail, to_pass) or to_fail or to_pass
  local unit = metric.kind == "gauge" and "samples" or "events"
  if not least then return string.format("neither worse nor good after %.0f %s", seen, unit) end
  return string.format("after %.0f %s; about %.0f more would tell", seen, unit, least)
end

local function judge(analysis, metric)
  local state = analysis.states[metric.name]
  local out = { name = metric.name, verdict = "no data", fail = 0.0, pass = 0.0, rule = "none" }
  out.why = exposure(metric, state)
  if out.why then return out end
  local evidence, missing
  if metric.kind == "gauge" then evidence, missing = gauges.evidence(state) else evidence = counts.evidence(state) end
  if not evidence then
    if #state.differences == 0 then
      out.why = "no sample of both arms"
    else
      out.verdict, out.why = "inconclusive", string.format("about %d more samples are needed, for they hang together", missing)
    end
    return out
  end
  out.fail, out.pass, out.rule = evidence.fail, evidence.pass, evidence.rule
  if evidence.fail >= fail_bound(analysis, metric) then
    out.verdict, out.why = "fail", string.format("worse than tolerated (evidence %.3g to 1)", math.exp(evidence.fail))
  elseif evidence.pass >= -math.log(analysis.beta) then
    out.verdict, out.why = "pass", string.format("not as bad as declared (evidence %.3g to 1)", math.exp(evidence.pass))
  else
    out.verdict, out.why = "inconclusive", undecided(analysis, metric, state, evidence)
  end
  return out
end

--- Counts of which fewer are worse are those of which more are worse with the arms changed.
local function mirrored(value)
  return { canary_events = value.baseline_events, canary_requests = value.baseline_requests,
    baseline_events = value.canary_events, baseline_requests = value.canary_requests }
end

--- Takes one sample of every metric; one that has none now is left out.
---@param analysis almanac.canary.Analysis
---@param sample table<string, table>  of counts: { canary_events, canary_requests, baseline_events, baseline_requests };
---  of gauges: { canary, baseline }
function M.add(analysis, sample)
  analysis.samples = analysis.samples + 1
  for _, metric in ipairs(analysis.metrics) do
    local name, value = metric.name, sample[metric.name]
    if value and metric.kind == "gauge" then
      gauges.add(analysis.states[name], value.canary, value.baseline)
    elseif value then
      counts.add(analysis.states[name], metric.worse == "lower" and mirrored(value) or value)
    end
    if value and not analysis.decided[name] then -- the first crossing counts: what comes after cannot take it back
      local verdict = judge(analysis, metric)
      if verdict.verdict == "pass" or verdict.verdict == "fail" then
        verdict.decided = analysis.samples
        analysis.decided[name] = verdict
      end
    end
  end
end

--- The verdict of every metric, in their order.
---@param analysis almanac.canary.Analysis
---@return almanac.canary.MetricVerdict[]
function M.metrics(analysis)
  local out = {}
  for i, metric in ipairs(analysis.metrics) do out[i] = analysis.decided[metric.name] or judge(analysis, metric) end
  return out
end

--- What a metric's verdict does to that of its group.
local RANK = { fail = 4, ["no data"] = 3, inconclusive = 2, pass = 1 }

--- The metrics that decide, groups as one: the worst verdict of its members is a group's.
---@return { name: string, verdict: string, why: string, weight: number, critical: boolean? }[]
local function groups_of(analysis, verdicts)
  local out, by_name = {}, {}
  for i, metric in ipairs(analysis.metrics) do
    if decides(metric) then
      local name, one = metric.group or metric.name, verdicts[i]
      local group = by_name[name]
      if not group then
        group = { name = name, verdict = "pass", why = one.why, weight = 0 }
        by_name[name], out[#out + 1] = group, group
      end
      group.weight, group.critical = group.weight + weight_of(metric), group.critical or metric.critical
      if RANK[one.verdict] > RANK[group.verdict] then group.verdict, group.why = one.verdict, one.why end
    end
  end
  return out
end

local function weights_by_verdict(groups)
  local weights, total = { pass = 0, fail = 0, inconclusive = 0, ["no data"] = 0 }, 0
  for _, group in ipairs(groups) do
    weights[group.verdict], total = weights[group.verdict] + group.weight, total + group.weight
  end
  return weights, total
end

--- The verdict about the canary so far: "fail" when a critical metric fails, or metrics of at least half of the weight;
--- "pass" when every deciding metric passes; else "no data" where one has none, or "inconclusive".
---@param analysis almanac.canary.Analysis
---@return { verdict: "pass"|"fail"|"inconclusive"|"no data", why: string, metrics: almanac.canary.MetricVerdict[] }
function M.verdict(analysis)
  local verdicts = M.metrics(analysis)
  local groups = groups_of(analysis, verdicts)
  local weights, total = weights_by_verdict(groups)
  local out = { verdict = "inconclusive", metrics = verdicts }
  local function name(verdict)
    local names = {}
    for _, group in ipairs(groups) do
      if group.verdict == verdict then names[#names + 1] = group.name end
    end
    return table.concat(names, ", ")
  end
  for _, group in ipairs(groups) do
    if group.critical and group.verdict == "fail" then
      out.verdict, out.why = "fail", group.name .. ", which is critical: " .. group.why
      return out
    end
  end
  if total == 0 then
    out.verdict, out.why = "no data", "no metric decides"
  elseif weights.fail * 2 >= total and weights.fail > 0 then
    out.verdict, out.why = "fail", name "fail"
  elseif weights.pass > 0 and weights.fail + weights.inconclusive + weights["no data"] == 0 then
    out.verdict, out.why = "pass", name "pass"
  elseif weights["no data"] > 0 then
    out.verdict, out.why = "no data", name "no data"
  else
    out.why = name(weights.fail > 0 and "fail" or "inconclusive")
  end
  return out
end

return M

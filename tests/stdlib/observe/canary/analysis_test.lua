-- The verdict about a canary from its metrics: who decides, what is missing, and that a resume changes nothing.
local analysis = require "almanac.observe.canary.analysis"
local counter = require "almanac.observe.canary.counter"
local json = require "native.json"
local simulate = require "tests.stdlib.observe.canary.simulate"
local t = require "tests.harness"

local function errors_metric(more)
  local metric = { name = "errors", kind = "count", tolerated = 1, bad = 1.5 }
  for key, value in pairs(more or {}) do metric[key] = value end
  return metric
end

local function events(random, ratio)
  return { canary_events = random.poisson(5 * ratio), canary_requests = 100, baseline_events = random.poisson(45), baseline_requests = 900 }
end

local function feed(a, seed, samples, ratios)
  local random = simulate.new(seed)
  for _ = 1, samples do
    local sample = {}
    for _, metric in ipairs(a.metrics) do sample[metric.name] = events(random, ratios[metric.name]) end
    analysis.add(a, sample)
  end
  return analysis.verdict(a)
end

t.test("an equal canary passes, a bad one fails, and when is kept", function()
  t.eq(feed(analysis.new { errors_metric() }, 1, 120, { errors = 1 }).verdict, "pass")
  local verdict = feed(analysis.new { errors_metric() }, 1, 120, { errors = 3 })
  t.eq(verdict.verdict, "fail")
  t.ok(verdict.metrics[1].decided < 30)
  t.has(verdict.metrics[1].why, "worse than tolerated")
end)

t.test("a critical metric fails alone, one of little weight does not, an informational one decides nothing", function()
  local latency = errors_metric { name = "latency", weight = 3 }
  local ratios = { errors = 4, latency = 1 }
  t.eq(feed(analysis.new { errors_metric { critical = true }, latency }, 2, 120, ratios).verdict, "fail")
  local light = feed(analysis.new { errors_metric(), latency }, 2, 120, ratios)
  t.eq(light.verdict, "inconclusive")
  t.eq(light.why, "errors")
  t.eq(feed(analysis.new { errors_metric { informational = true }, latency }, 2, 120, ratios).verdict, "pass")
end)

t.test("nothing asked, nothing said: no data", function()
  local a = analysis.new { errors_metric(), { name = "memory", kind = "gauge", tolerated = 0, bad = 1 } }
  t.eq(analysis.verdict(a).verdict, "no data")
  analysis.add(a, { errors = { canary_events = 0, canary_requests = 3, baseline_events = 0, baseline_requests = 900 } })
  local verdict = analysis.verdict(a)
  t.eq(verdict.metrics[1].why, "3 requests in one arm; at least 30")
  t.eq(verdict.metrics[2].why, "no sample of both arms")
end)

t.test("too early to tell says how much more it would take", function()
  local verdict = feed(analysis.new { errors_metric() }, 3, 12, { errors = 1 })
  t.eq(verdict.verdict, "inconclusive")
  t.ok(verdict.metrics[1].why:find "^after %d+ events; about %d+ more would tell$" or
    verdict.metrics[1].why:find "^neither worse nor good after %d+ events$", verdict.metrics[1].why)
end)

t.test("cut off after any sample and taken up again, the analysis is the same bit for bit", function()
  local function fresh()
    return analysis.new { errors_metric(), { name = "memory", kind = "gauge", tolerated = 0.1, bad = 1.0 } }
  end
  local random, samples = simulate.new(9), {}
  for i = 1, 60 do
    samples[i] = { errors = events(random, 1.2), memory = { canary = random.normal() + 0.3, baseline = random.normal() } }
  end
  local whole = fresh()
  for _, sample in ipairs(samples) do analysis.add(whole, sample) end
  for cut = 1, 59, 7 do
    local first = fresh()
    for i = 1, cut do analysis.add(first, samples[i]) end
    local second = json.decode(json.encode(first))
    for i = cut + 1, 60 do analysis.add(second, samples[i]) end
    t.eq(analysis.verdict(second), analysis.verdict(whole), "cut after " .. cut)
  end
end)

t.test("counters: resets, new series, gaps", function()
  t.eq(counter.delta(10, 12), 2)
  t.eq(counter.delta(10, 3), 3)
  t.eq(counter.growth({ a = { [1] = 5, [2] = 8, [3] = 1 }, b = { [2] = 100, [3] = 104 } }, { 1, 2, 3, 4 }), { [2] = 3.0, [3] = 5.0 })
end)

-- A comparison from its declaration to its verdict, without a clock or a Prometheus: what is refused, which samples the
-- raw series give, which bounds are taken, when it is over and what is said then.
local bounds = require "almanac.observe.canary.bounds"
local json = require "native.json"
local report = require "almanac.observe.canary.report"
local scrape = require "almanac.observe.canary.scrape"
local simulate = require "tests.stdlib.observe.canary.simulate"
local specs = require "almanac.observe.canary.spec"
local t = require "tests.harness"
local watch_of = require "almanac.observe.canary.watch"

local function spec_with(metric, more)
  local raw = { baseline = { arm = "old" }, canary = { arm = "new" }, horizon = "1m", interval = "1s", metrics = { metric } }
  for key, value in pairs(more or {}) do raw[key] = value end
  return raw
end

local function errors_metric(more)
  local metric = { name = "errors", kind = "count", events = 'x_total{s="e"}', requests = "x_total", bad = 2 }
  for key, value in pairs(more or {}) do metric[key] = value end
  return metric
end

local LATENCY = { name = "latency", kind = "latency", buckets = "d_bucket", bad = 2 }

t.test("a declaration has its defaults, and the queries of both arms", function()
  local spec = specs.check(spec_with(errors_metric()))
  t.eq(spec.horizon, 60)
  t.eq(spec.metrics[1].tolerated, 1)
  t.eq(spec.metrics[1].queries, {
    events = { baseline = 'x_total{s="e",arm="old"}', canary = 'x_total{s="e",arm="new"}' },
    requests = { baseline = 'x_total{arm="old"}', canary = 'x_total{arm="new"}' },
  })
  t.eq(specs.check(spec_with { name = "m", kind = "gauge", value = { baseline = "max(a)", canary = "max(b)" }, bad = 1 }).metrics[1]
    .queries.value, { baseline = "max(a)", canary = "max(b)" })
end)

t.test("what cannot be is refused, by name", function()
  for _, case in ipairs {
    { spec_with(errors_metric { bad = 1 }), "bad (1) must be above tolerated (1)" },
    { spec_with(errors_metric { events = "rate(x[5m])" }), "events is no selector" },
    { spec_with(errors_metric { events = { baseline = "x" } }), "events.canary must be PromQL text" },
    { spec_with(errors_metric { events = { baseline = "x", canary = "y", other = "z" } }), "events.other is none of its arms" },
    { spec_with(errors_metric { value = "x" }), "a count has no value" },
    { spec_with(errors_metric { informational = true }), "every metric is informational" },
    { spec_with(errors_metric { critical = true, informational = true }), "critical, or informational" },
    { spec_with { name = "m", kind = "gauge", bad = 1 }, "a gauge needs value" },
    { spec_with(errors_metric(), { canary = "arm" }), "canary must be matchers of labels" },
    { spec_with(errors_metric(), { metrics = { errors_metric(), errors_metric() } }), "two of this name" },
    { spec_with(errors_metric(), { horizon = "10ms" }), "horizon must be at least one interval" },
    { spec_with(errors_metric { wieght = 2 }), 'metrics[1]: no option "wieght"; did you mean weight?' },
    { { canary = { a = "b" }, horizon = 5, interval = 1, metrics = { errors_metric() } }, "no labels of the baseline are given" },
  } do
    t.has(t.raises("usage", specs.check, case[1]).message, case[2])
  end
end)

--- Series of a range query: { labels, { [seconds] = value } }.
local function answers(by_query)
  return function(query)
    local out = {}
    for i, one in ipairs(by_query[query] or {}) do
      local points = {}
      for time, value in pairs(one[2]) do points[#points + 1] = { time = time, value = value } end
      out[i] = { labels = one[1], points = points }
    end
    return out
  end
end

t.test("both arms are taken at the same scrapes; resets, and errors that nobody has had yet", function()
  local spec = specs.check(spec_with(errors_metric()))
  local samples = scrape.samples(spec, {}, { 1000, 2000, 3000, 4000 }, answers {
    ['x_total{arm="old"}'] = { { { pod = "a" }, { [1] = 10, [2] = 30, [3] = 5, [4] = 6 } }, { { pod = "b" }, { [1] = 1, [2] = 2 } } },
    ['x_total{s="e",arm="old"}'] = { { { pod = "a" }, { [1] = 1, [2] = 3, [3] = 1, [4] = 1 } } },
    ['x_total{arm="new"}'] = { { {}, { [1] = 0, [2] = 7, [3] = 9 } } },
  })
  t.eq(samples, {
    { time = 2000, values = { errors = { baseline_events = 2.0, baseline_requests = 21.0, canary_events = 0.0, canary_requests = 7.0 } } },
    { time = 3000, values = { errors = { baseline_events = 1.0, baseline_requests = 5.0, canary_events = 0.0, canary_requests = 2.0 } } },
    { time = 4000, values = {} },
  })
end)

t.test("a gauge is the mean of its series; NaN is no value", function()
  local spec = specs.check(spec_with { name = "m", kind = "gauge", value = "g", bad = 1 })
  local samples = scrape.samples(spec, {}, { 1000, 2000 }, answers {
    ['g{arm="old"}'] = { { { pod = "a" }, { [2] = 1 } }, { { pod = "b" }, { [2] = 4 } }, { { pod = "c" }, { [2] = 0 / 0 } } },
    ['g{arm="new"}'] = { { {}, { [2] = 3 } } },
  })
  t.eq(samples[1].values, { m = { baseline = 2.5, canary = 3.0 } })
end)

--- A histogram's series that grow by these numbers within each bound.
local function histogram(grown)
  local out = {}
  for le, per_scrape in pairs(grown) do out[#out + 1] = { { le = le }, { [1] = 100, [2] = 100 + per_scrape } } end
  return out
end

t.test("a latency is the requests above its bounds; a bucket that one arm has not gives no sample", function()
  local spec = specs.check(spec_with(LATENCY))
  local samples = scrape.samples(spec, { latency = { 0.1, 0.5 } }, { 1000, 2000 }, answers {
    ['d_bucket{arm="old"}'] = histogram { ["0.1"] = 80, ["0.5"] = 99, ["+Inf"] = 100 },
    ['d_bucket{arm="new"}'] = histogram { ["0.1"] = 4, ["+Inf"] = 10 },
  })
  t.eq(samples[1].values, { ["latency > 0.1"] = { baseline_events = 20.0, baseline_requests = 100.0, canary_events = 6.0,
    canary_requests = 10.0 } })
end)

t.test("bounds are the buckets nearest p50, p90 and p99, and such that somebody is above", function()
  local function chosen(grown)
    return bounds.choose(scrape.buckets(answers { q = histogram(grown) } "q"), { 1000, 2000 })
  end
  t.eq(chosen { ["0.01"] = 10, ["0.05"] = 55, ["0.1"] = 88, ["0.5"] = 97, ["1"] = 99, ["5"] = 100, ["+Inf"] = 100 }, { 0.05, 0.1, 1.0 })
  t.eq(chosen { ["0.05"] = 95, ["0.1"] = 100, ["+Inf"] = 100 }, { 0.05 })
  t.eq(chosen { ["0.05"] = 100, ["0.1"] = 100, ["+Inf"] = 100 }, { 0.05 })
  t.eq(chosen { ["0.05"] = 0, ["+Inf"] = 0 }, {})
  t.eq(chosen { ["+Inf"] = 7 }, {})
end)

local function sample(random, time, ratio)
  return { time = time, values = { errors = { baseline_events = random.poisson(45) + 0.0, baseline_requests = 900.0,
    canary_events = random.poisson(5 * ratio) + 0.0, canary_requests = 100.0 } } }
end

local function watched(ratio, samples, spec)
  local random, watch = simulate.new(4), watch_of.new(spec or specs.check(spec_with(errors_metric())), 10000, {})
  for i = 1, samples or 60 do
    if watch.over then break end
    watch_of.take(watch, sample(random, 10000 + i * 1000, ratio))
  end
  return watch
end

t.test("samples are due at fixed times, one interval later, until the horizon", function()
  local watch = watch_of.new(specs.check(spec_with(errors_metric())), 10000, {})
  t.eq(watch_of.next_due(watch), 12000)
  t.eq(watch_of.due(watch, 11999), { 10000 })
  t.eq(watch_of.due(watch, 13000), { 10000, 11000, 12000 })
  local all = watch_of.due(watch, 1000000)
  t.eq({ #all, all[61] }, { 61, 70000 })
end)

t.test("a bad canary ends early, and the words have evidence, both arms and the queries", function()
  local watch = watched(4)
  t.eq({ watch.over, watch.verdict.verdict }, { true, "fail" })
  t.ok(watch_of.watched(watch) < 30)
  local why, queries = report.reason(watch)
  t.ok(why:find "^errors: worse than tolerated %(evidence %S+ to 1%); canary %d+ of %d+ requests %(%S+ %%%), baseline %d+ of %d+ ", why)
  t.has(queries, 'errors, events of the canary: x_total{s="e",arm="new"}')
  t.has(report.line(watch), "s of 1m: errors ")
  t.has(report.line(watch), "(fail)")
end)

t.test("too little by the horizon is inconclusive, nothing is no data", function()
  local spec = specs.check(spec_with(errors_metric { bad = 1.2 }, { horizon = "12s" }))
  local open = watched(1.1, 60, spec)
  t.eq({ open.over, open.verdict.verdict, watch_of.watched(open) }, { true, "inconclusive", 12.0 })
  t.has((report.reason(open)), "events")
  local silent = watch_of.new(spec, 0, {})
  for i = 1, 12 do watch_of.take(silent, { time = i * 1000, values = {} }) end
  t.eq({ silent.over, silent.verdict.verdict }, { true, "no data" })
  t.has((report.reason(silent)), "no sample of both arms")
end)

t.test("a latency is one metric: any of its bounds fails it, all pass it", function()
  local spec = specs.check(spec_with(errors_metric(), { metrics = { errors_metric(), LATENCY } }))
  local watch, random = watch_of.new(spec, 0, { latency = { 0.1, 1 } }), simulate.new(7)
  for i = 1, 60 do
    local one = sample(random, i * 1000, 1)
    one.values["latency > 0.1"] = sample(random, 0, 1).values.errors
    one.values["latency > 1"] = sample(random, 0, 5).values.errors
    if not watch.over then watch_of.take(watch, one) end
  end
  t.eq(watch.verdict.verdict, "fail")
  t.eq(watch.verdict.why, "latency")
  t.has((report.reason(watch)), "latency > 1: worse")
end)

t.test("one that fails and is too light to fail the canary is told of", function()
  local heavy = errors_metric { name = "timeouts", weight = 3 }
  local spec = specs.check(spec_with(errors_metric(), { metrics = { errors_metric(), heavy } }))
  local watch, random = watch_of.new(spec, 0, {}), simulate.new(8)
  for i = 1, 60 do
    local one = sample(random, i * 1000, 4)
    one.values.timeouts = sample(random, 0, 1).values.errors
    if not watch.over then watch_of.take(watch, one) end
  end
  t.eq(watch.verdict.verdict, "inconclusive")
  t.has((report.reason(watch)), "errors: worse than tolerated")
end)

local function exactly(value)
  return json.encode(value, { canonical = true })
end

t.test("journalled and taken up after any sample, it is the same bit for bit", function()
  local spec = specs.check(spec_with(errors_metric { bad = 1.5 }))
  local random, samples, whole = simulate.new(3), {}, watch_of.new(spec, 0, {})
  for i = 1, 60 do samples[i] = sample(random, i * 1000, 1.2) end
  for i = 1, 60 do
    if not whole.over then watch_of.take(whole, samples[i]) end
  end
  for cut = 1, 59, 9 do
    local again = watch_of.new(spec, 0, {})
    for i = 1, 60 do
      if not again.over then watch_of.take(again, i <= cut and json.decode(json.encode(samples[i])) or samples[i]) end
    end
    t.eq(exactly(report.metrics(again)), exactly(report.metrics(whole)), "cut after " .. cut)
  end
end)

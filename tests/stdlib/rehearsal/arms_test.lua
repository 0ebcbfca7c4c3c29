-- The arms of a canary in a rehearsal: equal, until a fault makes one worse; what was is the same whenever it is asked for.
local arms = require "almanac.rehearsal.arms"
local scrape = require "almanac.observe.canary.scrape"
local bounds_of = require "almanac.observe.canary.bounds"
local specs = require "almanac.observe.canary.spec"
local t = require "tests.harness"
local watch_of = require "almanac.observe.canary.watch"

local BEGIN, SAMPLES = 1.8e9, 200

local function same(query) return query end

local function compare(metrics, more)
  local raw = { baseline = 'track="stable"', canary = { namespace = "shop", track = "canary" }, horizon = SAMPLES * 15, metrics = metrics }
  for key, value in pairs(more or {}) do raw[key] = value end
  local spec = specs.check(raw)
  return spec, arms.new(spec, same)
end

--- The series that a query has at these times, as Prometheus gives them.
local function asker(comparison, times)
  return function(query)
    local answer, by_bound = comparison:answer(query), {}
    for _, time in ipairs(times) do
      local got = answer(time / 1000)
      for _, one in ipairs(type(got) == "table" and got or { { value = got } }) do
        local key = one.le or ""
        by_bound[key] = by_bound[key] or { labels = { le = one.le }, points = {} }
        table.insert(by_bound[key].points, { time = time / 1000, value = one.value })
      end
    end
    local out = {}
    for _, series in pairs(by_bound) do out[#out + 1] = series end
    return out
  end
end

--- What the comparison comes to.
local function judge(spec, comparison)
  local times, bounds = { BEGIN * 1000 }, {}
  for i = 1, SAMPLES do times[i + 1] = times[1] + i * 15000 end
  local ask = asker(comparison, times)
  for _, metric in ipairs(spec.metrics) do
    if metric.kind == "latency" then
      bounds[metric.name] = metric.bounds or bounds_of.choose(scrape.buckets(ask(metric.queries.buckets.baseline)), times)
    end
  end
  local watch = watch_of.new(spec, times[1], bounds)
  for _, sample in ipairs(scrape.samples(spec, bounds, times, ask)) do
    if not watch.over then watch_of.take(watch, sample) end
  end
  return watch.verdict.verdict, watch.analysis.samples
end

-- Each is so declared that it has to be judged by itself.
local METRICS = {
  { kind = "count", events = "errors", requests = "all", bad = 1.5 },
  { kind = "count", events = "errors", requests = "all", tolerated = 2, bad = 30 },
  { kind = "count", events = "errors", requests = "all", tolerated = 0.5, bad = 0.9 },
  { kind = "count", events = "hits", requests = "all", worse = "lower", bad = 2 },
  { kind = "count", events = "hits", requests = "all", worse = "lower", tolerated = 0.02, bad = 0.5 },
  { kind = "latency", buckets = "seconds_bucket", bad = 1.5 },
  { kind = "latency", buckets = "seconds_bucket", bounds = { 7, 0.3 }, bad = 4 },
  { kind = "gauge", value = "memory", bad = 2 ^ 28 },
  { kind = "gauge", value = "peers", worse = "lower", tolerated = 1, bad = 3 },
}

t.test("equal arms pass, a worse one fails, of every kind of metric", function()
  for i, metric in ipairs(METRICS) do
    metric.name = "m"
    local spec, comparison = compare { metric }
    local verdict, samples = judge(spec, comparison)
    t.eq(verdict, "pass", i .. ": equal")
    t.ok(samples <= 60, i .. ": after " .. samples)
    comparison:look(BEGIN, { m = true }, {})
    t.eq(judge(spec, comparison), "fail", i .. ": worse")
  end
end)

t.test("what an arm had does not change when it becomes worse, and when it is over it is as good as before", function()
  local _, comparison = compare { { name = "m", kind = "count", events = "errors", requests = "all", bad = 2 } }
  local events = comparison:answer 'errors{namespace="shop",track="canary"}'
  local before, after = events(BEGIN), events(BEGIN + 10)
  comparison:look(BEGIN, { m = true }, {})
  comparison:look(BEGIN + 10, {}, {})
  t.eq(events(BEGIN), before)
  t.eq(events(BEGIN + 10) - before, 3 * (after - before))
  t.eq(events(BEGIN + 20) - events(BEGIN + 10), after - before)
  t.eq(comparison:answer "other", nil)
end)

local function pod(track, ready, restarts)
  return { metadata = { name = "p-" .. track, uid = track, namespace = "shop", labels = { track = track } }, spec = {},
    status = { phase = "Running", containerStatuses = { { restartCount = restarts or 0 } },
      conditions = { { type = "Ready", status = ready and "True" or "False" } } } }
end

t.test("an arm is worse while a pod of it fell, and not while one comes up", function()
  local function is_worse(labels, ...)
    local spec, comparison = compare({ { name = "m", kind = "count", events = "errors", requests = "all", bad = 2 } }, { canary = labels })
    for i, list in ipairs { ... } do comparison:look(BEGIN + i - 10, {}, list) end
    local query = spec.metrics[1].queries.events.canary
    local events = comparison:answer(query)
    return events(BEGIN + 10) - events(BEGIN) > 2 * 200
  end
  local CANARY = { namespace = "shop", track = "canary" }
  t.eq(is_worse(CANARY, { pod("canary", false) }), false, "it comes up")
  t.eq(is_worse(CANARY, { pod("canary", true) }, { pod("canary", false) }), true, "it was up")
  t.eq(is_worse(CANARY, { pod("canary", false, 1) }), true, "it was started again")
  t.eq(is_worse(CANARY, { pod("canary", false, 1) }, { pod("canary", true, 1) }), false, "it is up again")
  t.eq(is_worse(CANARY, { pod("stable", true) }, { pod("stable", false) }), false, "it is one of the other arm")
  t.eq(is_worse("pod=~'p-can.*'", { pod("canary", false, 1) }), true, "by its name")
  t.eq(is_worse({ job = "canary" }, { pod("canary", false, 1) }), false, "which pods these are nobody can tell")
end)

-- A canary beside its baseline on a real Prometheus, which scrapes a server of this test: a bad one is failed, an equal
-- one passes, a silent one is no data; killed in the middle and resumed, the verdict is that of the samples.
local canary_arms = require "tests.canary_arms"
local json = require "native.json"
local process = require "native.process"
local prom = require "almanac.observe.prom"
local report = require "almanac.observe.canary.report"
local scrape = require "almanac.observe.canary.scrape"
local specs = require "almanac.observe.canary.spec"
local t = require "tests.harness"
local watch_of = require "almanac.observe.canary.watch"

local ROOT = process.cwd()
local ALMANAC = ROOT .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"
local EVERY = canary_arms.EVERY

-- What each arm does between two scrapes: requests, and the share of them that fail and that are slow.
local ARMS = {
  ["animica-devnet"] = { requests = 900, failing = 0.05, slow = 0.1 },
  ["animica-canary"] = { requests = 100, failing = 0.05, slow = 0.1 },
  bad = { requests = 100, failing = 0.15, slow = 0.1 }, slow = { requests = 100, failing = 0.05, slow = 0.3 },
  silent = { requests = 0, failing = 0, slow = 0 },
}

local function options(url, canary, more)
  local out = {
    baseline = { namespace = "animica-devnet" }, canary = { namespace = canary }, horizon = 20, interval = EVERY, history = "3s",
    url = url,
    metrics = {
      { name = "errors", kind = "count", events = 'animica_rpc_requests_total{status="error"}', bad = 2, critical = true,
        requests = "animica_rpc_requests_total" },
      { name = "latency", kind = "latency", buckets = "animica_rpc_request_duration_seconds_bucket", bad = 2 },
    },
  }
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

--- A directory with a runbook that compares by these options.
local function runbook(opts)
  local dir = t.tmpdir()
  t.write_file(dir .. "/canary.lua", string.format("return runbook { run = function()\n  canary.compare(json.decode %q)\nend }\n",
    json.encode(opts)))
  return dir
end

local function almanac(dir, ...)
  return t.run({ ALMANAC, ... }, { cwd = dir })
end

--- A world of its own for each case, since all that a case starts ends with it.
local function world()
  local url = canary_arms.start(ARMS)
  t.eventually("every arm was scraped six times", function()
    local found = prom.query("min(count_over_time(animica_rpc_requests_total[1m]))", { url = url }).series[1]
    return found and found.value >= 6
  end)
  return url
end

--- The report computes the evidence once more, from what the journal keeps, and comes to the same.
local function check_report(dir)
  local code, out, err = almanac(dir, "report", "--format", "json")
  t.eq(code, 0, err)
  local canary = json.decode(out).canaries[1]
  t.eq({ canary.verdict, canary.unread }, { "fail" })
  local errors = canary.metrics[1]
  t.eq({ errors.name, errors.verdict, #errors.queries }, { "errors", "fail", 4 })
  t.ok(errors.decided_ms and errors.evidence[#errors.evidence].bad >= errors.fails_at, "it was decided where the evidence says so")
  t.ok(#errors.arms > 0 and errors.arms[1].canary > errors.arms[1].baseline, "both arms are there")
end

t.test("an equal canary passes, one of three times the errors fails, a slow one fails, a silent one is no data", function()
  local url = world()
  local code, out, err = almanac(runbook(options(url, "animica-canary")), "run", "canary.lua")
  t.eq(code, 0, out .. err)
  t.has(err, "of 20s: errors ")
  local bad = runbook(options(url, "bad"))
  code, out, err = almanac(bad, "run", "canary.lua")
  t.eq(code, 1, out .. err)
  check_report(bad)
  t.has(err, 'canary "canary": fail: errors: worse than tolerated (evidence ')
  t.has(err, ' errors, events of the canary: animica_rpc_requests_total{status="error",namespace="bad"}')
  code, out, err = almanac(runbook(options(url, "slow")), "run", "canary.lua")
  t.eq(code, 1, out .. err)
  t.has(err, 'canary "canary": fail: latency > 0.1: worse than tolerated')
  code, out, err = almanac(runbook(options(url, "silent", { horizon = "1s" })), "run", "canary.lua")
  t.eq(code, 1, out .. err)
  t.has(err, 'canary "canary": no data: errors: 0 requests in one arm; at least 30')
  -- what Prometheus does not take is an error at once, with the query
  local broken = { { name = "m", kind = "gauge", value = { baseline = "1 +", canary = "2" }, bad = 1 } }
  code, out, err = almanac(runbook(options(url, "bad", { metrics = broken })), "run", "canary.lua")
  t.eq(code, 1, out .. err)
  t.has(err, 'canary "canary": error: prom.range: 1:4: parse error')
  t.has(err, "the query: 1 +")
  -- a plan looks once, and says for how long it would watch
  code, out, err = almanac(runbook(options(url, "bad", { warm_up = "1m" })), "plan", "canary.lua")
  t.eq(code, 0, out .. err)
  t.has(out .. err, "gate: errors: canary ")
  t.has(out .. err, "; would watch for up to 20s after a warm-up of 1m")
  code, out, err = almanac(runbook(options(url, "nowhere")), "plan", "canary.lua")
  t.eq(code, 0, out .. err)
  t.has(out .. err, "NO VALUE NOW: errors: no sample of both arms")
end)

--- The events that a run with --json printed, of a kind.
local function events(text, kind)
  local out = {}
  for line in text:gmatch "[^\n]+" do
    local event = line:sub(1, 1) == "{" and json.decode(line)
    if event and event.kind == kind then out[#out + 1] = event end
  end
  return out
end

--- The watch as it is, had nobody stopped: from Prometheus' history, from the same beginning.
local function undisturbed(opts, begin, bounds)
  local spec = specs.check(opts)
  local watch, now = watch_of.new(spec, begin, bounds), prom.query("time()", { url = opts.url }).series[1].value
  local times = watch_of.due(watch, math.floor(now * 1000))
  local samples = scrape.samples(spec, bounds, times, function(query)
    return prom.range(query, { from = times[1] / 1000, to = times[#times] / 1000, step = EVERY, url = opts.url }).series
  end)
  for _, sample in ipairs(samples) do
    if not watch.over then watch_of.take(watch, sample) end
  end
  return watch
end

local function exactly(value)
  return json.encode(value, { canonical = true })
end

t.test("killed in the middle, resumed later, the verdict is that of an undisturbed watch", function()
  local url = world()
  for _, arm in ipairs { "animica-canary", "bad" } do
    local opts = options(url, arm)
    local dir = runbook(opts)
    local p = t.spawn({ ALMANAC, "run", "canary.lua", "--json" }, { cwd = dir })
    p:wait_line "1%.%ds of 20s" -- a second and more is behind it
    p:kill "KILL"
    p:wait()
    local code, out, err = almanac(dir, "resume", "--json")
    t.eq(code, arm == "animica-canary" and 0 or 1, out .. err)
    t.eq(events(out, "canary.start"), {}, "it goes on from where it began")
    local id = select(2, almanac(dir, "runs")):match "^(%S+)"
    local log = select(2, almanac(dir, "log", id, "--json"))
    local start = events(log, "canary.start")[1].data
    local watch = undisturbed(opts, start.begin, start.bounds)
    local taken = events(log, "canary.sample")
    t.eq(watch.over, true)
    t.eq({ #taken, taken[#taken].data.time }, { watch.analysis.samples, watch.time })
    if arm == "animica-canary" then
      t.eq(exactly(events(log, "step.done")[1].data.result.metrics), exactly(report.metrics(watch)))
    else
      t.has(events(log, "step.failed")[1].data.message, (report.reason(watch)))
    end
  end
end)

t.test("killed at every write, it comes to its verdict, by one watch unless that had told it", function()
  local url, n, killed = world(), 1, 0
  local opts = options(url, "silent", { horizon = EVERY })
  opts.metrics[2] = nil
  while true do
    local dir = runbook(opts)
    local p = t.spawn({ ALMANAC, "run", "canary.lua" }, { cwd = dir, env = { ALMANAC_FAULT = "journal.append:" .. n .. ":kill" } })
    p:wait()
    if p.signal == nil then break end
    local id = select(2, almanac(dir, "runs")):match "^(%S+)"
    if id then
      killed = killed + 1
      local before = select(2, almanac(dir, "log", id, "--json"))
      local began, told = #events(before, "canary.start"), #events(before, "step.failed") > 0
      local code, out, err = almanac(dir, "resume")
      t.eq(code, 1, out .. err)
      t.has(err, 'canary "canary": no data: errors: 0 requests in one arm')
      local after = select(2, almanac(dir, "log", id, "--json"))
      t.eq(#events(after, "canary.start"), told and began + 1 or 1, "killed at write " .. n)
    end
    n = n + 1
  end
  t.ok(killed >= 4, "killed at " .. killed .. " places")
  -- a step that is tried again watches anew
  local dir = runbook(opts)
  local text = t.read_file(dir .. "/canary.lua"):gsub("canary.compare(%b())",
    'step("twice", { retry = { times = 2, delay = 0 } }, function() canary.compare%1 end)')
  t.write_file(dir .. "/canary.lua", text)
  local code, out, err = almanac(dir, "run", "canary.lua", "--json")
  t.eq({ code, #events(out, "canary.start") }, { 1, 2 }, err)
end)

-- almanac backtest on a real Prometheus that remembers what this test wrote: the same verdicts as a run's, exact to the sample.
local history = require "tests.prometheus_history"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local BEGIN = 1578690000 -- 2020-01-10T21:00:00Z
local HOUR = 3600

--- Healthy, but in so many seconds after the beginning.
local function but(from, to, healthy, ill)
  return function(at) return at >= from and at < to and ill or healthy end
end

--- Requests that grow by so many a second, and the share of them that counts.
local function counter(rate, share)
  return function(at) return at * rate * (share or 1) end
end

local SERIES = {
  { "calm", function(at) return 0.01 + at / 1e6 end },
  { "spiky", but(120, 180, 0.01, 0.07) },
  { "broken", but(0, HOUR, 9, 9) },
  { "reaches_critical", but(60, 90, 1, 30) },
  { "peers", but(300, 330, 7, 3) },
  { "silent", function() return nil end },
  { 'several{pod="a"}', function() return 1 end }, { 'several{pod="b"}', function() return 1 end },
}

for name, from in pairs { Watchdog = 0, NodeDown = 600, Other = 60 } do
  table.insert(SERIES, { string.format('ALERTS{alertname="%s",alertstate="firing",severity="page",team="%s"}', name,
    name == "Other" and "other" or "devnet"), function(at) return at >= from and 1 or nil end })
end

for _, arm in ipairs { { "old", 90, 0.01 }, { "good", 10, 0.01 }, { "bad", 10, 0.05 } } do
  local name, rate, failing = table.unpack(arm)
  table.insert(SERIES, { string.format('requests_total{arm="%s"}', name), counter(rate) })
  table.insert(SERIES, { string.format('errors_total{arm="%s"}', name), counter(rate, failing) })
end

local BOOK = [[
local function compare(name, arm)
  canary.compare(name, { baseline = { arm = "old" }, canary = { arm = arm }, horizon = "10m", metrics = {
    { name = "errors", kind = "count", events = "errors_total", requests = "requests_total", bad = 2 },
  } })
end
return runbook {
  summary = "gates of every kind",
  params = { tag = param.string { required = true }, observe = param.duration { default = "5m" } },
  run = function(p)
    local now = step("what is now", function() return sh.read({ argv = { "touch", "was-run" } }) end)
    step("change " .. p.tag, function() sh.run { argv = { "touch", now.stdout } } end)
    parallel("gates", {
      calm = function() gate { query = "calm", limit = 0.05, hold = p.observe } end,
      spiky = function() gate { query = "spiky", limit = 0.05, hold = p.observe } end,
      broken = function() gate { query = "broken", limit = 5, hold = p.observe } end,
      critical = function() gate { query = "reaches_critical", limit = 5, critical = 20, hold = p.observe } end,
      silent = function() gate { query = "silent", limit = 5, hold = p.observe } end,
      several = function() gate { query = "several", limit = 5, hold = p.observe } end,
      wrong = function() gate { query = "sum(", limit = 5, hold = p.observe } end,
    })
    guard("kept", {
      alerts = { ignore = { "Watchdog" }, labels = { team = "devnet" } },
      gates = { { name = "peers", query = "peers", op = ">=", limit = 5, tolerate = 1 } },
    }, function()
      sleep("a while", "30m")
    end)
    compare("equal", "good")
    compare("worse", "bad")
    confirm "Done?"
  end,
}]]

local function new()
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", string.format("environments: { last: { endpoints: { prometheus: %q } } }\n",
    history.start(SERIES, BEGIN - HOUR, 3 * HOUR)))
  return p
end

-- The series begin an hour before; the times above are those of a run that began at BEGIN.
for _, one in ipairs(SERIES) do
  local value = one[2]
  if not one[1]:find "_total" then one[2] = function(at) return value(at - HOUR) end end
end

t.test("gates, a guard and canaries as if begun then: what a run would have said, and which limits would have held", function()
  local p = new()
  local code, out, err = p:run { "backtest", "book", "--at", "2020-01-10T21:00:00Z", "-e", "last" }
  t.eq(code, 1, out .. err)
  t.golden("backtest/at.txt", out)
  t.eq(t.read_file(p.dir .. "/was-run"), nil, "nothing of today was looked at")
  t.eq(p:run { "runs" } == 0 and p:newest() or nil, nil, "it is no run")
  -- as data
  code, out = p:run { "backtest", "book", "--at", "2020-01-10T21:00:00Z", "-e", "last", "--json", "--margin", "50" }
  t.eq(code, 1)
  local found = {}
  for _, finding in ipairs(json.decode(out).findings) do
    found[finding.name == "peers" and "peers" or finding.path] = finding
  end
  local calm = found["gates/calm"]
  t.eq({ calm.verdict, calm.watches, calm.held, calm.at - BEGIN, calm.needed, calm.suggested },
    { "pass", 1, 1, 300, 0.0103, 0.016 })
  local spiky = found["gates/spiky"] -- four samples of a minute, then five minutes without one
  t.eq({ spiky.verdict, spiky.at - BEGIN, spiky.broken, spiky.breaks[1].worst, spiky.breaks[1].from - BEGIN, spiky.breaks[1].to - BEGIN },
    { "pass", 480, 1, 0.07, 120, 165 })
  t.eq({ found.kept.name, found.kept.why, found.kept.at - BEGIN }, { "alerts", "NodeDown fires, severity page", 600 })
  local kept = found.peers
  t.eq({ kept.verdict, kept.at - BEGIN, kept.needed, kept.suggested }, { "fail", 315, 3, 1.5 })
end)

t.test("a window is one watch behind the other", function()
  local p = new()
  local code, out, err = p:run { "backtest", "book", "--from", "2020-01-10T20:30:00Z", "--to", "2020-01-10T21:40:00Z", "-e", "last",
    "observe=10m" }
  t.eq(code, 1, out .. err)
  t.golden("backtest/window.txt", out)
end)

t.test("what is asked for wrongly is refused, and a Prometheus that is away is said once", function()
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", 'endpoints: { prometheus: "http://127.0.0.1:9" }\n')
  for words, want in pairs {
    ["backtest book"] = "--at TIME, or --from TIME --to TIME", ["backtest"] = "usage: almanac backtest RUNBOOK",
    ["backtest book --at soon"] = 'not "soon"', ["backtest book --at 1h --to 2h"] = "--at, or --from and --to",
    ["backtest book --at 2999-01-01T00:00:00Z"] = "yet to come", ["backtest book --from 1h --to 2h"] = "--to must be behind --from",
    ["backtest nothing --at 1h"] = "nothing",
  } do
    local list = {}
    for word in words:gmatch "%S+" do list[#list + 1] = word end
    local code, out, err = p:run(list)
    t.eq(code, words:find "nothing" and code or 2, words .. "\n" .. out .. err)
    t.ok(code ~= 0, words)
    t.has(err, want)
  end
  local code, out, err = p:run { "backtest", "book", "--at", "1h" }
  t.eq(code, 1, out .. err)
  t.has(err, "127.0.0.1:9")
end)

t.test("a question of which nothing is known is passed, and what is behind it is judged", function()
  local p = new()
  p:edit("asks", [[return runbook { run = function()
    local now = step("what is now", function() return sh.read({ argv = { "uname" } }) end)
    confirm("Is " .. now.stdout .. " gone?")
    local said = ask("Is " .. now.stdout .. " there?", { choices = { "yes", "no" } })
    step("note it", function() note(said.answer) end)
    gate("behind it", { query = "calm", limit = 0.05, hold = "1m" })
  end }]])
  local code, out, err = p:run { "backtest", "asks", "--at", "2020-01-10T21:00:00Z", "-e", "last" }
  t.eq(code, 0, out .. err)
  t.has(out, "behind it")
end)

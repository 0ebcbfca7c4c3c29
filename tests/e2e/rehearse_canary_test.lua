-- almanac rehearse: a canary without a Prometheus has two arms that are equal, until a fault makes its own worse.
local rehearsals = require "tests.rehearsals"
local t = require "tests.harness"

local CANARY = [[
local function deployment()
  local labels = { app = "web", track = "canary" }
  return {
    apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web-canary", namespace = "animica-devnet" },
    spec = { replicas = 1, selector = { matchLabels = labels }, template = {
      metadata = { labels = labels }, spec = { containers = { { name = "web", image = "example.org/web:2" } } },
    } },
  }
end
return runbook { summary = "tries it", on_failure = "undo", run = function()
  step("install", { undo = function() k8s.delete("deployment/web-canary", { namespace = "animica-devnet" }) end }, function()
    k8s.apply(deployment())
    k8s.rollout("deployment/web-canary", { namespace = "animica-devnet", timeout = "20s" })
  end)
  canary.compare("compare", {
    baseline = { namespace = "animica-devnet", track = "stable" }, canary = { namespace = "animica-devnet", track = "canary" },
    horizon = "20s", interval = "100ms", history = "10m",
    metrics = {
      { name = "errors", kind = "count", events = 'requests_total{code="500"}', requests = "requests_total", bad = 2, critical = true },
      { name = "latency", kind = "latency", buckets = "duration_seconds_bucket", bad = 1.5 },
      { name = "queue", kind = "gauge", value = "queue_length", bad = 10, informational = true },
    },
  })
end }
]]

local LEFT = "+ deployment/web-canary" -- of what is otherwise in the copy

t.test("an equal canary passes, and it is said that its numbers were made up", function()
  local p = rehearsals.project { try = CANARY }
  local code, err = p:rehearse("try", "--snapshot", "devnet.yaml", "--kill", "1s")
  t.eq(code, 0, err)
  t.has(err, "prometheus: simulated, almanac.yaml names none: a gate of which nothing else is said has a healthy value, "
    .. "both arms of a canary the same")
  t.has(err, "8 of a canary were made up, its arms equal but for faults")
  t.lacks(err, "! no data")
  t.has(err, LEFT)
  local verdict = p:results().compare
  t.eq({ verdict.verdict, verdict.metrics[1].verdict }, { "pass", "pass" })
  local _, report = p:run { "report", "--store", p.store }
  t.has(report, "the numbers that gates and canaries saw were simulated")
end)

t.test("a fault of one of its metrics has the canary taken back", function()
  local p = rehearsals.project { try = CANARY }
  local code, err = p:rehearse("try", "--snapshot", "devnet.yaml", "--fault", "gate=errors@step compare", "--no-ask")
  t.eq(code, 4, err)
  t.has(err, 'canary "compare": fail: errors: worse than tolerated')
  t.has(err, "REHEARSAL: it would fail and be undone")
  t.lacks(err, LEFT)
end)

t.test("the devnet's own, whose node crashes, is taken back; {copy} in almanac.yaml leads its smoke check into the copy", function()
  local p = rehearsals.project({}, "vars: { devnet: { canary_warm_up: 0s, scrape_interval: 500ms, "
    .. 'canary_urls: { rpc: "{copy}/ns/animica-canary/rpc" } } }\n')
  t.must { "cp", "-r", "tests/fixtures/devnet/ops/scripts", p.dir .. "/ops/scripts" }
  local code, err = p:rehearse("canary", "tag=" .. rehearsals.new, "observe=1m", "--snapshot", "devnet.yaml", "--fault",
    "crash=animica-canary/animica-node@step canary beside devnet", "--no-ask")
  t.eq(code, 4, err)
  t.has(err, "✓ smoke check of the canary")
  t.has(err, 'canary "canary beside devnet": fail: RPC ')
  t.lacks(err, "+ namespace/animica-canary")
end)

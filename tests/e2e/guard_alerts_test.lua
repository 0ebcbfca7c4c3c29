-- guard on a real Prometheus and a real Alertmanager: an alert that fires while a step waits is answered by going on, by rolling
-- back, or by stopping.
local alerting = require "tests.alerting"
local project = require "tests.project"
local prom = require "almanac.observe.prom"
local prometheus = require "tests.prometheus"
local t = require "tests.harness"

local BOOK = [[
return runbook { summary = "guarded", run = function()
  step("before", { undo = function() sh.run { argv = { "rm", "made" }, idempotent = true } end }, function()
    sh.run { argv = { "touch", "made" }, idempotent = true }
  end)
  guard("no critical alerts", {
    gates = { { name = "backups", query = "count(backup_missing)", op = ">=", limit = 1 } }, alerts = {}, interval = "200ms",
  }, function()
    step("wait", function() sh.read { argv = { "sh", "-c", "echo > begun; until [ -e go ]; do sleep 0.05; done" } } end)
  end)
  step("after", function() sh.run { argv = { "touch", "done" }, idempotent = true } end)
end }]]

--- A run that waits under its guard until the alert fires, and has paused for it.
local function paused(p, alerts)
  alerts:set(false)
  t.must { "rm", "-f", p.dir .. "/begun", p.dir .. "/go", p.dir .. "/done" }
  local child = p:spawn { "run", "book" }
  t.eventually("it waits", function() return t.read_file(p.dir .. "/begun") end)
  alerts:set(true)
  local code, out, err = child:wait()
  t.eq(code, 3, out .. err)
  t.has(out .. err, "BackupMissing: it fires, severity critical, since ")
  t.has(out .. err, "no backup of the services' database for two days")
  return p:newest()
end

local function must(p, code, words)
  local got, out, err = p:run(words)
  t.eq(got, code, table.concat(words, " ") .. "\n" .. out .. err)
  return out .. err
end

t.test("an alert fires during the wait: go on, roll back, stop", function()
  local p = project.new { book = BOOK }
  local alerts = alerting.start(p.dir)
  local url = prometheus.start(p.dir, { alerts.scraped }, { more = alerts.config })
  t.write_file(p.dir .. "/almanac.yaml", string.format("endpoints: { prometheus: %q, alertmanager: %q }\n", url, alerts.url))

  t.eventually("Prometheus has looked", function() return prom.query("backup_missing", { url = url }).series[1] end)

  local run = paused(p, alerts)
  must(p, 0, { "answer", run, "go on", "--reason", "the backup is being made" })
  t.write_file(p.dir .. "/go", "")
  must(p, 0, { "resume", run }) -- it fires still, and was let pass
  t.ok(t.read_file(p.dir .. "/done"), "it went on")

  run = paused(p, alerts)
  must(p, 0, { "answer", run, "roll back" })
  must(p, 4, { "resume", run })
  t.eq(t.read_file(p.dir .. "/made"), nil, "what it did is taken back")

  run = paused(p, alerts)
  must(p, 0, { "answer", run, "stop" })
  t.has(must(p, 1, { "resume", run }), "BackupMissing")
  t.ok(t.read_file(p.dir .. "/made") and not t.read_file(p.dir .. "/done"), "it stands where it was")
  alerts:set(false)
  t.write_file(p.dir .. "/go", "")
  must(p, 0, { "resume", run }) -- watched anew, and all is well
end)

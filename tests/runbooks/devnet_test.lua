-- runbooks/lib/devnet.lua as a runbook sees it: in a sandbox, its gates against the real promtool,
-- its searches against a server that answers as Loki does.
local gate = require "almanac.observe.gate.spec"
local httpd = require "native.httpd"
local json = require "native.json"
local sandbox = require "almanac.script.sandbox"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

local devnet = sandbox.load("runbooks/any.lua", 'return require "lib.devnet"').result
local gates = sandbox.load("runbooks/any.lua", 'return require "lib.gates"').result

local function sorted_keys(map)
  local out = {}
  for key in pairs(map) do out[#out + 1] = key end
  table.sort(out)
  return out
end

t.test("six workloads, with the timeouts of the procedure", function()
  local seen = {}
  local branches = devnet.each_workload(function(w)
    seen[w.ref] = w.timeout
    return w.name
  end)
  for name, branch in pairs(branches) do t.eq(branch(), name) end
  t.eq(seen, { ["statefulset/animica-node"] = "10m", ["deployment/animica-miner"] = "5m",
    ["deployment/animica-explorer"] = "5m", ["deployment/animica-services"] = "5m",
    ["deployment/animica-studio-web"] = "5m", ["deployment/animica-explorer-web"] = "5m" })
end)

t.test("every gate is one that can be watched, under a name of its own", function()
  local names = {}
  for _, spec in ipairs(gates.specs) do
    gate.check(spec.name, gates.spec(spec.name))
    t.ok(not spec.name:find "[/#]", spec.name)
    t.eq(names[spec.name], nil, spec.name)
    names[spec.name] = true
  end
  t.eq(#sorted_keys(gates.branches()), #gates.specs)
  t.eq(sorted_keys(gates.branches(nil, { hold = "1m", only = { "beacon", "peers" } })), { "beacon", "peers" })
  t.has(t.raises("usage", gates.branches, nil, { only = { "beacons" } }).hint, "beacon, VDF failures")
end)

t.test("the limits are those of the devnet's table", function()
  local lines = {}
  for _, s in ipairs(gates.specs) do
    lines[#lines + 1] = string.format("%-20s %-2s %-6s critical %-6s for %-4s %s", s.name, s.op or "<", s.limit,
      s.critical or "-", s.hold, s.query)
  end
  t.golden("devnet/gates.txt", table.concat(lines, "\n") .. "\n")
end)

t.test("Prometheus itself can read every query", function()
  local promtool
  for _, path in ipairs { ".deps/prometheus/usr/bin/promtool", "/usr/bin/promtool" } do
    if require("native.fs").exists(path) then promtool = path end
  end
  if not promtool then
    print "skipped: there is no promtool; make deps fetches it"
    return
  end
  local rules = {}
  for i, spec in ipairs(gates.specs) do rules[i] = { record = "g" .. i, expr = spec.query } end
  local path = assert(t.getenv "ALMANAC_TEST_TMP", "ALMANAC_TEST_TMP") .. "/rules.yml"
  t.write_file(path, require("native.yaml").encode { groups = { { name = "gates", rules = rules } } })
  local result = require("native.sh").exec { argv = { promtool, "check", "rules", path }, timeout = 30 }
  t.eq(result.code, 0, result.stdout .. result.stderr)
  t.has(result.stdout, "SUCCESS: " .. #gates.specs .. " rules found")
end)

-- Lines by query; what is not named has none.
local logs, firing = {}, {}
local server = httpd.listen {
  handler = function(request, response)
    if request.path == "/api/v1/alerts" then
      response:send(200, {}, json.encode { status = "success", data = { alerts = json.array(firing) } })
      return
    end
    local streams = json.array {}
    for i, line in ipairs(logs[request.query.query] or {}) do
      streams[i] = { stream = { app = "node" }, values = { { tostring(1795457619982589874 + i), line } } }
    end
    response:send(200, {}, json.encode { status = "success", data = { resultType = "streams", result = streams } })
  end,
}
settings.endpoints.loki = "http://127.0.0.1:" .. server:port()
settings.endpoints.prometheus = settings.endpoints.loki

local ALL, ERRORS = '{namespace="animica-devnet"}', '{namespace="animica-devnet"} |= "ERROR" | json'
local PANICS = '{namespace="animica-devnet", app="node"} |~ "(?i)panic|traceback|exception"'

t.test("clean logs are proof only when something was logged", function()
  t.has(t.raises("no_data", devnet.log_scan).message, "no lines are no proof of health")
  t.eq(devnet.until_logged.on, { "no_data" }, "and that alone is tried again")
  logs[ALL] = { "imported block" }
  t.eq(devnet.log_scan(), { found = 0 })
end)

t.test("lines that should not be there are shown, each once", function()
  logs[ALL] = { "imported block" }
  logs[ERRORS] = { "ERROR panic: chain db corrupt", "ERROR lost peer" }
  logs[PANICS] = { "ERROR panic: chain db corrupt" }
  local err = t.raises("gate", devnet.log_scan)
  t.eq(err.verdict, "fail")
  t.has(err.message, "2 log lines that should not be there:\n  node: ")
  t.has(err.message, "node: ERROR panic: chain db corrupt")
  t.eq(devnet.log_scan { allowed = 2 }, { found = 2 })
end)

t.test("alerts that pause a rollout", function()
  t.eq(devnet.critical_alerts(), { firing = 0 })
  firing[1] = { labels = { alertname = "HeadStalled", severity = "page" }, state = "firing",
    activeAt = "2026-11-23T18:00:00Z", annotations = { summary = "no block for 5 minutes" } }
  local err = t.raises("gate", devnet.critical_alerts)
  t.has(err.message, "HeadStalled (page) since 2026-11-23T18:00:00Z: no block for 5 minutes")
  firing[1].labels.severity = "warning"
  t.eq(devnet.critical_alerts(), { firing = 0 })
end)

server:close()

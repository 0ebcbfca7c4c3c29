-- almanac backtest of the devnet's own runbooks: a rollout of last week, of which a real Prometheus has the history.
local healthy_series = require "tests.healthy_series"
local history = require "tests.prometheus_history"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local BEGIN = 1578690000 -- 2020-01-10T21:00:00Z
local BEFORE = 2 * 3600  -- of history before the rollout
local AT = { "--at", "2020-01-10T21:00:00Z" }

--- The devnet, and a canary beside it, in both of which something goes wrong.
local function new()
  local healthy = healthy_series.of(BEGIN - BEFORE)
  local series, bad = {}, {}
  for name, value in pairs(healthy) do series[name], bad[name] = value, value end
  series.animica_p2p_peers_connected = function(at) return at >= BEFORE + 300 and at < BEFORE + 360 and 4 or 9 end
  series.animica_da_sampling_p_fail = function(at) return at < BEFORE + 120 and 0.001 or 0.06 end
  series.animica_aicf_sla_evaluations_total = nil
  bad['animica_rpc_requests_total{status="error"}'] = function(at) return 0.3 * at end
  local all = healthy_series.in_namespace(series, "animica-devnet")
  for _, one in ipairs(healthy_series.in_namespace(bad, "animica-canary")) do all[#all + 1] = one end
  local p = project.new {}
  t.write_file(p.dir .. "/almanac.yaml", string.format([[
environments: { devnet: { endpoints: { prometheus: %q } } }
vars: { devnet_limits: { peers: 4 } }
]], history.start(all, BEGIN - BEFORE, BEFORE + 3600)))
  return p
end

local function backtest(p, words)
  local argv = { "backtest", table.unpack(words) }
  table.move(AT, 1, #AT, #argv + 1, argv)
  table.move({ "-e", "devnet" }, 1, 2, #argv + 1, argv)
  local code, out, err = p:run(argv)
  t.ok(code == 0 or code == 1, out .. err)
  return code, out, err
end

t.test("rollout, cutover, canary and deploy: every gate, the guard and the canary on last week's history", function()
  local p = new()
  local code, out = backtest(p, { "rollout" })
  t.eq(code, 1)
  t.golden("backtest/rollout.txt", out)
  local _, cutover = backtest(p, { "cutover", "--json" })
  local kinds, found = {}, {}
  for _, finding in ipairs(json.decode(cutover).findings) do
    kinds[finding.kind] = (kinds[finding.kind] or 0) + 1
    found[finding.path .. (finding.kind == "guard" and ": " .. finding.name or "")] = finding
  end
  t.eq(kinds, { gate = 27, guard = 29 }, "what cutover calls is gone into")
  t.eq(found["rollout/no critical alerts/gates/peers"].verdict, "pass")
  t.eq({ found["the devnet stays healthy: DA sampling"].verdict, found["the devnet stays healthy: DA sampling"].at - BEGIN },
    { "fail", 120 })
  t.eq(found["the devnet stays healthy: peers"].limit, 4)
  local _, canary = backtest(p, { "canary" })
  t.ok(canary:find "✗ canary beside devnet +FAILED\n +21:0%d:%d%dZ  RPC errors, which is critical: worse than tolerated"
    or canary:find "✗ canary beside devnet +FAILED\n +21:0%d:%d%dZ  RPC errors: worse than tolerated", canary)
  t.has(canary, "RPC errors: fail, 1.")
  t.has(canary, "node memory: no data")
  local _, deploy = backtest(p, { "deploy", "--json" })
  local in_deploy = 0
  for _, finding in ipairs(json.decode(deploy).findings) do in_deploy = in_deploy + (finding.kind == "canary" and 100 or 1) end
  t.eq(in_deploy, 156, "one canary, 27 gates, 27 of the guard, and alerts twice")
end)

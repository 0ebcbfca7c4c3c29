-- almanac rehearse: what a gate sees without a Prometheus, what fails and is resumed, and a plan beside what happens.
local rehearsals = require "tests.rehearsals"
local t = require "tests.harness"

local NEW, ROLLOUT = rehearsals.new, rehearsals.ROLLOUT
local project = rehearsals.project

local GATES = [[
return runbook { summary = "watches", pass_env = { "NODE_URL" }, run = function()
  step("node", function() note("serves " .. sh.read("sh", "-c", "echo ${NODE_URL:-nothing}").stdout) end)
  parallel("gates", {
    errors = function()
      return gate { name = "errors", query = "rate(errors[5m])", limit = 0.05, critical = 0.2, hold = "2s", interval = "1s" }
    end,
    peers = function()
      return gate { name = "peers", query = "min(animica_p2p_peers_connected)", op = ">=", limit = 5, hold = "2s", interval = "1s" }
    end,
  })
  guard("meanwhile", { gates = { { name = "lag", query = "max(lag)", op = "<=", limit = 9 } }, interval = "500ms" }, function()
    sleep("settle", "1s")
  end)
end }
]]

t.test("without a Prometheus gates have healthy values, which is said; a file says others, and faults make them bad", function()
  local p = project { watch = GATES }
  local code, err = p:rehearse("watch", "--snapshot", "devnet.yaml", "--env", "NODE_URL={copy}/rpc")
  t.eq(code, 0, err)
  t.ok(err:find "serves http://127.0.0.1:%d+/rpc", err)
  t.has(err, "prometheus: simulated, almanac.yaml names none: a gate of which nothing else is said has a healthy value")
  t.has(err, "numbers: 3 queries had a healthy value by default")
  local _, report = p:run { "report", "--store", p.store }
  t.has(report, "the numbers that gates and canaries saw were simulated")
  t.write_file(p.dir .. "/prom.yaml", '"max(lag)": { 0s: 1, 1500ms: 30 }\n')
  for words, why in pairs { ["--fault gate=errors@1s"] = 'gate "errors": fail: 0.2 is past the critical limit 0.2',
    ["--fault low-peers"] = 'gate "peers"', ["--fault crash=animica-node --fault prom-silent@1s"] = 'gate "',
    ["--prom prom.yaml"] = "lag" } do
    local argv = { "watch", "--snapshot", "devnet.yaml", "--no-ask" }
    for word in words:gmatch "%S+" do argv[#argv + 1] = word end
    code, err = p:rehearse(table.unpack(argv))
    t.ok(code ~= 0, words .. ": " .. err)
    t.has(err, why)
  end
end)

t.test("what fails is resumed once where that was asked for, when what passes has passed", function()
  local p = project { watch = GATES }
  local code, err = p:rehearse("watch", "--snapshot", "devnet.yaml", "--fault", "gate=errors", "--resume", "--no-ask")
  t.eq(code, 1, err)
  t.eq(select(2, err:gsub("✂ stopped; going on with watch", "")), 1)
  code, err = p:rehearse("watch", "--snapshot", "devnet.yaml", "--fault", "gate=errors@step errors+3s", "--resume", "--no-ask")
  t.eq(code, 0, err)
  t.has(err, "gate=errors is over")
end)

t.test("what was planned stands beside what happened, and binds nothing", function()
  local p = project { rollout = ROLLOUT }
  local code, err, out = p:rehearse("rollout", "tag=" .. NEW, "--snapshot", "devnet.yaml", "--planned", "--kill", "effect 1")
  t.eq(code, 0, err)
  t.has(out, "→ helm upgrade animica-devnet to chart ops/helm/animica-devnet")
  t.has(err, "upgrade: helm upgrade animica-devnet to chart ops/helm/animica-devnet with global.imageTag=" .. NEW .. "  as planned")
  local _, report = p:run { "report", "--store", p.store }
  t.has(report, "### Planned, and what happened")
  local plan = p.store:gsub("/journal$", "/plan.json")
  local edited = ROLLOUT:gsub("return #helm", 'k8s.restart("deployment/animica-miner", { namespace = "animica-devnet" }) return #helm')
  t.write_file(p.dir .. "/runbooks/rollout.lua", edited)
  code, err = p:rehearse("rollout", "tag=" .. NEW, "--snapshot", "devnet.yaml", "--plan", plan)
  t.eq(code, 0, err)
  t.has(err, "not in the plan")
  t.write_file(p.dir .. "/runbooks/other.lua", ROLLOUT)
  code, err = p:rehearse("other", "tag=" .. NEW, "--snapshot", "devnet.yaml", "--plan", plan)
  t.eq(code, 2)
  t.has(err, "it is a plan of rollout, not of other")
end)

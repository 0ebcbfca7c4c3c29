-- runbooks/verify.lua: the simulated devnet, and a real Prometheus that remembers it.
local codec = require "native.codec"
local devnet = require "tests.devnet"
local http = require "native.http"
local json = require "native.json"
local killed = require "tests.killed"
local t = require "tests.harness"

local function ask(world, promql)
  local response = http.request { url = world.prometheus .. "/api/v1/query?query=" .. codec.percent_encode(promql), who = "verify_test" }
  local result = json.decode(response.body).data.result[1]
  return result and tonumber(result.value[2]) or nil
end

local function world_with(vars)
  local world = devnet.start { prometheus = true, history = 1800 }
  local devnet_vars = { block_target = "300ms", urls = { rpc = world.devnet .. "/rpc", explorer = world.devnet .. "/explorer/",
    services = world.devnet .. "/services", da = world.devnet .. "/da" } }
  for key, value in pairs(vars or {}) do devnet_vars[key] = value end
  for _, name in ipairs { "RPC_HTTP_URL", "EXPLORER_URL", "SERVICES_URL", "DA_API_URL" } do world.env[name] = nil end
  world:configure { vars = { devnet = devnet_vars } }
  return world
end

local VERIFY = { "run", "verify", "window=1m", "alerts=5s", "--no-ask" }

--- The first item that was not ticked, of a run that ended so.
local function verify(world, code)
  local _, err = world:almanac(code, VERIFY)
  return err
end

t.test("nine points: evidence is journalled, also of a run that was killed, and two are ticked by a person with a name", function()
  local world = world_with()
  world:almanac(-1, VERIFY, { env = killed.at(12) })
  world:almanac(3, { "resume", "--no-ask" })
  local run = world:last_run()
  world:almanac(0, { "approve", run })
  world:almanac(3, { "resume", run, "--no-ask" })
  world:almanac(0, { "approve", run })
  world:almanac(0, { "resume", run, "--no-ask" })
  local log = world:almanac(0, { "log", run, "--json" })
  local shown, asked = {}, 0
  for line in log:gmatch "[^\n]+" do
    local event = json.decode(line)
    local item = event.kind == "step.done" and event.path:match "/(.*)$"
    if item then
      t.ok(not shown[item], item .. " is looked at once, though the run was killed")
      shown[item] = true
    end
    if event.kind == "confirm.answered" then asked = asked + 1 end
  end
  for _, name in ipairs { "1 smoke_devnet.sh passed", "2 the head advances at its expected interval", "9 no critical alerts" } do
    t.ok(shown[name], name .. "\n" .. log)
  end
  t.eq(asked, 2)
  t.has(log, '"interval":')
  t.has(log, '"limit":">= 0.6"')
end)

t.test("what is not so is not ticked, and says since when", function()
  local world = world_with()
  world:fault { "unfair" }
  t.eventually("Prometheus saw the mix unfair for longer than two samples of the window are apart", function()
    local best = ask(world, "max_over_time(animica_poies_fairness_index[3s])")
    return best and best < 0.5
  end)
  local said = verify(world, 1)
  t.ok(said:find "fairness was 0.31 at .*; healthy is >= 0.6", said)
  world:fault({ "head-stall" }, { "unfair" })
  t.has(verify(world, 1), "FAIL the head stays at")
end)

t.test("a block every third of a second is not one every six", function()
  local world = world_with { block_target = "6s" }
  local said = verify(world, 1)
  t.ok(said:find "a block every 0%.%d+ s in the last 1m; the target is 6.00 s, give or take 50 %%", said)
  local _, err = world:almanac(1, { "run", "verify", "window=1d", "--no-ask" })
  t.has(err, "samples of the last 1d")
end)

-- runbooks/canary.lua and cutover.lua on the simulated cluster: shadow beside the devnet on a real Prometheus, surge in place.
local canary_arms = require "tests.canary_arms"
local devnet = require "tests.devnet"
local killed = require "tests.killed"
local http = require "native.http"
local json = require "native.json"
local prom = require "almanac.observe.prom"
local t = require "tests.harness"

local DEVNET = { requests = 900, failing = 0.05, slow = 0.1 }
local EQUAL = { requests = 100, failing = 0.05, slow = 0.1 }
local BAD = { requests = 100, failing = 0.15, slow = 0.2, leak = 2 ^ 24 }

local CANARY = { "run", "canary", "tag=" .. devnet.new, "observe=30s" }

--- The devnet, and metrics of both arms.
---@param canary tests.Arm
local function world_with(canary)
  local world = devnet.start {}
  world.prometheus = canary_arms.start { ["animica-devnet"] = DEVNET, ["animica-canary"] = canary }
  t.eventually("both arms were scraped often enough for a baseline", function()
    local found = prom.query("min(count_over_time(animica_rpc_requests_total[1m]))", { url = world.prometheus }).series[1]
    return found and found.value >= 6
  end)
  world:configure { vars = { devnet = { canary_warm_up = "0s", scrape_interval = "500ms",
    canary_urls = { rpc = world.devnet .. "/ns/animica-canary/rpc" } } } }
  return world
end

local function exists(world, path)
  return http.request { url = world.api .. path, who = "canary_test" }.status == 200
end

local NAMESPACE = "/api/v1/namespaces/animica-canary"

--- The revisions of the canary that helm knows.
local function revisions(world)
  local out = t.must({ world.helm, "-n", "animica-canary", "history", "animica-canary", "-o", "json" },
    { cwd = world.dir, env = world.env })
  return #json.decode(out)
end

t.test("an equal canary is installed, judged, and killed in the middle; cutover refuses another tag than its own", function()
  local world = world_with(EQUAL)
  t.has(world:almanac(2, { "plan", "canary", "tag=" .. devnet.new }), "animica-canary")
  t.ok(not exists(world, NAMESPACE), "a plan makes nothing")
  world:almanac(-1, CANARY, { env = killed.at(8) })
  world:almanac(0, { "resume", "--no-ask" })
  t.eq(revisions(world), 1, "killed and resumed, it was installed once")
  t.has(world:almanac(0, { "status" }), "✓ canary beside devnet")

  local _, err = world:almanac(1, { "run", "cutover", "tag=v9.9.9-abc1234", "--no-ask" })
  t.has(err, "the canary runs " .. devnet.new .. ", and not v9.9.9-abc1234")
end)

--- A devnet whose own metrics are there, and a canary that was installed by hand.
---@param helm "helm3"|"helm4"  each in one case: a whole cutover by helm 4 is in deploy_whole_test.lua
local function with_canary(helm)
  local world = devnet.start { prometheus = true, history = 600, helm = helm }
  world:configure { vars = { devnet = { scrape_interval = "1s" } } }
  t.must({ world.helm, "-n", "animica-canary", "install", "animica-canary", "ops/helm/animica-devnet", "--create-namespace",
    "--set", "global.imageTag=" .. devnet.new }, { cwd = world.dir, env = world.env })
  return world
end

t.test("cutover promotes the canary's tag through rollout, keeps it for a while, killed once, and takes it away", function()
  local world = with_canary "helm3"
  local CUTOVER = { "run", "cutover", "tag=" .. devnet.new, "observe=1s", "keep=2s" }
  local plan = world:almanac(2, { "plan", table.unpack(CUTOVER, 2) })
  t.has(plan, "helm upgrade animica-devnet to chart ops/helm/animica-devnet with global.imageTag=" .. devnet.new)
  t.has(plan, "the canary is kept as a fallback")
  t.lacks(world:almanac(2, { "plan", "cutover", "keep=0s" }), "the canary is kept as a fallback")
  world:almanac(-1, CUTOVER, { env = killed.at(6) })
  world:almanac(0, { "resume", "--no-ask" })
  t.eq(world:node_tag(), devnet.new)
  t.eq(#world:history(), 2, "one revision more")
  t.ok(not exists(world, NAMESPACE), "the canary is gone")
end)

t.test("a gate that breaks while the canary is kept takes the devnet back, where breach=undo says so", function()
  local world = with_canary "helm4"
  local p = world:spawn { "run", "cutover", "observe=1s", "keep=10m", "breach=undo" }
  p:wait_line "the canary is kept as a fallback"
  world:fault { "low-peers" }
  local code, out, err = p:wait(90)
  t.eq(code, 4, out .. err)
  t.has(err, 'guard "the devnet stays healthy": peers: ')
  t.eq(world:node_tag(), devnet.old)
  t.ok(exists(world, NAMESPACE), "the canary is still there to look at")
end)

t.test("a bad canary is failed, taken away, and reported with the time it took", function()
  local world = world_with(BAD)
  local _, err = world:almanac(4, CANARY)
  t.ok(err:find 'canary "canary beside devnet": fail: RPC .-worse than tolerated .-%(after %d+%.?%d*m?%d*%.?%d*s?%)', err)
  t.ok(not exists(world, NAMESPACE), "its namespace is gone")
  t.eq(world:node_tag(), devnet.old, "the devnet runs what it ran")
end)

t.test("a silent canary is no data, and is taken away", function()
  local world = world_with { requests = 0, failing = 0, slow = 0 }
  local _, err = world:almanac(4, { "run", "canary", "tag=" .. devnet.new, "observe=2s" })
  t.has(err, "no data: ")
  t.ok(not exists(world, NAMESPACE), "its namespace is gone")
end)

t.test("without the canary's own address, its smoke check is refused before anything is made", function()
  local world = devnet.start {}
  local _, err = world:almanac(4, CANARY)
  t.has(err, "vars.devnet.canary_urls has no rpc")
  t.ok(not exists(world, NAMESPACE), "nothing was made")
end)

t.test("surge: one workload after another, a gate between; the node refused by name; a rollback puts the images back", function()
  local world = devnet.start { prometheus = true, history = 600 }
  local SURGE = { "run", "canary", "strategy=surge", "tag=" .. devnet.new, "between=1s" }
  local _, err = world:almanac(4, { "run", "canary", "strategy=surge", "tag=" .. devnet.new, "workloads=animica-node" })
  t.has(err, "animica-node is a StatefulSet")
  world:almanac(0, SURGE)
  local function tags()
    local out = {}
    for _, one in ipairs(world:get "/apis/apps/v1/namespaces/animica-devnet/deployments".items) do
      out[#out + 1] = one.spec.template.spec.containers[1].image:match ":([^:]*)$"
    end
    return out
  end
  t.eq(tags(), { devnet.new, devnet.new, devnet.new, devnet.new, devnet.new })
  t.eq(world:node_tag(), devnet.old)
  for _, one in ipairs(world:get "/apis/apps/v1/namespaces/animica-devnet/deployments".items) do
    t.eq(one.spec.strategy.rollingUpdate, { maxUnavailable = 0, maxSurge = 1 })
  end
  local order, workloads = {}, 0 -- a workload, its gates, the next one
  for line in world:almanac(0, { "log", "--json" }):gmatch "[^\n]+" do
    local event = json.decode(line)
    local name = event.kind == "step.done" and (event.path:match "^surge (.*)$" or event.path:match "^gates after ([^/]+)$")
    if name then order[#order + 1] = (event.path:find "^surge " and "surge " or "gates ") .. name end
  end
  for i = 1, #order, 2 do
    workloads = workloads + 1
    t.eq(order[i + 1], "gates " .. order[i]:match "^surge (.*)$")
  end
  t.eq(workloads, 5)
  world:almanac(0, { "rollback", world:last_run() })
  t.eq(tags(), { devnet.old, devnet.old, devnet.old, devnet.old, devnet.old })
end)

-- A crashing image: the run fails early and says why; both ways back end with the node ready.
local devnet = require "tests.devnet"
local t = require "tests.harness"

local function fail_rollout(world)
  local _, err = world:almanac(1, { "run", "rollout", "tag=" .. devnet.crashing, "observe=2s" })
  t.has(err, "animica-node")
  t.has(err, "CrashLoopBackOff")
  t.has(err, "almanac rollback rollout-")
  t.ok(not devnet.is_ready(world:node_pod()), "the node is down")
  return err
end

local function prove_healed(world)
  t.eq(world:node_tag(), devnet.old)
  t.ok(devnet.is_ready(world:node_pod()), "the node is ready")
end

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": a crashing image fails the run with its reason; almanac rollback heals the node", function()
    local world = devnet.start { helm = helm }
    fail_rollout(world)
    world:almanac(0, { "rollback" })
    prove_healed(world)
    t.has(world:history()[3].description, "Rollback to 1")
  end)

  t.test(helm .. ": almanac run rollback heals the node too", function()
    local world = devnet.start { helm = helm }
    fail_rollout(world)
    world:almanac(0, { "run", "rollback" })
    prove_healed(world)
  end)
end

-- A crashing image: the run fails early and says why; both ways back end with the node ready.
local devnet = require "tests.devnet"
local json = require "native.json"
local t = require "tests.harness"
local timestamp = require "almanac.base.timestamp"

--- Seconds from the first back-off that the cluster tells of to the end of the run.
local function delay(world)
  local first
  local events = world:get "/api/v1/namespaces/animica-devnet/events"
  for _, event in ipairs(events.items) do
    local at = event.reason == "BackOff" and timestamp.epoch(event.firstTimestamp)
    if at and (not first or at < first) then first = at end
  end
  t.ok(first, "a back-off")
  local ended
  for line in world:almanac(0, { "log", "--json" }):gmatch "[^\n]+" do
    local event = json.decode(line)
    if event.kind == "run.end" then ended = event.time_ms / 1000 end
  end
  return ended - first
end

local function fail_rollout(world)
  local _, err = world:almanac(1, { "run", "rollout", "tag=" .. devnet.crashing, "observe=2s" })
  t.ok(err:find "%l+/animica%-%l+[%w-]* cannot become ready: pod animica%-%S+, container %l[%w-]+: CrashLoopBackOff, exit code %d+", err)
  t.has(err, "panic: configuration is invalid")
  -- The timestamps of events are whole seconds: the first may be up to one second older than it says.
  t.ok(delay(world) < 6, "within 5 s of the first crash loop")
  t.has(err, "almanac rollback rollout-")
  t.ok(not devnet.is_ready(world:node_pod()), "the node is down")
  return err
end

local function prove_healed(world)
  t.eq(world:node_tag(), devnet.old)
  t.ok(devnet.is_ready(world:node_pod()), "the node is ready")
end

local function newest_run(world)
  return json.decode((world:almanac(0, { "runs", "--json", "--limit", "1" }))).id
end

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": a crashing image fails the run with its reason; almanac rollback heals the node", function()
    local world = devnet.start { helm = helm }
    fail_rollout(world)
    world:almanac(0, { "rollback" })
    prove_healed(world)
    t.has(world:history()[3].description, "Rollback to 1")
  end)

  -- helm calls the first of two bad revisions superseded, as it does a good one.
  t.test(helm .. ": almanac run rollback passes over what failed, and heals the node too", function()
    local world = devnet.start { helm = helm }
    fail_rollout(world)
    local failed = newest_run(world)
    world:almanac(0, { "abandon", failed, "--reason", "another try" })
    world:almanac(1, { "run", "rollout", "tag=" .. devnet.crashing, "observe=2s" })
    world:almanac(0, { "abandon", newest_run(world), "--reason", "back to what was good" })
    local words = string.format("revision 1: the newest that helm applied to its end, and with which no run in this " ..
      "journal failed; passed over: 2 (run %s abandoned)", failed)
    t.has(world:almanac(2, { "plan", "rollback" }), words)
    t.has(select(2, world:almanac(0, { "run", "rollback" })), words)
    prove_healed(world)
    t.eq(world:history()[4].description, "Rollback to 1")
    t.has(world:almanac(0, { "plan", "rollback" }), "revision 1: the newest that helm applied", "the rollback proves 4 only")
  end)
end

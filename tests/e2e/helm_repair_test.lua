-- A helm that somebody else started and that was killed leaves the release pending: almanac says whose it
-- is and how old, takes it for alive while it is young, asks, and sets the release free.
local devnet = require "tests.devnet"
local t = require "tests.harness"

local function records(world)
  return world:get("/api/v1/namespaces/animica-devnet/secrets?labelSelector=owner%3Dhelm").items
end

--- Kills a helm in the middle of its upgrade.
local function leave_pending(world)
  local theirs = t.spawn({ world.helm, "upgrade", devnet.release, "ops/helm/animica-devnet", "--namespace", devnet.release,
    "--set", "global.imageTag=" .. devnet.new, "--qps", "5", "--burst-limit", "1" }, { cwd = world.dir, env = world.env })
  t.eventually("theirs is pending", function()
    local list = records(world)
    return #list == 2 and list[2].metadata.labels.status == "pending-upgrade"
  end)
  theirs:kill "KILL"
  theirs:wait()
end

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": refused unless pending, refused while young, asked, and done once", function()
    local world = devnet.start { helm = helm }
    t.must { "cp", devnet.root .. "/runbooks/repair.lua", world.dir .. "/repair.lua" }
    local function repair(code, ...)
      return world:almanac(code, { "run", "repair.lua", "release=" .. devnet.release, "--no-ask", ... })
    end
    local _, err = repair(1)
    t.has(err, "helm.repair: revision 1 of release animica-devnet is deployed, not pending: there is nothing to repair")

    leave_pending(world)
    _, err = repair(1)
    t.ok(err:find("revision 2 of release animica%-devnet is pending%-upgrade since [%d.]+m?s, made by another helm: "
      .. "that helm may be at work still"), err)
    t.has(err, "it counts as dead after 15m")
    t.has(err, 'min_age = "0s" (almanac run repair release=animica-devnet min_age=0s)')
    t.eq(#records(world), 2)

    local out = world:almanac(2, { "plan", "repair.lua", "release=" .. devnet.release, "min_age=0s" })
    t.has(out, "delete the record of revision 2 (pending-upgrade)")
    t.eq(#records(world), 2)
    _, err = repair(3, "min_age=0s")
    t.has(err, "waiting for the operator: Delete the record of revision 2 of release animica-devnet " ..
      "(pending-upgrade, made by another helm)?")
    t.eq(#records(world), 2)
    local run = t.ok(err:match "almanac approve (%S+)", err)
    world:almanac(0, { "approve", run })
    world:almanac(0, { "resume", run })
    t.eq(#records(world), 1)
    t.eq(world:history()[1].status, "deployed")
    t.has((world:almanac(0, { "log", run })), "helm.repair")
    world:run_helm { "upgrade", devnet.release, "ops/helm/animica-devnet", "--set", "global.imageTag=" .. devnet.new }
    t.eq(world:history()[2].status, "deployed")
  end)
end

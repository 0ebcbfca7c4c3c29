-- runbooks/rollback.lua: to a tag, with the database, with a new chain; and what it refuses.
local devnet = require "tests.devnet"
local json = require "native.json"
local killed = require "tests.killed"
local t = require "tests.harness"

local NODE = "animica-devnet/animica-node"

--- A devnet that runs the newer of two tags.
---@param helm? "helm3"|"helm4"
local function upgraded(helm)
  local world = devnet.start { helm = helm }
  world:run_helm { "upgrade", devnet.release, "ops/helm/animica-devnet", "--set", "global.imageTag=" .. devnet.new }
  t.eventually("the node runs the newer tag", function() return world:node_tag() == devnet.new and devnet.is_ready(world:node_pod()) end)
  return world
end

local function claim(world)
  return world:get "/api/v1/namespaces/animica-devnet/persistentvolumeclaims/data-animica-node-0".metadata.uid
end

t.test("to=TAG pins it, killed behind the upgrade too; a tag and a revision are two ways", function()
  for _, helm in ipairs(devnet.helms()) do
    local world = upgraded(helm)
    local _, err = world:almanac(1, { "run", "rollback", "to=" .. devnet.old, "revision=1" })
    t.has(err, "revision= and to= are two ways back")
    t.has(world:almanac(2, { "plan", "rollback", "to=" .. devnet.old }), devnet.old)
    world:almanac(-1, { "run", "rollback", "to=" .. devnet.old }, { env = killed.at(12) })
    world:almanac(0, { "resume", world:last_run() })
    t.eq(world:node_tag(), devnet.old, helm)
    t.eq(#world:history(), 3, helm .. ": one revision more, though it was killed")
  end
end)

t.test("no revision was ever good: refused in words, and nothing changed", function()
  local world = devnet.start {}
  local _, err = world:almanac(1, { "run", "rollback" })
  t.has(err, "no revision of animica-devnet before the current one was ever good")
  t.has(err, "revision=N goes to one all the same")
  t.eq(#world:history(), 1)
end)

t.test("wipe=node: another namespace, or a name that is not typed in full, is refused before anything", function()
  local world = upgraded()
  local before = claim(world)
  local _, err = world:almanac(1, { "run", "rollback", "wipe=node", "namespace=production", "typed=production/animica-node" })
  t.has(err, "wipe=node is not for the namespace production")
  t.has(err, "only animica-devnet and animica-canary may lose their chain")
  for _, typed in ipairs { "", "animica-node", "animica-canary/animica-node" } do
    local words = { "run", "rollback", "wipe=node" }
    if typed ~= "" then words[4] = "typed=" .. typed end
    _, err = world:almanac(1, words)
    t.has(err, "typed=" .. NODE)
  end
  t.eq(claim(world), before)
  t.eq(#world:history(), 2, "and nothing was rolled back")
  world:almanac(0, { "run", "rollback", "wipe=node", "typed=" .. NODE })
  t.ok(claim(world) ~= before, "the claim is a new one")
  t.eq(world:node_tag(), devnet.old)
  t.ok(devnet.is_ready(world:node_pod()), "the node is ready on it")
end)

--- The kinds of effects of the last run, in the order in which they began.
local function effects(world)
  local ops = {}
  for line in world:almanac(0, { "log", "--json" }):gmatch "[^\n]+" do
    local event = json.decode(line)
    if event.kind == "effect.intent" then ops[#ops + 1] = event.data.op end
  end
  return table.concat(ops, " ")
end

t.test("the database: taken down before by the newer release's program, or restored here after; unset, it is refused", function()
  local world = upgraded "helm3"
  local _, err = world:almanac(1, { "run", "rollback", "db=down" })
  t.has(err, "vars.devnet.db_down is not set")
  t.eq(#world:history(), 2, "before the release was touched")
  world:configure { vars = { devnet = {
    db_down = { "echo", "down to", "{tag}" }, db_restore = { "ops/scripts/restore.sh", "services" } } } }
  t.write_file(world.dir .. "/ops/scripts/restore.sh", "#!/bin/sh\necho \"$1 restored\" >> restored.log\n")
  t.must { "chmod", "+x", world.dir .. "/ops/scripts/restore.sh" }
  _, err = world:almanac(0, { "run", "rollback", "db=down" })
  t.has(err, "down to " .. devnet.old)
  t.ok(effects(world):find "k8s%.exec.*helm%.", "by the program of the newer release, while that runs: " .. effects(world))
  world:run_helm { "upgrade", devnet.release, "ops/helm/animica-devnet", "--set", "global.imageTag=" .. devnet.new }
  world:almanac(0, { "run", "rollback", "db=restore" })
  t.eq(t.read_file(world.dir .. "/restored.log"), "services restored\n")
  t.ok(effects(world):find "helm%..*sh%.run", "for the older release, which is there: " .. effects(world))
end)

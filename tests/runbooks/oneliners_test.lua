-- runbooks/images.lua, logs.lua and healthz.lua: against the simulated cluster.
local devnet = require "tests.devnet"
local t = require "tests.harness"

t.test("images, logs and healthz of a running devnet", function()
  local world = devnet.start()
  local _, images = world:almanac(0, { "run", "images" })
  t.has(images, "animica-node           ghcr.io/animica/animica-node:" .. devnet.old)
  t.has(images, "animica-explorer-web   ghcr.io/animica/animica-explorer-web:" .. devnet.old)
  t.lacks(images, "but")

  local _, logs = world:almanac(0, { "run", "logs", "tail=5" })
  t.has(logs, "✓ statefulset animica-node")
  t.has(logs, "✓ deployment animica-miner")
  local _, all = world:almanac(0, { "run", "logs", "workloads=all", "tail=1" })
  t.has(all, "✓ deployment animica-explorer-web")

  world:almanac(1, { "run", "healthz" })
  world:configure { vars = { devnet = { urls = { explorer = world.devnet .. "/explorer/", rpc = world.devnet .. "/rpc",
    services = world.devnet .. "/services" } } } }
  local _, health = world:almanac(0, { "run", "healthz", "parts=explorer,rpc,services" })
  t.has(health, "explorer answers 200")
  t.has(health, "rpc answers 200")
  t.has(health, "services answers 200")
  world:configure { vars = { devnet = { urls = { explorer = world.devnet .. "/nowhere" } } } }
  local _, sick = world:almanac(1, { "run", "healthz" })
  t.has(sick, "404")
end)

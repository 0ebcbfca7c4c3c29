local devnet = require "tests.devnet"
local t = require "tests.harness"

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": the devnet is upgraded, its gates hold, and the run is done", function()
    local world = devnet.start { helm = helm, prometheus = true, history = 600 }
    world:almanac(0, { "run", "rollout", "tag=" .. devnet.new, "observe=2s" })
    t.eq(world:node_tag(), devnet.new)
    local history = world:history()
    t.eq(#history, 2)
    t.eq(history[2].status, "deployed")
    local tree = world:almanac(0, { "status" })
    t.has(tree, ": done")
    t.has(tree, "✓ upgrade the release")
    t.has(tree, "→ helm upgrade animica-devnet to chart ops/helm/animica-devnet with global.imageTag=" .. devnet.new)
    t.has(tree, "✓ node head advances")
    t.has(tree, "✓ no critical alerts")
    t.lacks(tree, "✗")
  end)
end

t.test("a tag of the wrong form is refused before anything is touched", function()
  local world = devnet.start { install = false }
  local _, err = world:almanac(2, { "run", "rollout", "tag=latest" })
  t.has(err, "parameter tag")
  t.has(err, "^v%d+%.%d+%.%d+%-%x+$")
  t.has(err, "v0.5.0-a1b2c3d")
  t.eq((t.run({ "ls", ".almanac" }, { cwd = world.dir })), 2, "no journal was made")
end)

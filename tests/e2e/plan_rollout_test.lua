-- The plan of the devnet's rollout, with both helms: exactly what changes, asked of the server without
-- touching anything; and after the run, nothing left to change.
local devnet = require "tests.devnet"
local plans = require "tests.plans"
local t = require "tests.harness"

local images = {
  ["deployment/animica-explorer"] = { "explorer", "animica-explorer" },
  ["deployment/animica-explorer-web"] = { "explorer-web", "animica-explorer-web" },
  ["deployment/animica-miner"] = { "miner", "animica-miner" },
  ["deployment/animica-services"] = { "services", "animica-studio-services" },
  ["deployment/animica-studio-web"] = { "studio-web", "animica-studio-web" },
  ["statefulset/animica-node"] = { "node", "animica-node" },
}

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": a plan shows exactly the six images; after the run nothing would change", function()
    local world = plans.start { helm = helm, prometheus = true, history = 600 }
    local plan, text
    local requests = plans.requests(world, function()
      plan, text = plans.plan(world, 2, { "rollout", "tag=" .. devnet.new, "observe=2s" })
    end)
    t.ok(plans.assert_harmless(requests) >= 13, "each object was tried")
    local seen = 0
    for _, change in ipairs(plans.changes(plan)) do
      local container, image = table.unpack(images[change.object] or {})
      if change.action ~= "unchanged" then
        seen = seen + 1
        t.ok(container, change.object)
        t.eq(change, { object = change.object, action = "change", fields = { {
          path = string.format('.spec.template.spec.containers[name="%s"].image', container), kind = "changed",
          old = string.format("ghcr.io/animica/%s:%s", image, devnet.old),
          new = string.format("ghcr.io/animica/%s:%s", image, devnet.new),
        } } })
      end
    end
    t.eq(seen, 6)
    t.has(text, "6 changed")
    t.has(text, "= 7 unchanged")
    t.has(text, " gates")
    t.eq(#world:history(), 1, "nothing was upgraded")
    t.eq(world:node_tag(), devnet.old)

    world:almanac(0, { "run", "--plan", "plan.json" })
    t.eq(world:node_tag(), devnet.new)
    plan, text = plans.plan(world, 0, { "rollout", "tag=" .. devnet.new, "observe=2s" })
    t.eq(plan.effects[1].nothing, true)
    t.has(text, "nothing would change")
    t.has(text, "= 13 unchanged")
    t.lacks(text, "changed:")

    _, text = plans.plan(world, 2, { "rollback" })
    t.has(text, "helm rollback animica-devnet to revision 1")
    t.has(text, "6 changed")
    t.has(text, "animica-node  would wait up to 10m")
    t.has(text, "; would delete a pod of an older revision that keeps it waiting")
  end)
end

-- Faults of workloads: by name, by namespace and name, of one image, and by an image's tag.
local t = require "tests.harness"
local faults = require "almanac.sim.world.faults"

local KINDS = { "crash", "oomkill", "refuse", "notready", "missing", "slow", "unschedulable", "log-errors", "unobserved" }

local function image(tag) return "ghcr.io/animica/web:" .. tag end

t.test("a fault holds for the workload it names, or for one image of it", function()
  for _, kind in ipairs(KINDS) do
    for text, holds in pairs {
      ["=web"] = { v1 = true, v2 = true }, ["=ns/web"] = { v1 = true, v2 = true }, ["=web:v2"] = { v1 = false, v2 = true },
      ["=ns/web:v2"] = { v1 = false, v2 = true }, ["=other/web"] = { v1 = false, v2 = false }, ["=web:v3"] = { v1 = false, v2 = false },
    } do
      local f = faults.new()
      t.ok(f:change { kind .. text })
      for tag, want in pairs(holds) do t.eq(f:on_pod(kind, "ns", "web", image(tag)), want, kind .. text .. " " .. tag) end
      t.eq(f:on_pod(kind, "ns", "db", image "v2"), false)
    end
    t.eq(faults.new():on_pod(kind, "ns", "web", image("v1-" .. kind)), true, "a tag with the fault's name")
    t.eq(faults.new():on_pod(kind, "ns", "web", image "v1"), false)
  end
end)

t.test("the words in hexadecimal digits begin the last part of a tag", function()
  local f = faults.new()
  for kind, word in pairs { crash = "dead123", notready = "fade123", missing = "404404a", slow = "decade1" } do
    t.eq(f:on_pod(kind, "ns", "web", image("v0.6.0-" .. word)), true)
    t.eq(f:on_pod(kind, "ns", "web", image("v0.6.0-a" .. word)), false)
  end
end)

t.test("what is no fault is refused, and then nothing changes", function()
  local f = faults.new()
  local done, why = f:change { "crash=web", "crash" }
  t.eq(done, nil)
  t.has(why, "the fault crash needs a value: crash=WORKLOAD")
  t.has(select(2, f:change { "nonsense=web" }), "no such fault: nonsense=web")
  t.has(select(2, f:change { "low-peers=web" }), "takes no value")
  t.eq(f:list(), {})
end)

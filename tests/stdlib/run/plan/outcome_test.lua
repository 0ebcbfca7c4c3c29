-- What was planned beside what happened.
local outcome = require "almanac.run.plan.outcome"
local t = require "tests.harness"

local plan = {
  effects = {
    { path = "a", ordinal = "0", op = "x.y", digest = "1", title = "do a" },
    { path = "b", ordinal = "0", op = "x.y", digest = "2", title = "do b" },
    { path = "c", ordinal = "0", op = "x.y", digest = "3", title = "do c" },
  },
  gates = { { path = "g", text = "1 < 2" }, { path = "h", text = "1 < 2" } },
}

local function states(events)
  local effects, gates, unbound = outcome.compare(plan, events)
  local out = {}
  for i, item in ipairs(effects) do out[i] = item.title .. ": " .. item.state end
  return out, gates, unbound, effects
end

local function intent(path, digest, ordinal)
  return { kind = "effect.intent", path = path, data = { op = "x.y", digest = digest, ordinal = ordinal or "0", title = "did " .. path } }
end
local function ended(path, ok)
  return { kind = "effect.outcome", path = path, data = { ordinal = "0", ok = ok, error = not ok and { message = "no" } or nil } }
end

t.test("as planned, failed, in doubt and not reached", function()
  t.eq((states { intent("a", "1"), ended("a", true), intent("b", "2"), ended("b", false) }),
    { "do a: as planned", "do b: failed", "do c: not reached" })
  t.eq((states { intent("a", "1") })[1], "do a: in doubt")
end)

t.test("another input, and what nobody planned, are named", function()
  t.eq((states { intent("a", "other"), ended("a", true), intent("z", "9"), ended("z", true) }),
    { "do a: not in the plan", "do b: not reached", "do c: not reached", "did z: not in the plan" })
end)

t.test("what was refused, and made without the plan, is not as planned; what was put right is", function()
  local function refused(path)
    return { kind = "step.failed", path = path, data = { kind = "plan_mismatch", message = "f has changed" } }
  end
  local unbound = { kind = "run.unbound", path = "", data = {} }
  local out, _, _, effects = states {
    refused "b", refused "around", unbound, intent("a", "1"), ended("a", true), intent("b", "2"), ended("b", true),
    intent("c", "3"), ended("c", true),
  }
  t.eq(out, { "do a: as planned", "do b: without the plan", "do c: as planned" })
  t.eq(effects[2].why, "it had been refused: f has changed")
  t.eq((states { refused "b", intent("b", "2"), ended("b", true), unbound })[2], "do b: as planned")
end)

t.test("a refusal belongs to the innermost step that failed of it", function()
  local function refused(path)
    return { kind = "step.failed", path = path, data = { kind = "plan_mismatch", message = "f has changed" } }
  end
  t.eq((states { refused "a/in", refused "a", { kind = "run.unbound", path = "", data = {} }, intent("a", "1"), ended("a", true) })[1],
    "do a: as planned")
end)

t.test("what an effect needed besides belongs to it", function()
  local _, _, _, effects = states { intent("a", "1"), intent("a", "r", "0.1000"), ended("a", true) }
  t.eq(effects[1].within, { "did a" })
end)

t.test("gates stand as their steps do, one that was interrupted too", function()
  local _, gates, unbound = states {
    { kind = "step.done", path = "g", data = {} }, { kind = "run.unbound", path = "", data = {} },
    { kind = "step.interrupted", path = "h", data = { level = "pause", message = "paused" } },
  }
  t.eq({ gates[1].state, gates[2].state, gates[2].why, unbound }, { "done", "failed", "paused", true })
end)

t.test("gates come in the plan's order, with what they saw", function()
  local function sample(path, data) return { kind = "gate.sample", path = path, data = data } end
  local _, gates = states {
    sample("h", { value = 3.5 }), sample("g", { value = 1 }), sample("g", { missing = "no data" }), sample("h", { value = 1000000.0 }),
  }
  t.eq({ gates[1].path, gates[1].saw }, { "g", "2 samples, the last no data" })
  t.eq({ gates[2].path, gates[2].saw }, { "h", "2 samples, the last 1000000" })
  _, gates = states { sample("g", { value = "+Inf" }) }
  t.eq({ gates[1].saw, gates[2].saw }, { "1 sample, the last +Inf" })
end)

t.test("after an edit, effects are paired by what they are, and not by their place", function()
  local planned = { gates = {}, effects = {} }
  for i, name in ipairs { "stop", "copy", "begin" } do
    planned.effects[i] = { path = "s", ordinal = tostring(i - 1), op = "x.y", digest = name, title = name }
  end
  local events = { { kind = "run.unbound", path = "", data = {} } }
  for i, name in ipairs { "look", "stop", "copy" } do
    local data = { op = "x.y", digest = name, ordinal = tostring(i - 1), title = name }
    events[#events + 1] = { kind = "effect.intent", path = "s", data = data }
    events[#events + 1] = { kind = "effect.outcome", path = "s", data = { ordinal = tostring(i - 1), ok = true } }
  end
  local out = {}
  for i, item in ipairs((outcome.compare(planned, events))) do out[i] = item.title .. ": " .. item.state end
  t.eq(out, { "stop: as planned", "copy: as planned", "begin: not reached", "look: not in the plan" })
end)

t.test("a step that was renamed, and one that was moved, are the planned ones", function()
  local effects = outcome.compare(plan, {
    intent("a", "1"), ended("a", true), { kind = "step.renamed", path = "new a", data = { from = "a" } },
    { kind = "effect.intent", path = "moved", data = { op = "x.y", digest = "2", ordinal = "3", title = "do b" } },
    { kind = "effect.outcome", path = "moved", data = { ordinal = "3", ok = true } },
    { kind = "step.done", path = "g", data = {} }, { kind = "step.renamed", path = "k", data = { from = "g" } },
  })
  t.eq({ effects[1].path, effects[1].state }, { "new a", "as planned" })
  t.eq({ effects[2].path, effects[2].state }, { "moved", "as planned" })
  t.eq({ effects[3].state, effects[4] }, { "not reached", nil })
end)

t.test("what was taken back, or left, is said", function()
  local effects = outcome.compare(plan, {
    intent("a", "1"), ended("a", true), intent("b", "2"), ended("b", false), intent("c", "3"), ended("c", true),
    { kind = "step.left", path = "c", data = { how = "skipped", place = 1, by = "r" } },
    { kind = "step.left", path = "b", data = { how = "nothing", place = 1, by = "r" } },
    { kind = "step.undone", path = "a", data = { by = "r", place = 1 } },
  })
  local words = {}
  for i, item in ipairs(effects) do words[i] = outcome.words(item) end
  t.eq(words, { "as planned, taken back", "failed; it never took place", "as planned, NOT taken back" })
end)

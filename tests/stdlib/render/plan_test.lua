-- A plan as text for its reviewer.
local drafts = require "almanac.run.plan.draft"
local plans = require "almanac.render.plan"
local t = require "tests.harness"

local function text_of(plan, undos)
  for _, list in ipairs { "effects", "steps", "gates", "asks" } do plan[list] = plan[list] or {} end
  return plans.text(plan, drafts.counts(plan), undos or {}, false)
end

t.test("steps with their effects, changes field by field, gates and questions", function()
  t.eq(text_of({
    steps = { { path = "a" }, { path = "a/b", note = "seen" }, { path = "g" }, { path = "q" } },
    effects = { {
      path = "a/b", title = "scale web", summary = "to 3", warnings = { "by hand" },
      changes = {
        { object = "deployment/web", action = "change", fields = { { path = "replicas", kind = "changed", old = 1, new = 3 } } },
        { object = "service/web", action = "unchanged" },
      },
    } },
    gates = { { path = "g", text = "0.9 is not < 0.1", ok = false }, { path = "g", text = "no data" } },
    asks = { { path = "q", question = "Go?" } },
  }, { "a/b: takes back scale web" }), [[
a
  b  seen
    → scale web
      to 3
      WARNING by hand
      ~ deployment/web  changed
          ~ replicas: 1 → 3
      = 1 unchanged
g
  WOULD FAIL NOW: 0.9 is not < 0.1
  NO VALUE NOW: no data
q
  ? asks the operator: Go?

Plan: 1 effect; objects: 1 changed, 1 unchanged; 2 gates, 1 would fail now, 1 without a value
After it, almanac rollback would, newest first:
  ↩ a/b: takes back scale web
]])
end)

t.test("what would stop the run is said in full, and then no undo is promised", function()
  local text = text_of({
    steps = { { path = "a" } }, effects = { { path = "a", title = "apply", would_fail = "the server refuses", hint = "ask it" } },
    stopped = "(known after a) is needed", held_by = "ann",
  }, { "never shown" })
  t.has(text, "WOULD STOP THE RUN: the server refuses\n      ask it")
  t.has(text, "The plan stops here: (known after a) is needed")
  t.has(text, "its lock is held by ann")
  t.has(text, "1 of them WOULD STOP THE RUN")
  t.lacks(text, "never shown")
end)

t.test("an empty plan counts nothing", function() t.eq(text_of {}, "\nPlan: 0 effects\n") end)

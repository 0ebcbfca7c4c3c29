-- A run beside the last good one: what was otherwise, and which steps took longer by more than chance.
local comparison = require "almanac.report.comparison"
local t = require "tests.harness"

local function report(id, seconds, steps, more)
  local out = { run = { id = id, status = "done", started_ms = 0, ended_ms = seconds * 1000 }, params = {}, steps = {} }
  for i, one in ipairs(steps) do
    out.steps[i] = { id = i, path = one[1], seconds = one[2], is_leaf = one.leaf ~= false, status = one.status or "done" }
  end
  for name, value in pairs(more or {}) do out.run[name] = value end
  return out
end

t.test("a step is slower by a second and by a quarter, or it is not named; the largest difference first", function()
  local good = report("good", 10, { { "a", 1 }, { "b", 100 }, { "c", 4 }, { "d", 60 }, { "outer", 9, leaf = false } })
  local now = report("now", 20, { { "a", 1.9 }, { "b", 110 }, { "c", 5.5 }, { "d", 10 }, { "outer", 90, leaf = false } })
  local out = comparison.of(now, good)
  t.eq({ #out.steps, out.steps[1].path, out.steps[2].path }, { 2, "d", "c" },
    "less than a second, less than a quarter, and one around others")
  t.eq({ out.seconds, out.now_seconds, out.steps[2].was, out.steps[2].now }, { 10, 20, 4, 5.5 })
end)

t.test("as large differences stand in the order of the script, ten at most", function()
  local was, is = {}, {}
  for i = 1, 12 do was[i], is[i] = { "s" .. i, 1 }, { "s" .. i, 5 } end
  local out = comparison.of(report("now", 1, is), report("good", 1, was))
  t.eq({ #out.steps, out.steps[1].path, out.steps[10].path }, { 10, "s1", "s10" })
end)

t.test("steps that one of them has not; one that was not reached yet is not new", function()
  local now = report("now", 1, { { "a", 1 }, { "new", 1 }, { "later", nil, status = "waiting" } })
  local out = comparison.of(now, report("good", 1, { { "a", 1 }, { "old", 1 } }))
  t.eq({ table.concat(out.new, " "), table.concat(out.gone, " ") }, { "new", "old" })
  now.run.status = "failed"
  t.eq(#comparison.of(now, report("good", 1, { { "old", 1 } })).gone, 0, "it may yet get to it")
end)

t.test("what was given or was otherwise around it, and nothing that was the same", function()
  local digest = ("ab"):rep(32)
  local good = report("good", 1, {}, { operator = "ann", digest = digest })
  local now = report("now", 1, {}, { operator = "bob", digest = digest })
  good.params, now.params = { { name = "tag", text = "v1" }, { name = "gone", text = "x" } }, { { name = "tag", text = "v2" } }
  local facts = {}
  for i, fact in ipairs(comparison.of(now, good).facts) do facts[i] = string.format("%s: %s, %s", fact.what, fact.was, fact.now) end
  t.eq(facts, { "parameter gone: x, nil", "parameter tag: v1, v2", "operator: ann, bob" })
end)

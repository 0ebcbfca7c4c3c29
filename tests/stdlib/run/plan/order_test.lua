-- The order of a plan is that of the script, and does not hang on which branch was quicker.
local orders = require "almanac.run.plan.order"
local t = require "tests.harness"

--- Entries by their texts, met in that order: "path" is the step's, "path: what" is in it.
local function sorted(met)
  local order, steps, entries = orders.new(), {}, {}
  for _, text in ipairs(met) do
    local path, what = text:match "^(.-): (.*)$"
    if path then
      entries[#entries + 1] = order:add { path = path, what = what }
    else
      steps[#steps + 1] = order:add_step { path = text }
    end
  end
  order:sort(steps)
  order:sort(entries)
  local out = {}
  for i, entry in ipairs(entries) do out[i] = entry.what end
  for i, step in ipairs(steps) do steps[i] = step.path end
  return table.concat(out, " "), table.concat(steps, " ")
end

t.test("branches come in the order in which they were begun", function()
  local quick = { "a", "p", "p/x", "p/y", "a: 1", "p/x: 2", "p/y: 3", "p/y: 4" }
  local slow = { "a", "p", "p/x", "p/y", "a: 1", "p/y: 3", "p/y: 4", "p/x: 2" }
  t.eq({ sorted(quick) }, { "1 2 3 4", "a p p/x p/y" })
  t.eq({ sorted(slow) }, { "1 2 3 4", "a p p/x p/y" })
end)

t.test("what a step does before and after a step in it stays so, also in branches", function()
  t.eq((sorted { "a", "a: 1", "a/b", "a/b: 2", "a: 3", "c", "c: 4" }), "1 2 3 4")
  t.eq((sorted { "p", "p/x", "p/y", "p/y: 4", "p/y/z", "p/x: 1", "p/x/w", "p/x/w: 2", "p/y/z: 5", "p/x: 3", "p: 6" }), "1 2 3 4 5 6")
end)

t.test("steps that are met later in a branch belong to it", function()
  t.eq(select(2, sorted { "p", "p/x", "p/y", "p/y/later", "p/x/later" }), "p p/x p/x/later p/y p/y/later")
end)

-- The mode plan and the draft that it fills: reads are real, effects are previewed, nothing waits.
local confirm = require "almanac.run.confirm"
local definitions = require "almanac.run.definitions"
local drafts = require "almanac.run.plan.draft"
local effect = require "almanac.run.effect"
local mode = require "almanac.run.mode.plan"
local runs = require "almanac.journal.run"
local sleep = require "almanac.run.sleep"
local step = require "almanac.run.step"
local t = require "tests.harness"
local unknown = require "almanac.base.unknown"
require "tests.any_effect"

local applied = 0
local function apply() applied = applied + 1 end

definitions.define("drafttest.change", {
  apply = apply, undo = function() end,
  preview = function(input)
    return { summary = "sets " .. input.to, changes = { { object = "o", action = "change" } }, result = input.to }
  end,
})
definitions.define("drafttest.blind", { apply = apply })
definitions.define("drafttest.fails", { apply = apply, preview = function() error { kind = "conflict", message = "theirs" } end })

local function plan(body)
  local run = runs.unrecorded({ params = {} }, mode)
  run.draft = drafts.new({ name = "book", path = "book.lua", script = {} }, run.meta)
  local told = {}
  run:observe(function(event) told[#told + 1] = event.kind end)
  step.within(run, body)
  return run.draft, told
end

t.test("effects are previewed and none happens; their predicted results go on", function()
  local got
  local draft, told = plan(function()
    got = step.step("a", function() return effect.perform("drafttest.change", { to = "on" }) end)
  end)
  t.eq({ got, applied, #draft.effects, draft.effects[1].summary }, { "on", 0, 1, "sets on" })
  t.eq(told, { "step.start", "effect.planned", "step.done" }, "whoever watches sees how far it is")
end)

t.test("what only the run will know is unknown, and so is what it is put into", function()
  local got
  local draft = plan(function()
    got = step.step("a", function() return effect.perform("drafttest.blind", {}) end)
    step.step("b", function() effect.perform("drafttest.change", { to = got }) end)
  end)
  t.ok(unknown.is(got))
  t.eq({ draft.effects[2].open, draft.effects[2].input.to }, { { { at = "/to", after = "a" } }, "(known after a)" })
  t.has(draft.effects[2].summary, "its input is known when it runs: to after a")
end)

t.test("a preview that fails is what would stop the run there", function()
  local draft = plan(function() step.step("a", function() effect.perform("drafttest.fails", {}) end) end)
  t.eq(draft.effects[1].would_fail, "theirs")
  t.eq(drafts.counts(draft).fail, 1)
end)

t.test("nobody is asked and nothing is waited for: the question is noted", function()
  local draft = plan(function()
    confirm.confirm "Go on?"
    sleep.sleep("rest", "1h")
  end)
  t.eq(draft.asks, { { path = "Go on?", question = "Go on?" } })
end)

t.test("a judgement about the world now is noted, and the plan goes on; any other error ends it", function()
  local draft = plan(function()
    step.step("look", function() error { kind = "gate", message = "0.9 is not < 0.1" } end)
    step.step("later", function() end)
  end)
  t.eq({ draft.steps[1].would_fail, draft.steps[1].surely, #draft.steps }, { "0.9 is not < 0.1", true, 2 })
  t.eq(drafts.counts(draft).steps_fail, 1, "nothing was changed before it: the run would meet it too")
  draft = plan(function()
    step.step("change", function() effect.perform("drafttest.change", { to = "on" }) end)
    step.step("look", function() error { kind = "gate", message = "0.9 is not < 0.1" } end)
    step.step("refused", function() error { kind = "refused", message = "no" } end)
  end)
  t.eq({ drafts.counts(draft).steps_may_fail, drafts.counts(draft).steps_fail }, { 1, 1 })
  t.raises("network", plan, function() step.step("look", function() error { kind = "network", message = "gone" } end) end)
end)

t.test("an effect on what one before it changes is none that changes nothing", function()
  local draft = plan(function() end)
  local function planned(path, ground, nothing)
    local one = { path = path, op = "x.y", title = path, ground = ground, nothing = nothing }
    table.insert(draft.effects, one)
    return one
  end
  local replicas, image = { ref = "web: replicas", of = "web" }, { ref = "web: image", of = "web" }
  local chart = { ref = "chart c.tgz", is_read = true }
  local marks = {}
  local all = {
    planned("same", { replicas }, true), planned("down", { replicas, chart }), planned("up", { replicas }, true),
    planned("image", { image }, true), planned("whole", { { ref = "web" } }, true), planned("image later", { image }, true),
    planned("other", { { ref = "other" }, chart }, true), planned("blind", nil, nil),
  }
  draft.order = { sort = function() end } -- they are in their order
  draft:settle()
  for i, one in ipairs(all) do marks[i] = one.on_top and "on top" or one.nothing and "nothing" or "change" end
  t.eq(marks, { "nothing", "change", "on top", "nothing", "on top", "on top", "nothing", "change" })
  t.eq({ drafts.counts(draft).nothing, all[3].nothing }, { 3, nil })
end)

t.test("undo is foretold newest first; what changes nothing has nothing to take back", function()
  local draft = plan(function()
    step.step("a", function() effect.perform("drafttest.change", { to = "on" }) end)
    step.step("b", function() effect.perform("drafttest.blind", {}) end)
  end)
  t.eq(drafts.undos(draft), { "b: does not take back drafttest.blind", "a: takes back drafttest.change" })
  draft.effects[1].nothing = true
  t.eq(drafts.undos(draft), { "b: does not take back drafttest.blind" })
end)

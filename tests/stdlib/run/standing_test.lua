-- What was done is asked whether it still is so.
local definitions = require "almanac.run.definitions"
local standing = require "almanac.run.standing"
local t = require "tests.harness"
local task = require "native.task"
local walked = require "tests.walked"
require "tests.any_effect"

local world = {}

definitions.define("standtest.make", {
  apply = function() end,
  holds = function(input, result)
    return { { about = input.name, look = function()
      if world.slow then task.sleep(3600) end
      if world[input.name] == "error" then error { kind = "network", message = "no way there" } end
      return world[input.name] ~= (result or "nothing") and input.name .. " is " .. tostring(world[input.name]) or nil
    end } }
  end,
})
definitions.define("standtest.remove", { apply = function() end, holds = function(input) return { { about = input.name } } end })
definitions.define("standtest.other", { apply = function() end })

--- A run with effects { op, name, result } in steps of their own, in this order.
local function run_of(effects)
  local events = {}
  for i, one in ipairs(effects) do
    local path, data = "s" .. i, { op = "standtest." .. one[1], id = tostring(i), ordinal = "0" }
    events[#events + 1] = { "effect.intent", path, { op = data.op, id = data.id, ordinal = "0", tries = 1, input = { name = one[2] } } }
    if one[3] ~= nil then
      data.ok, data.result = one[3] ~= "failed", one[3]
      events[#events + 1] = { "effect.outcome", path, data }
    end
  end
  return (walked.walk(events, function() end))
end

local function asked(effects)
  local otherwise, unasked, count = standing.ask(run_of(effects))
  return table.concat(standing.describe(otherwise, unasked), "\n"), count
end

t.test("what is as it was says nothing; what is not is shown", function()
  world = { a = "made", b = "gone" }
  t.eq({ asked { { "make", "a", "made" } } }, { "", 1 })
  t.eq(asked { { "make", "a", "made" }, { "make", "b", "made" } }, "what was done is not so any more:\n  ! s2: b is gone")
end)

t.test("of one thing the last effect is asked; what was taken away, and what is not done, are not", function()
  world = { a = "second" }
  t.eq({ asked { { "make", "a", "first" }, { "make", "a", "second" } } }, { "", 1 })
  t.eq({ asked { { "make", "a", "first" }, { "remove", "a", true } } }, { "", 0 })
  t.eq({ asked { { "make", "a", "first" }, { "make", "a" } } }, { "", 0 }, "in flight")
  t.eq({ asked { { "make", "a", "failed" }, { "other", "x", true } } }, { "", 0 })
end)

t.test("what cannot be asked is said, and is no contradiction", function()
  world = { a = "error" }
  local otherwise, unasked = standing.ask(run_of { { "make", "a", "made" } })
  t.eq({ #otherwise, #unasked }, { 0, 1 })
  t.has(table.concat(standing.describe(otherwise, unasked), "\n"),
    "could not be asked whether it still is so:\n  ! s1: standtest.make: no way there")
end)

t.test("many are counted", function()
  world = {}
  local effects = {}
  for i = 1, 12 do effects[i] = { "make", "n" .. i, "made" } end
  local text, count = asked(effects)
  t.eq(count, 12)
  t.has(text, "and 4 more")
end)

t.test("an effect of a script's own that says nonsense is not asked", function()
  for i, holds in ipairs {
    function() return 7 end, function() return { 1, {}, { about = 3 } } end, function() error "broken" end,
  } do
    definitions.define("standtest.odd" .. i, { apply = function() end, holds = holds })
    t.eq({ asked { { "odd" .. i, "a", true } } }, { "", 0 })
  end
end)

t.test("what a redo is to make once more is asked nothing, and nor is what it had changed", function()
  local events = {}
  for i, result in ipairs { 10, 50 } do
    local data = { op = "standtest.make", id = tostring(i), ordinal = "0", tries = 1, input = { name = "a" } }
    events[#events + 1] = { "effect.intent", "s" .. i, data }
    events[#events + 1] = { "effect.outcome", "s" .. i, { op = data.op, id = data.id, ordinal = "0", ok = true, result = result } }
    events[#events + 1] = { "step.done", "s" .. i }
  end
  world = { a = 50 }
  local function asked_of(more)
    local all = table.move(events, 1, #events, 1, {})
    for _, event in ipairs(more) do all[#all + 1] = event end
    local otherwise, _, count = standing.ask((walked.walk(all, function() end)))
    return #otherwise, count
  end
  t.eq({ asked_of {} }, { 0, 1 })
  t.eq({ asked_of { { "step.redo", "s2", {} } } }, { 0, 0 })
  t.eq({ asked_of { { "step.redo", "s2", {} }, { "step.renamed", "s3", { from = "s2" } } } }, { 0, 0 })
end)

t.test("a result that is false is handed on as it is", function()
  local got
  definitions.define("standtest.off", { apply = function() end, holds = function(_, result) got = result return {} end })
  asked { { "off", "a", false } }
  t.eq(got, false)
end)

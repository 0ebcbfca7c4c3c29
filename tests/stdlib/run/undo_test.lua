-- What takes a run back, and in which order.
local definitions = require "almanac.run.definitions"
local effect = require "almanac.run.effect"
local step = require "almanac.run.step"
local t = require "tests.harness"
local undo = require "almanac.run.undo"
local walked = require "tests.walked"

definitions.define("undotest.set", { apply = function() end, undo = function() end })
definitions.define("undotest.send", { apply = function() end })

local function took_place(path, op, title, ok)
  local id = path .. op
  return { "effect.intent", path, { op = op, id = id, ordinal = "0", tries = 1, title = title } },
    { "effect.outcome", path, { op = op, id = id, ordinal = "0", ok = ok ~= false } }
end

local function listed(events, body)
  local undos, left = undo.list((walked.walk(events, body)))
  local what = {}
  for i, item in ipairs(undos) do what[i] = item.what end
  return what, left
end

local function perform(op) return function() effect.perform(op, {}) end end

t.test("effects are taken back newest first; what nothing takes back is said", function()
  local events = {}
  for _, path in ipairs { "a", "b" } do
    local intent, outcome = took_place(path, "undotest.set", "set " .. path)
    events[#events + 1], events[#events + 2] = intent, outcome
    events[#events + 1] = { "step.done", path }
  end
  local intent, outcome = took_place("c", "undotest.send", "send a mail")
  events[#events + 1], events[#events + 2] = intent, outcome
  local what, left = listed(events, function()
    step.step("a", perform "undotest.set")
    step.step("b", perform "undotest.set")
    step.step("c", perform "undotest.send")
  end)
  t.eq(what, { "b: takes back set b", "a: takes back set a" })
  t.eq(left, { "send a mail" })
end)

t.test("a step's own undo stands for all that is below it, once", function()
  local intent, outcome = took_place("a/b", "undotest.set", "set b")
  local what = listed({ intent, outcome, { "step.done", "a/b" }, { "step.done", "a", { result = 7 } } }, function()
    step.step("a", { undo = function() end }, function() step.step("b", perform "undotest.set") end)
  end)
  t.eq(what, { "a: its undo (takes back set b)" })
end)

t.test("a done step with an undo and no effect is taken back too; one that is not done is not", function()
  local what = listed({ { "step.done", "a" } }, function()
    step.step("a", { undo = function() end }, function() end)
    step.step("b", { undo = function() end }, function() end)
  end)
  t.eq(what, { "a: its undo" })
end)

t.test("the undo is given what the step returned", function()
  local got
  local run = walked.walk({ { "step.done", "a", { result = { revision = 3 } } } }, function()
    step.step("a", { undo = function(result) got = result end }, function() end)
  end)
  undo.list(run)[1].fn()
  t.eq(got, { revision = 3 })
end)

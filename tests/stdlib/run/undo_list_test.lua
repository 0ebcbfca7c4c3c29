-- What takes a run back, and in which order.
local definitions = require "almanac.run.definitions"
local effect = require "almanac.run.effect"
local step = require "almanac.run.step"
local t = require "tests.harness"
local undo_list = require "almanac.run.undo_list"
local walked = require "tests.walked"
require "tests.any_effect"

definitions.define("undotest.set", { apply = function() end, undo = function() end })
definitions.define("undotest.send", { apply = function() end })

local function took_place(path, op, title, ok)
  local id = path .. op
  return { "effect.intent", path, { op = op, id = id, ordinal = "0", tries = 1, title = title } },
    { "effect.outcome", path, { op = op, id = id, ordinal = "0", ok = ok ~= false } }
end

local function listed(events, body)
  local run = walked.walk_back(events, body)
  local undos, left = undo_list.of(run)
  local what = {}
  for i, item in ipairs(undos) do what[i] = item.what end
  for i, item in ipairs(left) do left[i] = item.title end
  return what, left, undo_list.unreached(run)
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
  local run = walked.walk_back({ { "step.done", "a", { result = { revision = 3 } } } }, function()
    step.step("a", { undo = function(result) got = result end }, function() end)
  end)
  undo_list.of(run)[1].take()
  t.eq(got, { revision = 3 })
end)

local with_undo = { undo = function() end }

t.test("an undo within done steps that have none is found, however deep", function()
  local intent, outcome = took_place("a/b/c", "undotest.send", "send")
  local what, left, unreached = listed({
    intent, outcome, { "step.done", "a/b/c", { undo = true } }, { "step.done", "a/b", { result = 1 } }, { "step.done", "a" },
  }, function()
    step.step("a", function()
      local seen = step.step("b", function() step.step("c", with_undo, perform "undotest.send") end)
      return seen + 1
    end)
  end)
  t.eq({ what, left, unreached }, { { "a/b/c: its undo (takes back send)" }, {}, {} })
end)

t.test("the undo of a step around it stands for that of one within", function()
  local what, _, unreached = listed({ { "step.done", "a/b", { undo = true } }, { "step.done", "a", { undo = true } } }, function()
    step.step("a", with_undo, function() step.step("b", with_undo, function() end) end)
  end)
  t.eq({ what, unreached }, { { "a: its undo" }, {} })
end)

t.test("what a done step looked at is not there: an undo behind that is said to be out of reach", function()
  local what, _, unreached = listed({
    { "step.done", "a/b", { undo = true } }, { "step.done", "a/c", { undo = true } }, { "step.done", "a" },
  }, function()
    step.step("a", function()
      step.step("b", with_undo, function() end)
      step.require_read "looking"
      step.step("c", with_undo, function() end)
    end)
  end)
  t.eq({ what, unreached }, { { "a/b: its undo" }, { "a/c" } })
end)

t.test("the body of a done step is entered when the walk is over: what it sets changes nothing for the others", function()
  local set
  local what = listed({ { "step.done", "a/b", { undo = true } }, { "step.done", "a" }, { "step.done", "x", { undo = true } } }, function()
    step.step("a", function()
      set = true
      step.step("b", with_undo, function() end)
    end)
    step.step(set and "y" or "x", with_undo, function() end)
  end)
  t.eq(what, { "x: its undo", "a/b: its undo" })
end)

t.test("steps that made no effect are taken back in their place among the others", function()
  local events = { { "step.done", "a", { undo = true } } }
  events[2], events[3] = took_place("b", "undotest.set", "set b")
  events[4], events[5] = { "step.done", "b" }, { "step.done", "c", { undo = true } }
  local what = listed(events, function()
    step.step("a", with_undo, function() end)
    step.step("b", perform "undotest.set")
    step.step("c", with_undo, function() end)
  end)
  t.eq(what, { "c: its undo", "b: takes back set b", "a: its undo" })
end)

t.test("of several effects of a step those that are taken back are left out, and the others keep their names", function()
  local events = {}
  for ordinal = 0, 2 do
    local id = "effect " .. ordinal
    events[#events + 1] = { "effect.intent", "a", { op = "undotest.set", id = id, ordinal = tostring(ordinal), tries = 1, title = id } }
    events[#events + 1] = { "effect.outcome", "a", { op = "undotest.set", id = id, ordinal = tostring(ordinal), ok = true } }
  end
  events[#events + 1] = { "step.done", "a" }
  events[#events + 1] = { "step.undone", "a", { by = "rollback-1" } }
  local undos = undo_list.of((walked.walk_back(events, function()
    step.step("a", function() for _ = 0, 2 do effect.perform("undotest.set", {}) end end)
  end)))
  local names = {}
  for i, one in ipairs(undos) do names[i] = one.name .. " " .. one.what end
  t.eq(names, { "undo a (2) a: takes back effect 1", "undo a (3) a: takes back effect 0" })
end)

definitions.define("undotest.keep", { apply = function() end, undo = function() end }, { already = function() return true end })

t.test("what changed nothing is not taken back, by itself or by its step; what a run did before it is", function()
  local function made(path, result, more)
    local data = { op = "undotest.keep", id = path, ordinal = "0", tries = 1, title = "keep " .. path }
    for name, value in pairs(more or {}) do data[name] = value end
    return { "effect.intent", path, data }, { "effect.outcome", path, {
      op = "undotest.keep", id = data.id, ordinal = "0", ok = true, result = result, recovered = data.recovered } }
  end
  local done = { already_done = true }
  local function list(...)
    return (listed({ ... }, function()
      step.step("a", perform "undotest.keep")
      step.step("b", { undo = function() end }, perform "undotest.keep")
    end))
  end
  local A, B = "a: takes back keep a", "b: its undo (takes back keep b)"
  local function both(result, more)
    local a, a_ended = made("a", result, more)
    local b, b_ended = made("b", result, more)
    return list(a, a_ended, { "step.done", "a" }, b, b_ended, { "step.done", "b", { undo = true } })
  end
  t.eq(both({ changed = true }), { B, A })
  t.eq(both({ changed = false }), {})
  t.eq(both({ { changed = false }, { changed = false } }), {})
  t.eq(both({ { changed = false }, { changed = true } }), { B, A })
  t.eq(both(done), {})
  t.eq(both(done, { recovered = true }), { B, A }, "an older almanac said so of what it was killed in")
  t.eq(both(done, { recovered = true, already = true }), {})
  local first, ended = made("b", nil)
  local again, ended_again = made("b", done, { id = "b2", tries = 2, already = true })
  t.eq(list({ "step.done", "a" }, first, ended, { "step.done", "b", { undo = true } }, { "step.redo", "b", {} }, again, ended_again,
    { "step.done", "b", { undo = true } }), { B }, "a redo found what the run itself had done")
end)

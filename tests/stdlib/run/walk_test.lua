-- The mode walk: a script is looked at over the journal of its run, and nothing happens.
local confirm = require "almanac.run.confirm"
local definitions = require "almanac.run.definitions"
local effect = require "almanac.run.effect"
local parallel = require "almanac.run.parallel"
local sleep = require "almanac.run.sleep"
local step = require "almanac.run.step"
local t = require "tests.harness"
local walked = require "tests.walked"
require "tests.any_effect"

definitions.define("walktest.touch", { apply = function() error "a walk must not do this" end })

local function paths(run)
  local out = {}
  for _, visit in ipairs(run.visits) do
    for _, path in ipairs(visit.first and run.done:met_paths(visit.first, visit.last) or {}) do out[#out + 1] = path end
    if visit.path then out[#out + 1] = visit.path .. (visit.done and "" or "?") end
  end
  return out
end

t.test("done steps give their results without running; the first that is not done is the frontier", function()
  local seen
  local run, err = walked.walk({ { "step.done", "one", { result = { n = 4 } } } }, function()
    seen = step.step("one", function() error "done already" end)
    step.step("two", function() error "must not be reached as a failure" end)
    error "behind the frontier"
  end)
  t.eq({ err, seen.n, paths(run) }, { nil, 4, { "one", "two?" } })
end)

t.test("nobody is asked, nothing is waited for and nothing is written", function()
  for name, body in pairs {
    confirm = function() confirm.confirm "Go on?" end, sleep = function() sleep.sleep("rest", "1h") end,
    effect = function() step.step("touch", function() effect.perform("walktest.touch", {}) end) end,
    note = function() step.step("say", function() step.note "not said" end) end,
  } do
    local run, err = walked.walk({}, body)
    t.eq(err, nil, name)
    t.eq(#run.visits, 1, name)
    run:flush()
    t.eq(run.journal:last_seq "r", 0, name)
  end
end)

t.test("an effect that took place gives its result, in a step that is not done", function()
  local got
  walked.walk({
    { "effect.intent", "s", { op = "walktest.touch", id = "1", ordinal = "0", tries = 1 } },
    { "effect.outcome", "s", { op = "walktest.touch", id = "1", ordinal = "0", ok = true, result = "touched" } },
  }, function()
    step.step("s", function() got = effect.perform("walktest.touch", {}) end)
  end)
  t.eq(got, "touched")
end)

t.test("all branches of a parallel are looked at, whatever the first comes to", function()
  local run = walked.walk({ { "step.done", "both/b", { result = 1 } } }, function()
    parallel.parallel("both", { a = function() step.note "x" end, b = function() error "done" end, c = function() end })
  end)
  t.eq(paths(run), { "both?", "both/a?", "both/b", "both/c?" })
end)

t.test("an error of the script before its frontier is told", function()
  local _, err = walked.walk({}, function() error { kind = "command", message = "broken" } end)
  t.eq(err and err.message, "broken")
end)

-- An undo of a script that touches what the run did not is asked about, once, before it does.
local definitions = require "almanac.run.definitions"
local execute = require "almanac.run.mode.execute"
local operators = require "almanac.run.operator"
local runs = require "almanac.journal.run"
local step = require "almanac.run.step"
local t = require "tests.harness"
local task = require "native.task"
local undo_binding = require "almanac.run.plan.undo_binding"

definitions.define("bindtest.set", {
  apply = function() end, allow = { category = "flags", of = function(input) return { { category = "flags", names = { input } } } end },
})

--- A rollback of a run that touched the flag "a"; each call of it is made by the function of the script, if any.
local function rollback(answer, by_script)
  local asked, run = {}, runs.unrecorded({}, execute)
  run.operator = operators.new { no_ask = true }
  run.operator.answers = function(question)
    asked[#asked + 1] = question
    return answer
  end
  local original = { replay = { effects_newest_first = function() return { { intent = { op = "bindtest.set", input = "a" } } } end } }
  local binding = undo_binding.to(original)
  local function check(name, frame_of)
    local err
    task.with({ context = { run = run } }, step.run, "undo", {}, function()
      local frame = step.current()
      frame.by_script = by_script or false
      if frame_of then frame_of(frame) end
      local call = { name = "bindtest.set", definition = definitions.find "bindtest.set", input = name }
      local ok, raised = pcall(binding.check, binding, frame, call)
      err = not ok and raised or nil
    end)
    run:forget "undo"
    return err
  end
  return check, asked
end

t.test("what the run touched may be touched again; anything else is asked about, and then let", function()
  local check, asked = rollback("go on", { at = "r.lua:5", of = "deploy" })
  t.eq(check "a", nil)
  t.eq(#asked, 0)
  t.eq({ check "b", check "c" }, {})
  t.eq(#asked, 1, "the operator let that function")
  t.has(asked[1], "The undo of deploy, r.lua:5, goes beyond what the plan of the run shows: bindtest.set. "
    .. "Let it do that, and whatever else it does?")
end)

t.test("a no stops it, with what may be done instead", function()
  local check = rollback("stop", { at = "r.lua:5", of = "deploy" })
  local err = check "b"
  t.eq({ err.kind, err.hint }, { "refused", "take it back by hand, and leave it out: --skip" })
end)

t.test("what the library takes back is not asked about", function()
  local check, asked = rollback("stop", nil)
  t.eq(check "b", nil)
  local script, questions = rollback("stop", { at = "r.lua:5", of = "deploy" })
  t.eq(script("b", function(frame) frame.within = "bindtest.set" end), nil, "a part of an effect of the library")
  t.eq({ #asked, #questions }, { 0, 0 })
end)

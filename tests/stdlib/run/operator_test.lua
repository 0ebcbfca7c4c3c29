-- The operator of a run: who is asked, and where things are shown.
local execute = require "almanac.run.mode.execute"
local operators = require "almanac.run.operator"
local runs = require "almanac.journal.run"
local t = require "tests.harness"

local function recording_renderer(seen)
  local renderer = { wants_all = false }
  function renderer.event(_, event) seen[#seen + 1] = event.kind end
  function renderer.above(_, text) seen[#seen + 1] = "above: " .. text end
  function renderer.start() seen[#seen + 1] = "start" end
  function renderer.stop() seen[#seen + 1] = "stop" end
  return renderer
end

t.test("a run without an operator asks nobody and shows nothing", function()
  local nobody = operators.of(runs.unrecorded({}, execute))
  t.eq({ nobody:can_be_asked(), nobody:choose("Well?", { "yes", "no" }), nobody:line "> " }, { false })
end)

t.test("what is shown goes through the renderer while there is one", function()
  local seen = {}
  local operator = operators.new { renderer = function() return recording_renderer(seen) end }
  local run = runs.unrecorded({}, execute)
  operator:show(run)
  run:record("step.start", "a", { attempt = 1 })
  operator:say "a word"
  operator:hide()
  t.eq(seen, { "start", "step.start", "above: a word", "stop" })
end)

t.test("an answer given beforehand answers what is in doubt", function()
  local operator = operators.new { no_ask = true, in_doubt = "redo" }
  t.eq(operator:in_doubt("a", { op = "x.y" }), "redo")
  t.eq(operators.new({ no_ask = true }):in_doubt("a", { op = "x.y" }), nil)
end)

t.test("two operators know nothing of each other", function()
  local one, other = operators.new { in_doubt = "done" }, operators.new {}
  one.begun = true
  t.eq({ other.begun, other.in_doubt_answer }, { false })
end)

t.test("a choice is answered by its first letter, of as many bytes as it has", function()
  t.eq({ operators.letter "yes", operators.letter "é", operators.letter "élan", operators.letter "\xff" }, { "y", "é", "é", "\xff" })
end)

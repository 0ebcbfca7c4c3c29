-- What people decided: questions with their answers, one for each time that it was really asked.
local decisions = require "almanac.report.decisions"
local t = require "tests.harness"

local function of(events)
  local all = decisions.new()
  for i, one in ipairs(events) do all:add { kind = one[1], path = "q", data = one[2], time_ms = i } end
  return all.list
end

local ASKED = { "confirm.asked", { question = "Go on?" } }

t.test("asked again after a stop it is the same question; behind a no, another one", function()
  local list = of { ASKED, ASKED, { "confirm.answered", { answer = "no", by = "ann" } }, ASKED,
    { "confirm.answered", { answer = "yes", by = "bob", signature = "s", at_ms = 77 } } }
  t.eq(#list, 2)
  t.eq({ list[1].answers[1].answer, list[2].answers[1].by, list[2].answers[1].at_ms, list[2].answers[1].signed }, { "no", "bob", 77, true })
  t.eq(#of { ASKED, { "confirm.asked", { question = "Really?" } } }, 2, "another text is another question")
end)

t.test("an answer that came before its question was told has one of its own", function()
  local list = of { { "confirm.answered", { answer = "yes", by = "ann" } }, { "confirm.answered", { answer = "yes", by = "bob" } } }
  t.eq({ #list, list[1].question, #list[1].answers }, { 1, "", 2 })
end)

t.test("a guard's question is one, and what the runbook answered by itself is told as that", function()
  local breach = { "guard.breach", { breaches = { { name = "errors", why = "9 > 5" }, { name = "lag", why = "no data" } } } }
  local list = of { breach, ASKED, { "guard.answered", { answer = "go on", by = "bob" } } }
  t.eq({ #list, list[1].what }, { 1, "guard" }, "what a person answered is told by the question")
  list = of { breach, { "guard.answered", { answer = "abort", by = "on_breach" } } }
  t.eq({ list[1].question, list[1].answers[1].by }, { "errors: 9 > 5; lag: no data", "on_breach of the runbook" })
end)

t.test("what was decided without a question is a decision, too", function()
  local list = of {
    { "effect.answered", { id = "e1", answer = "done", by = "ann" } }, { "step.renamed", { from = "old", operator = "ann" } },
    { "run.override", { closed = "the freeze", by = "ann", reason = "hotfix" } }, { "run.unbound", { operator = "ann" } }, { "note", {} },
  }
  local what = {}
  for i, one in ipairs(list) do what[i] = one.what end
  t.eq(what, { "in doubt", "renamed", "windows", "without the plan" })
  t.eq(list[3].answers[1].reason, "hotfix")
end)

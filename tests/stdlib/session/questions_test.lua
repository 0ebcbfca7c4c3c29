-- Answers to questions of a run: which word one stands for, and which is none.
local questions = require "almanac.session.questions"
local t = require "tests.harness"

t.test("yes and no stand for the first and the last choice; a choice is said by its own word", function()
  local question = { question = "What now?", choices = { "retry", "skip", "quit" } }
  t.eq({ questions.word_of(question, "yes"), questions.word_of(question, "no"), questions.word_of(question, "skip") },
    { "retry", "quit", "skip" })
  t.eq({ questions.word_of({ question = "?" }, "yes"), questions.word_of({ question = "?" }, "no") }, { "yes", "no" })
  local err = t.raises("refused", function() questions.word_of(question, "maybe") end)
  t.eq({ err.message, err.hint }, { '"maybe" is no answer to: What now?', "it takes one of: retry, skip, quit" })
end)

t.test("yes is nothing where several answers have to be signed: it does not say which", function()
  local question = { question = "Which?", choices = { "a", "b", "stop" }, must_sign = { "a", "b" } }
  t.raises("refused", function() questions.word_of(question, "yes") end)
  t.eq({ questions.word_of(question, "b"), questions.word_of(question, "no") }, { "b", "stop" })
  question.must_sign = { "a" }
  t.eq(questions.word_of(question, "yes"), "a")
end)

t.test("a text is taken where the pattern fits it, and is no yes or no", function()
  local question = { question = "Tag?", pattern = "^v%d+$" }
  t.eq(questions.word_of(question, "v12"), "v12")
  local err = t.raises("refused", function() questions.word_of(question, "yes") end)
  t.eq(err.hint, "it takes a text that the pattern ^v%d+$ fits")
end)

t.test("what was answered already is refused once more, unless it was overtaken or is another answer", function()
  local question = { shown = "ask", row = { id = "r-1" }, given = { answer = "yes", by = "ann" } }
  local err = t.raises("refused", function() questions.check_other(question, "yes", {}) end)
  t.has(err.message, "ask was ")
  questions.check_other(question, "no", {})
  question.given.overtaken = "the run goes on on another cluster"
  questions.check_other(question, "yes", {})
  question.given = nil
  questions.check_other(question, "yes", {})
end)

t.test("an answer is bound to what it was asked about, also to there being no environment and no cluster", function()
  local answer = questions.answer({ question = "Go?", script = "abc", plan = "p" }, { answer = "yes", by = "ann", reason = "why" })
  t.ok(math.type(answer.at_ms) == "integer")
  answer.at_ms = nil
  t.eq(answer, { question = "Go?", answer = "yes", by = "ann", script = "abc", plan = "p", environment = "none", cluster = "none",
    reason = "why" })
end)

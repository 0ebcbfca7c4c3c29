-- The steps of a report's page: what each shows, and that what a script says stays text.
local html = require "tests.stdlib.report.html.markup_of"
local report_of = require("tests.report_events").report
local steps = require "almanac.report.html.steps"
local t = require "tests.harness"

local START = { "run.start", "", { runbook = "r" }, 0 }

t.test("one that only took place is a line; one with something to say unfolds; the one that failed first is open", function()
  local report = report_of {
    START, { "step.start", "plain" }, { "step.done", "plain", {} }, { "step.start", "told" }, { "note", "told", { text = "half" } },
    { "step.done", "told", {} }, { "step.start", "bad" }, { "step.failed", "bad", { kind = "command", message = "exit 3" } },
    { "run.end", "", { status = "failed", error = { kind = "command", message = "exit 3", step = "bad" } } },
  }
  local text = html.text(steps.render(report))
  t.eq(html.count(text, "<details"), 2)
  t.eq(html.count(text, " open>"), 1)
  t.has(text, '<details class="step d0 f-failed" id="s3" open>')
  t.has(text, "<li>half</li>")
  t.eq({ html.count(text, 'id="only-done"'), html.count(text, 'id="only-failed"'), html.count(text, 'id="only-skipped"') }, { 1, 1, 0 })
end)

t.test("what a script, a server or an operator wrote is text wherever it stands", function()
  local evil = "</pre><script>alert(1)</script>\"'&\27[2J"
  local report = report_of {
    START, { "step.start", evil }, { "note", evil, { text = evil } }, { "output", evil, { stream = "stdout", text = evil } },
    { "effect.intent", evil, { op = "sh.run", id = "e", ordinal = "0", title = evil, input = { argv = { evil } }, before = evil } },
    { "effect.outcome", evil, { op = "sh.run", id = "e", ordinal = "0", ok = false, error = { message = evil } } },
    { "step.retry", evil, { delay = 1, message = evil } }, { "step.failed", evil, { kind = "command", message = evil, at = evil } },
    { "run.end", "", { status = "failed", error = { kind = "command", message = evil } } },
  }
  local text = html.text(steps.render(report))
  t.lacks(text, "<script")
  t.lacks(text, "\27")
  t.ok(html.count(text, "&lt;script&gt;") >= 6, text)
  local depth = 0
  for closing in text:gmatch "<(/?)details" do depth = depth + (closing == "" and 1 or -1) end
  t.eq(depth, 0)
end)

t.test("steps that are done are listed up to what a browser takes; the others always", function()
  local report = { counts = { steps = 10003, done = 10001 }, failure = nil, run = { words = "r-1" }, steps = {} }
  for i = 1, 10003 do
    report.steps[i] = { id = i, path = "s" .. i, name = "s" .. i, depth = 0, is_leaf = true, status = i > 10001 and "failed" or "done",
      retries = {}, notes = {}, output = {}, effects = {} }
  end
  local text = html.text(steps.render(report))
  t.eq({ html.count(text, " f-done"), html.count(text, " f-failed") }, { 10000, 2 })
  t.has(text, "1 more steps are done, more than a browser takes: almanac report r-1 --format json has all of them.")
end)

t.test("every status that a step can have has a filter, and each filter its rules", function()
  local rules = steps.rules()
  for status in pairs(require("almanac.report.words").MARKS) do t.has(rules, "#only-" .. status .. ":checked") end
end)

t.test("an effect's colour is what became of it", function()
  local out = {}
  for i, effect in ipairs { { status = "done" }, { status = "recovered" }, { status = "failed" }, { status = "done", undone = true },
    { status = "in doubt" } } do out[i] = steps.effect_class(effect) end
  t.eq(out, { "s-done", "s-done", "s-failed", "s-undone", "s-running" })
end)

-- Texts that are signed: no value can pass for another line, and what differs is named.
local statement = require "almanac.base.statement"
local t = require "tests.harness"

t.test("a line for each value, in JSON; what is nil is left out", function()
  t.eq(statement.text("almanac x 1", { { "run", "r" }, { "reason", nil }, { "at", 5 }, { "question", 'a\nrun: "s"' } }),
    'almanac x 1\nrun: "r"\nat: 5\nquestion: "a\\nrun: \\"s\\""\n')
end)

t.test("what a text says is read back; what is no JSON is nothing", function()
  local text = statement.text("almanac x 1", { { "run", "r" }, { "question", "a\nb" } })
  t.eq(statement.parse(text), { run = "r", question = "a\nb" })
  t.eq(statement.parse "almanac x 1\nrun: r\nstep: \"s\"\nrun\n", { step = "s" })
  t.eq(statement.parse "", {})
end)

t.test("the first difference, and which of two texts has what", function()
  local function text(run, step) return statement.text("almanac x 1", { { "run", run }, { "step", step } }) end
  t.eq(statement.difference(text("r", "s"), text("r", "s")), nil)
  t.eq({ statement.difference(text("q", "x"), text("r", "s")) }, { "run", '"q"', '"r"' })
  t.eq({ statement.difference(text("r"), text("r", "s")) }, { "step", "nothing", '"s"' })
  t.eq({ statement.difference("almanac y 1\n", text("r")) }, { "title", "almanac y 1", "almanac x 1" })
  for _, more in ipairs { "\n", "x", 'extra: "line"\n', 'run: "r"\n' } do
    t.eq((statement.difference(text("r", "s") .. more, text("r", "s"))), "title", more)
  end
end)

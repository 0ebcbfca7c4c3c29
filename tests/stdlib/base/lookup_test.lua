-- What is asked, and the answer that a test recorded for it.
local lookup = require "almanac.base.lookup"
local t = require "tests.harness"

t.test("its own text first, then the most exact pattern", function()
  local answers = { ["git *"] = "any", ["git rev-parse *"] = "parse", ["git rev-parse HEAD"] = "head" }
  t.eq(lookup.find(answers, "git rev-parse HEAD"), "head")
  t.eq(lookup.find(answers, "git rev-parse main"), "parse")
  t.eq(lookup.find(answers, "git  status"), "any")
  t.eq(lookup.find(answers, "hg status"), nil)
end)

t.test("only * stands for other text; blanks are one", function()
  t.eq(lookup.find({ ["GET /a?b=1"] = 1 }, "GET /a?b=1"), 1)
  t.eq(lookup.find({ ["GET /a?b*"] = 1 }, "GET /axb=1"), nil)
  t.eq(lookup.find({ ["rate(x[5m])  /\n  rate(y[5m])"] = 1 }, "rate(x[5m]) / rate(y[5m])"), 1)
  t.eq(lookup.find({ ["rate(x[5m]) > *"] = 1 }, "rate(x[5m]) > 3"), 1)
end)

t.test("an answer that is false or nothing is one: its pattern is told", function()
  local answer, pattern = lookup.find({ up = false }, "up")
  t.eq(answer, false)
  t.eq(pattern, "up")
  t.eq(select(2, lookup.find({}, "up")), nil)
end)

-- Words that all forms of a report share.
local t = require "tests.harness"
local words = require "almanac.report.words"

local NOON = 1795953600000 -- 2026-11-29 12:00:00 UTC

t.test("times and lengths, as one reads them", function()
  t.eq(words.span(NOON, NOON + 125000), "2026-11-29 12:00:00 – 12:02:05 UTC (2m5s)")
  t.has(words.span(NOON, NOON + 86400000), "– 2026-11-30 12:00:00 UTC (")
  t.has(words.span(NOON, nil), "since 2026-11-29 12:00:00")
  t.eq({ words.length(nil), words.length(1.2344), words.length(9.9996), words.length(61.6) }, { "", "1.2s", "10s", "1m2s" })
end)

t.test("what became of an effect, and of its undo", function()
  t.eq(words.effect { status = "done" }, "done")
  t.eq(words.effect { status = "done", undone = true }, "done, taken back")
  t.eq(words.effect { status = "failed", left = "nothing" }, "failed; it never took place")
  t.eq(words.effect { status = "begun", left = "skipped" }, "begun, no outcome, NOT taken back")
end)

t.test("how often something befell a run, and nothing of what did not", function()
  t.eq(words.course { kills = 1, resumes = 2, edits = 0, retries = 1 }, { "killed once", "resumed 2 times", "1 retry" })
  t.eq(words.course { kills = 0, resumes = 0, edits = 0, retries = 0 }, {})
end)

t.test("a text is cut between characters, and a value stands on one line", function()
  t.eq({ words.cut("abc", 3), words.cut("abcd", 3), words.cut("aäöü", 4) }, { "abc", "abc…", "aä…" })
  t.eq({ words.value "two\nlines", words.value "", words.value(nil), words.value { b = 1, a = {} } },
    { '"two\\nlines"', '""', "", '{"a":{},"b":1}' })
  t.eq({ words.first_line "  \n one\27[31m\ntwo", words.first_line(nil) }, { "one", "" })
end)

t.test("a changed field in one line", function()
  t.eq(words.field { path = ".spec.replicas", kind = "changed", old = 1, new = 2 }, "~ .spec.replicas: 1 → 2")
  t.eq(words.field { path = ".spec.paused", kind = "added", new = true }, "+ .spec.paused: true")
  t.eq(words.field { path = ".spec.paused", kind = "removed", old = false }, "- .spec.paused: false")
end)

-- The forms of a report that others read: Markdown in a comment's size, JUnit's counts, and markup that escapes by itself.
local json = require "almanac.report.json"
local junit = require "almanac.report.junit"
local markdown = require "almanac.report.markdown"
local markup = require "almanac.report.markup"
local page = require "almanac.report.html.page"
local report_of = require("tests.report_events").report
local t = require "tests.harness"

--- A run of a step that is done, one that failed, one that was cancelled, and a run that was killed in the next.
local function mixed()
  return report_of {
    { "run.start", "", { runbook = "rollout", params = { tag = "v2" } }, 0 },
    { "step.start", "read", {}, 1 }, { "step.done", "read", { elapsed_ms = 1500, started = 1795912001000, result = { revision = 7 } }, 2 },
    { "step.start", "p", {}, 3 }, { "step.start", "p/node", {}, 3 }, { "step.start", "p/miner", {}, 3 },
    { "output", "p/node", { stream = "stderr", text = "cannot open | database" } },
    { "step.failed", "p/node", { kind = "rollout", message = "CrashLoopBackOff\nsecond line" }, 8 },
    { "step.interrupted", "p/miner", { level = "cancel", message = "cancelled" }, 8 },
    { "step.failed", "p", { kind = "rollout", message = "CrashLoopBackOff" }, 8 },
    { "run.end", "", { status = "failed", error = { kind = "rollout", message = "CrashLoopBackOff", step = "p/node", hint = "look" } }, 9 },
  }
end

t.test("JUnit: a case for each step that holds no other, what failed and what befell a step apart", function()
  local xml = junit.render(mixed())
  t.has(xml, 'tests="3" failures="1" errors="1" skipped="0"')
  t.has(xml, '<testcase classname="r/p" name="node" time="5.000"><failure message="CrashLoopBackOff" type="rollout">')
  t.has(xml, '<error message="cancelled" type="cancelled">')
  t.has(xml, '<property name="parameter tag" value="v2">')
end)

t.test("JUnit: a run that failed outside of its steps is not green", function()
  local xml = junit.render(report_of {
    { "run.start", "", { runbook = "rollout" } }, { "run.end", "", { status = "failed", error = { kind = "script", message = "nil" } } },
  })
  t.has(xml, 'tests="1" failures="0" errors="1"')
end)

t.test("Markdown: the whole of a small run", function()
  t.golden("report/mixed.md", markdown.render(mixed()))
end)

t.test("Markdown: kills, resumes and edits are told, as the page tells them", function()
  local report = report_of {
    { "run.start", "", { runbook = "r", operator = "alice", host = "here", digest = ("a"):rep(64) }, 0 },
    { "step.start", "one", {}, 1 },
    { "run.resume", "", { operator = "bob", host = "there", digest = ("b"):rep(64) }, 60 },
    { "step.start", "one", {}, 61 }, { "step.retry", "one", { attempt = 1, message = "no", delay = 1 }, 62 },
    { "run.end", "", { status = "paused" }, 64 },
    { "run.resume", "", { operator = "bob", host = "there", digest = ("b"):rep(64) }, 70 },
    { "step.done", "one", { elapsed_ms = 10, started = 1795912070000 }, 71 }, { "run.end", "", { status = "done" }, 72 },
  }
  local text = markdown.render(report)
  t.has(text, "\nkilled once, resumed 2 times, its script edited once, 1 retry\n")
  t.has(text, "### How it went on\n\n| how | by | from | for | ended | script |\n")
  t.has(text, "| run | `alice on here` | 2026-11-29 00:26:40 UTC | 1s | killed | `aaaaaaaaaaaa` |\n")
  t.has(text, "| resume, the script edited | `bob on there` | 2026-11-29 00:27:40 UTC | 4s | paused | `bbbbbbbbbbbb` |\n")
  t.has(text, "| resume | `bob on there` | 2026-11-29 00:27:50 UTC | 2s | done | `bbbbbbbbbbbb` |\n")
  t.has((page.render(report)), "killed once · resumed 2 times · its script edited once · 1 retry")
end)

t.test("Markdown: one of many long steps is no longer than a comment may be, and says that it is cut", function()
  local events = { { "run.start", "", { runbook = "long" } } }
  for i = 1, 3000 do
    local path = string.format("step %d: %s", i, ("x"):rep(100))
    events[#events + 1] = { "effect.intent", path, { op = "fs.write", id = "e" .. i, ordinal = "0", title = ("y"):rep(300) } }
    events[#events + 1] = { "step.failed", path, { kind = "command", message = ("z"):rep(9000) } }
  end
  local text = markdown.render(report_of(events))
  t.ok(#text < 65536, #text)
  t.ok(utf8.len(text), "it is cut between characters")
end)

t.test("markup: text is escaped wherever it is put, and a list with a hole is a mistake", function()
  t.eq(markup.tag("a", { "href", "#\"'<&\n", "x", false, "y", true }, "<b>", markup.tag "br", { "&" }).text,
    '<a href="#&quot;&#39;&lt;&amp;&#10;" y>&lt;b&gt;<br>&amp;</a>')
  t.raises("internal", markup.join, { "a", nil, "b" })
end)

t.test("the same run gives the same bytes", function()
  for _, render in ipairs { page.render, markdown.render, junit.render, json.render } do
    t.eq((render(mixed())), (render(mixed())))
  end
end)

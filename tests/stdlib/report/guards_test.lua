-- Guards in a report: what their gates were, breaches with what was answered, and marks in the timeline.
local html = require "almanac.report.html.page"
local report_events = require "tests.report_events"
local t = require "tests.harness"

local START = { "run.start", "", { runbook = "r", operator = "alice" }, 0 }
local SPEC = { "guard.start", "g", { interval = 0.5, on_breach = "pause",
  gates = { { name = "RPC errors", query = "errors", op = "<", limit = 100, critical = 800 } } }, 1 }

local function look(at, value, ok)
  return { "guard.sample", "g", { name = "RPC errors", time = 1795912000 + at, value = value, ok = ok }, at }
end

local function alerts(at, ok, why)
  return { "guard.sample", "g", { name = "alerts", time = 1795912000 + at, ok = ok, why = why }, at }
end

local BREACH = { "guard.breach", "g", { on_breach = "pause", breaches = { { name = "RPC errors", why = "511 is not < 100" } } }, 4 }

local function guarded(...)
  return report_events.report { START, { "step.start", "g", {}, 1 }, SPEC, look(2, 9, true), look(3, 9, true), alerts(3, true), ... }
end

t.test("one that nothing happened to held, and its gates are drawn against their limits", function()
  local report = guarded({ "step.done", "g", { elapsed_ms = 4000 }, 5 }, { "run.end", "", { status = "done" }, 6 })
  local guard = report.guards[1]
  t.eq({ guard.path, guard.verdict, guard.interval, guard.step, #report.gates }, { "g", "held", 0.5, 1, 0 })
  local gate = guard.gates[1]
  t.eq({ gate.name, gate.verdict, #gate.samples, gate.spec.limit, #gate.holds }, { "RPC errors", "held", 2, 100, 1 })
  t.eq({ #guard.alerts, guard.alerts[1].ok }, { 1, true })
  local page = html.render(report)
  for _, text in ipairs {
    ">Guards<", "values of the gate RPC errors", "&lt; 100", "none fires", "looks every 500ms",
  } do t.has(page, text) end
end)

t.test("a breach is marked where it was, with the answer of who let it pass, and what nobody saw is no hold", function()
  local report = guarded(look(4, 511, false), BREACH, { "step.failed", "g", { kind = "waiting", message = "waiting" }, 4 },
    { "confirm.asked", "g", { question = "RPC errors. Go on?", at_ms = 1795912004000, choices = { "go on", "stop" } }, 4 },
    { "run.end", "", { status = "waiting" }, 4 },
    { "confirm.answered", "g", { question = "RPC errors. Go on?", answer = "go on", by = "bob", at_ms = 1795912020000 }, 20 },
    { "run.resume", "", { operator = "alice" }, 30 }, { "step.start", "g", {}, 30 }, { SPEC[1], "g", SPEC[3], 30 },
    { "guard.answered", "g", { answer = "go on", by = "bob", reason = "known" }, 30 }, look(31, 9, true),
    { "step.done", "g", { elapsed_ms = 9000 }, 32 }, { "run.end", "", { status = "done" }, 33 })
  local guard = report.guards[1]
  t.eq({ guard.verdict, guard.gates[1].verdict, guard.gates[1].why }, { "let pass", "breach", "RPC errors: 511 is not < 100" })
  local breach = guard.breaches[1]
  t.eq({ breach.answer, breach.by, breach.reason, breach.answered_ms }, { "go on", "bob", "known", 1795912020000 })
  t.eq(#guard.gates[1].holds, 2)
  local marks = report.steps[1].marks
  t.eq({ marks[1].what, marks[2].what, marks[2].text }, { "breach", "answer", "go on, by bob" })
  local page = html.render(report)
  t.has(page, "breach-mark")
  t.has(page, "go on, by bob (known)")
end)

t.test("one that is not answered is a breach; the runbook's own answer is said to be that; an older journal has no limits", function()
  local report = report_events.report { START, { "step.start", "g", {}, 1 }, look(2, 511, false), BREACH,
    { "guard.answered", "g", { answer = "stop", by = "on_breach" }, 4 },
    { "step.failed", "g", { kind = "guard", message = "breach" }, 4 }, { "run.end", "", { status = "failed" }, 5 } }
  local guard = report.guards[1]
  t.eq({ guard.verdict, guard.breaches[1].by, guard.gates[1].spec == nil }, { "breach", "the runbook (on_breach)", true })
  t.has(html.render(report), "an older almanac kept no limits")
end)

t.test("a question at the terminal is a span of its own, behind which the step goes on; a sleep stays one behind a resume", function()
  local function kinds(step)
    local out = {}
    for i, span in ipairs(step.spans) do out[i] = span.kind end
    return out
  end
  local report = report_events.report { START, { "step.start", "a", {}, 1 },
    { "question.put", "a", { question = "Go on?", choices = { "yes", "no" }, by = "alice@here" }, 2 }, { "question.over", "a", {}, 5 },
    { "step.done", "a", { elapsed_ms = 5000 }, 6 }, { "step.start", "s", {}, 6 }, { "sleep.until", "s", { until_ms = 1795912060000 }, 6 },
    { "step.interrupted", "s", { level = "pause", message = "paused" }, 7 }, { "run.end", "", { status = "paused" }, 7 },
    { "run.resume", "", {}, 20 }, { "step.start", "s", {}, 20 }, { "step.done", "s", { elapsed_ms = 1 }, 60 },
    { "run.end", "", { status = "done" }, 61 } }
  t.eq(kinds(report.steps[1]), { "work", "approval", "work" })
  t.eq(kinds(report.steps[2]), { "wait", "wait" })
end)

t.test("what is asked at the terminal of a run that is under way stands on top, until it is answered", function()
  local put = { "question.put", "a", { question = "Go on?", choices = { "yes", "no" }, by = "alice@here" }, 2 }
  local report = report_events.report { START, { "step.start", "a", {}, 1 }, put }
  t.eq({ #report.asked, report.asked[1].by }, { 1, "alice@here" })
  t.has(html.render(report), "alice@here is asked at the terminal since ")
  t.has(require("almanac.report.markdown").render(report), "UTC: Go on? yes or no?")
  report = report_events.report { START, { "step.start", "a", {}, 1 }, put, { "question.over", "a", {}, 3 } }
  t.eq(#report.asked, 0)
end)

-- A report's model: what events of a run come to.
local report_of = require("tests.report_events").report
local t = require "tests.harness"

local function spans(step)
  local out = {}
  for i, span in ipairs(step.spans) do
    out[i] = string.format("%s %g%s", span.kind, (span.to_ms - span.from_ms) / 1000, span.ended and " " .. span.ended or "")
  end
  return out
end

local function step_of(report, path)
  for _, step in ipairs(report.steps) do
    if step.path == path then return step end
  end
end

local START = { "run.start", "", { runbook = "r", operator = "alice", params = { tag = "v1", replicas = 2 } }, 0 }

t.test("a run that is done: its verdict, steps, effects and parameters", function()
  local intent = { op = "fs.write", id = "e1", ordinal = "0", title = "write f", input = { path = "f" } }
  local report = report_of {
    START, { "step.start", "a", {}, 1 }, { "effect.intent", "a", intent },
    { "effect.outcome", "a", { op = "fs.write", id = "e1", ordinal = "0", ok = true, result = { changed = true } } },
    { "step.done", "a", { elapsed_ms = 3000, started = 1795912001000 }, 4 }, { "step.done", "b", { skipped = true }, 5 },
    { "run.end", "", { status = "done" }, 62 },
  }
  t.eq(report.verdict.text, "2 steps and 1 effect in 1m2s")
  t.eq({ report.verdict.tone, report.verdict.next[1].command }, { "good", "almanac rollback r-20261129-000000-abcd" })
  t.eq({ report.counts.done, report.counts.skipped, report.counts.kills }, { 1, 1, 0 })
  t.eq(report.effects[1].input, { path = "f" })
  t.eq(report.params, { { name = "replicas", value = 2, text = "2" }, { name = "tag", value = "v1", text = "v1" } })
  t.eq(spans(report.steps[1]), { "work 3" })
end)

t.test("the first failure is where it began, with the lines of the script as it was then", function()
  local report = report_of {
    START, { "run.script", "", { sources = { ["r.lua"] = "one\ntwo\nthree\nfour\nfive\nsix" } } },
    { "step.start", "p" }, { "step.start", "p/a" }, { "step.start", "p/b" },
    { "step.failed", "p/b", { kind = "command", message = "exit 3", at = "r.lua:5" } },
    { "step.interrupted", "p/a", { level = "cancel", message = "cancelled" } },
    { "step.failed", "p", { kind = "command", message = "exit 3", at = "r.lua:1" } },
    { "run.end", "", { status = "failed", error = { kind = "command", message = "exit 3\nmore", step = "p/b", at = "r.lua:5" } } },
  }
  local step = report.steps[report.failure]
  t.eq({ step.path, step.excerpt.line, step.excerpt.lines[1].text, #step.excerpt.lines }, { "p/b", 5, "two", 5 })
  t.eq(report.verdict.text, "Failed in “p/b”: exit 3")
  t.eq(report.counts.failed, 1, "steps that only hold others are not counted")
end)

t.test("a killed process ends what it was about when it was last heard of, and another goes on", function()
  local report = report_of {
    START, { "step.start", "a", {}, 1 }, { "note", "a", { text = "half" }, 5 },
    { "run.resume", "", { operator = "bob" }, 100 }, { "step.start", "a", {}, 101 }, { "step.done", "a", { elapsed_ms = 9 }, 103 },
    { "run.end", "", { status = "done" }, 104 },
  }
  t.eq(spans(report.steps[1]), { "work 4 killed", "work 2" })
  t.eq({ report.executions[1].ended, report.executions[2].ended, report.executions[2].operator }, { "killed", "done", "bob" })
  t.eq({ report.counts.kills, report.counts.resumes }, { 1, 1 })
end)

t.test("a retry, a sleep and a question are spans of their own; a question outlives the process that asked", function()
  local answer = { question = "well?", answer = "yes", by = "bob@x", at_ms = 1795912050000, plan = "p1", reason = "ok" }
  local report = report_of {
    START, { "step.start", "a", {}, 1 }, { "step.retry", "a", { attempt = 1, delay = 4, message = "no" }, 2 },
    { "step.failed", "a", { message = "no" }, 9 }, { "step.start", "z", {}, 10 }, { "sleep.until", "z", { until_ms = 1 }, 10 },
    { "step.done", "z", {}, 20 }, { "step.start", "q", {}, 21 }, { "confirm.asked", "q", { question = "well?", script = "s1" }, 21 },
    { "run.end", "", { status = "waiting" }, 22 }, { "confirm.answered", "q", answer, 50 },
    { "run.resume", "", {}, 60 }, { "step.start", "q", {}, 60 }, { "step.done", "q", {}, 61 },
  }
  t.eq(spans(step_of(report, "a")), { "work 1 failed", "retry 4", "work 3 failed" })
  t.eq(spans(step_of(report, "z")), { "wait 10" })
  t.eq(spans(step_of(report, "q")), { "work 0", "approval 29", "work 1" })
  local given = report.decisions[1].answers[1]
  t.eq({ given.by, given.plan, given.reason, report.decisions[1].question }, { "bob@x", "p1", "ok", "well?" })
end)

t.test("a run that stopped for another reason than its question says that, once the question is answered", function()
  local answer = { question = "well?", answer = "yes", by = "bob@x", at_ms = 1795912050000 }
  local events = {
    START, { "step.start", "q", {}, 21 }, { "confirm.asked", "q", { question = "well?", script = "s1" }, 21 },
    { "run.end", "", { status = "waiting", error = { kind = "waiting", message = "waiting", step = "q" } }, 22 },
    { "confirm.answered", "q", answer, 50 },
  }
  t.has(report_of(events).verdict.text, "Was answered")
  local mismatch = { kind = "plan_mismatch", message = "fs.write has another input than in the plan", step = "w" }
  table.move({ { "run.resume", "", {}, 60 }, { "run.end", "", { status = "waiting", error = mismatch }, 62 } }, 1, 2, #events + 1, events)
  t.eq(report_of(events).verdict.text, "Stopped in “w”: fs.write has another input than in the plan")
end)

t.test("of a run under way the worst gate is named, and for how long it is bad", function()
  local events = { START }
  for i, value in ipairs { 1, 7, 2 } do
    local path = "gates/g" .. i
    table.insert(events, { "step.start", path, {}, 1 })
    table.insert(events, { "gate.start", path, { query = "q", op = "<", limit = 5, hold = 60, interval = 15 }, 1 })
    table.insert(events, { "gate.sample", path, { time = 1795912001, value = value, ok = value < 5, held = 0 }, 2 })
  end
  local report = report_of(events, { now_ms = 1795912011000 })
  t.eq(report.verdict.text, "Under way: 2 of 3 gates held; “gates/g2” is bad for 9s: 7 is not < 5")
  t.eq(report.gates[2].standing.is, "bad")
end)

t.test("a gate under way of which nobody hears any more is not said to be bad by its last value, which was healthy", function()
  local spec = { query = "q", op = "<", limit = 5, hold = 60, interval = 5 }
  local report = report_of({
    START, { "step.start", "g", {}, 1 }, { "gate.start", "g", spec, 1 },
    { "gate.sample", "g", { time = 1795912001, value = 1, ok = true, held = 0 }, 2 },
  }, { now_ms = 1795912032000 })
  t.eq(report.gates[1].standing, { is = "unseen", text = "without an answer for 30s" })
  t.eq(report.verdict.text, "Under way: 0 of 1 gates held; “g” is without an answer for 30s")
end)

t.test("a gate has its limits, samples and holds; without limits, of an older journal, its samples", function()
  local function sample(time, value, ok) return { "gate.sample", "g", { time = 1795912000 + time, value = value, ok = ok }, time } end
  local start = { "gate.start", "g", { query = "up", op = "<", limit = 5, critical = "+Inf", hold = 3, tolerate = 0 }, 1 }
  local report = report_of {
    START, { "step.start", "g", {}, 1 }, start, sample(2, 1, true), sample(3, 9, false), sample(4, 2, true), sample(7, "-Inf", true),
    { "step.done", "g", { result = { verdict = "pass", limit = 5 } }, 8 }, { "run.end", "", { status = "done" } },
  }
  local gate = report.gates[1]
  t.eq({ gate.verdict, #gate.samples, #gate.holds, gate.step, report.steps[1].watch }, { "pass", 4, 2, 1, 1 })
  t.eq(gate.holds[2].to_ms - gate.holds[2].from_ms, 3000)
  t.eq(spans(report.steps[1]), { "watch 7" })
  local failed = { "step.failed", "g", { message = 'gate "g": no data: nothing came' } }
  local old = report_of { START, { "step.start", "g" }, sample(2, 1, true), failed }
  t.eq({ old.gates[1].spec == nil, old.gates[1].verdict }, { true, "no data" })
end)

t.test("the verdict of a gate is the watch's own, whatever its step returns; one that watches once more has none yet", function()
  local start = { "gate.start", "g", { query = "up", op = "<", limit = 5, hold = 3, tolerate = 0 } }
  local good = { "gate.sample", "g", { time = 1795912002, value = 1, ok = true } }
  local passed = { "gate.end", "g", { verdict = "pass", why = "1 < 5 for 3s" } }
  local failed = { "gate.end", "g", { verdict = "fail", why = "never healthy in 3s" } }
  local function gate(...) return report_of({ START, { "step.start", "g" }, start, good, ... }).gates[1] end
  for _, result in ipairs { false, { verdict = "mine" } } do
    local one = gate(passed, { "step.done", "g", { result = result or nil } }, { "run.end", "", { status = "done" } })
    t.eq({ one.verdict, one.why, one.decided }, { "pass" })
  end
  local one = gate(failed, { "step.done", "g", {} }, { "run.end", "", { status = "done" } })
  t.eq({ one.verdict, one.why }, { "fail", "never healthy in 3s" }, "of which the step made something else")
  one = gate(passed, { "step.failed", "g", { kind = "script", message = "behind it" } })
  t.eq({ one.verdict, one.why }, { "pass" })
  t.eq(gate(failed, { "step.retry", "g", { attempt = 1 } }, start, good).verdict, nil)
end)

t.test("a hold ends where nobody saw how it was", function()
  local function sample(time, fields)
    local data = { time = 1795912000 + time, value = 1, ok = true }
    for name, value in pairs(fields or {}) do data[name] = value end
    return { "gate.sample", "g", data, time }
  end
  local start = { "gate.start", "g", { query = "up", op = "<", limit = 5, hold = 9, interval = 1 }, 1 }
  local function holds(...)
    local out = {}
    for i, hold in ipairs(report_of({ START, { "step.start", "g", {}, 1 }, start, ... }).gates[1].holds) do
      out[i] = string.format("%d-%d", hold.from_ms // 1000 - 1795912000, hold.to_ms // 1000 - 1795912000)
    end
    return out
  end
  t.eq(holds(sample(1), sample(3), sample(5, { resumed = true }), sample(8)), { "1-3", "5-8" }, "killed")
  t.eq(holds(sample(1, { unwatched = 0 }), sample(3, { unwatched = 0 }), sample(7, { unwatched = 4 }), sample(8, { unwatched = 4 })),
    { "1-3", "7-8" }, "the program stood still")
  t.eq(holds(sample(1), { "gate.sample", "g", { time = 1795912002, error = "refused" }, 2 }, sample(3), sample(4)), { "1-1", "3-4" })
end)

t.test("what a kill cut short is not drawn as what failed", function()
  local page = require("almanac.report.html.timeline").render(report_of {
    START, { "step.start", "a", {}, 1 }, { "note", "a", { text = "half" }, 5 }, { "run.resume", "", {}, 6 }, { "step.start", "a", {}, 6 },
    { "step.done", "a", { elapsed_ms = 2000 }, 8 }, { "run.end", "", { status = "done" }, 9 },
  })
  local text = page.text
  t.has(text, 'class="cut"')
  t.has(text, "cut short by a kill")
  t.lacks(text, 'class="failed"')
end)

t.test("beside the last good run: what was given otherwise and what took longer", function()
  local function run(tag, seconds)
    return { { "run.start", "", { runbook = "r", params = { tag = tag } }, 0 }, { "step.start", "a", {}, 1 },
      { "step.done", "a", { elapsed_ms = seconds * 1000 }, 1 + seconds }, { "run.end", "", { status = "done" }, 2 + seconds } }
  end
  local compared = report_of(run("v2", 10), { good = report_of(run("v1", 2)) }).compared
  t.eq(compared.facts, { { what = "parameter tag", was = "v1", now = "v2" } })
  t.eq(compared.steps, { { path = "a", was = 2.0, now = 10.0, id = 1 } })
end)

t.test("beside the last good run: what a run has not got to yet is not gone, and what it is at is not quicker", function()
  local function good(seconds)
    return report_of { START, { "step.start", "a", {}, 1 }, { "step.done", "a", { elapsed_ms = seconds * 1000 }, 1 + seconds },
      { "step.done", "b", {}, 2 + seconds }, { "run.end", "", { status = "done" }, 2 + seconds } }
  end
  local ends = {
    failed = { { "step.failed", "a", { message = "no" }, 11 }, { "run.end", "", { status = "failed" }, 11 } },
    running = { { "note", "a", { text = "on" }, 11 } },
  }
  for status, last in pairs(ends) do
    local function compared(seconds)
      return report_of({ START, { "step.start", "a", {}, 1 }, table.unpack(last) }, { good = good(seconds) }).compared
    end
    t.eq({ compared(60).steps, compared(60).gone }, { {}, {} }, status)
    t.eq({ #compared(2).steps, compared(2).steps[1].was }, { 1, 2.0 }, status .. ": it takes longer already")
  end
  local whole = report_of({ START, { "step.done", "a", { elapsed_ms = 2000, started = 1795912001000 }, 3 },
    { "run.end", "", { status = "done" }, 4 } }, { good = good(2) })
  t.eq(whole.compared.gone, { "b" })
end)

t.test("of a run that another one made, the step that failed in it is where it began", function()
  local made = { op = "runbook.call", id = "e1", ordinal = "0", title = "run part", before = { run = "part-1" } }
  local report = report_of {
    START, { "step.start", "part", {}, 1 }, { "effect.intent", "part", made, 1 },
    { "step.failed", "part", { kind = "command", message = "exit 3" }, 9 },
    { "run.end", "", { status = "failed", error = { message = "exit 3", step = "part/break" } }, 9 },
    { "step.start", "part/break", {}, 2, run = "part-1" }, { "step.failed", "part/break", { message = "exit 3" }, 9, run = "part-1" },
  }
  t.eq(report.steps[report.failure].path, "part/break")
  t.eq(spans(step_of(report, "part/break")), { "work 7 failed" })
end)

t.test("what answers a question is in its own words: yes and no, its choices, or a text", function()
  local function commands(question)
    local out = {}
    for i, one in ipairs(report_of({ START, { "step.start", "q" }, { "confirm.asked", "q", question },
      { "run.end", "", { status = "waiting" } } }).verdict.next) do
      out[i] = one.command
    end
    return out
  end
  local run = "r-20261129-000000-abcd"
  local resume = "almanac resume " .. run
  t.eq(commands { question = "well?" }, { "almanac approve " .. run, "almanac reject " .. run, resume })
  t.eq(commands { question = "which?", choices = { "go on", "$HOME" } },
    { "almanac answer " .. run .. ' "go on"', "almanac answer " .. run .. " '$HOME'", resume })
  t.eq(commands { question = "what?", pattern = ".+" }, { "almanac answer " .. run .. " TEXT", resume })
end)

t.test("what a guard met is told once: by who answered it, or by the runbook that asks nobody", function()
  local breach = { "guard.breach", "g", { breaches = { { name = "RPC errors", why = "0.3 is past the critical limit 0.2" } } } }
  local function decided(...)
    local out = {}
    for i, one in ipairs(report_of({ START, { "step.start", "g" }, breach, ... }).decisions) do
      out[i] = string.format("%s, %s: %s by %s", one.what, one.question, one.answers[1].answer, one.answers[1].by)
    end
    return out
  end
  t.eq(decided({ "guard.answered", "g", { answer = "roll back", by = "on_breach" } }),
    { "guard, RPC errors: 0.3 is past the critical limit 0.2: roll back by on_breach of the runbook" })
  local answer = { question = "RPC errors. Go on?", answer = "go on", by = "bob", at_ms = 1795912050000 }
  t.eq(decided({ "confirm.asked", "g", { question = "RPC errors. Go on?", choices = { "go on", "stop" } } },
    { "confirm.answered", "g", answer }, { "guard.answered", "g", { answer = "go on", by = "bob" } }),
    { "guard, RPC errors. Go on?: go on by bob" })
end)

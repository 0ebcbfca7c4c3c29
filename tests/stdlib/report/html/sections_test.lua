-- Parts of a report's page: what was changed, watched, decided and compared, and what it ran with.
local html = require "tests.stdlib.report.html.markup_of"
local report_of = require("tests.report_events").report
local sections = require "almanac.report.html.sections"
local t = require "tests.harness"

local START = { "run.start", "", { runbook = "r", params = { tag = "<v1>" } }, 0 }

local function report(more)
  local out = report_of { START, { "step.start", "a" }, { "step.done", "a", {} }, { "run.end", "", { status = "done" } } }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

t.test("a run that did nothing has no such parts; what it ran with it has always", function()
  local plain = report()
  for _, name in ipairs { "changes", "gates", "guards", "canaries", "decisions", "comparison" } do
    t.eq(sections[name](plain), nil, name)
  end
  local text = html.text(sections.about(plain))
  t.has(text, "&lt;v1&gt;")
  t.has(text, "almanac verify r-20261129-000000-abcd --head cdcdcdcdcdcdcdcd")
  t.lacks(text, "Executions")
end)

t.test("the gate that wants to be looked at stands first, with the number that others refer to it by; many that held are folded", function()
  local gates = {}
  for i = 1, 5 do gates[i] = { path = "a/g" .. i, verdict = i == 3 and "fail" or "pass", samples = {}, holds = {} } end
  local text = html.text(sections.gates(report { gates = gates }))
  local ids = {}
  for id in text:gmatch 'id="(g%d)"' do ids[#ids + 1] = id end
  t.eq(ids, { "g3", "g1", "g2", "g4", "g5" })
  t.eq(html.count(text, "<details"), 4)
  t.has(text, "0 samples; an older almanac kept no limits")
end)

t.test("a decision has its answers, or none yet; what it was bound to; what was said is text", function()
  local text = html.text(sections.decisions(report { decisions = {
    { path = "ask", what = "a confirm", question = "Go <on>?", answers = {}, script = ("a"):rep(64) },
    { path = "ask2", what = "a confirm", question = "Sure?", plan = ("b"):rep(64), answers = {
      { answer = "no", by = "ann", reason = "<b>", at_ms = 1795912000000 }, { answer = "yes", principal = "ben@x", signed = true,
        at_ms = 1795912001000 } } },
  } }))
  t.has(text, "Go &lt;on&gt;?")
  t.has(text, "no answer yet")
  t.has(text, "<p>&lt;b&gt;</p>")
  t.has(text, "signed; almanac verify checks it")
  t.has(text, "the plan <code>bbbbbbbbbbbbbbbb</code>")
  t.eq({ html.count(text, "s-failed"), html.count(text, "s-running") }, { 1, 1 })
end)

t.test("effects with what became of them; under a plan what was planned beside what happened", function()
  local effect = { path = "a", title = "restart <web>", status = "failed", at_ms = 1795912000000 }
  local text = html.text(sections.changes(report { effects = { effect } }))
  t.has(text, "restart &lt;web&gt;")
  t.has(text, "s-failed")
  text = html.text(sections.changes(report { effects = { effect }, plan = {
    made_by = "ann", digest = ("c"):rep(64), signatures = { { principal = "ben@x" } }, unbound = true, gates = {},
    effects = { { path = "a", title = "restart <web>", state = "not in the plan", planned = {}, why = "nobody planned it" } },
  } }))
  for _, said in ipairs { "Planned by ann", "signed by ben@x", "the operator went on without it", "nobody planned it" } do
    t.has(text, said)
  end
end)

t.test("a journal that is damaged is not to be believed, and no head of it is offered", function()
  local one = report()
  one.journal.broken = "event 3: its hash is another one"
  local text = html.text(sections.about(one))
  t.has(text, "not to be believed: event 3: its hash is another one")
  t.lacks(text, "--head")
end)

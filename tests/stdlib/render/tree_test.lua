-- The tree of a run as lines of text.
local states = require "almanac.journal.state"
local colour = require "almanac.base.colour"
local columns = require "almanac.base.columns"
local t = require "tests.harness"
local terminal = require "almanac.base.terminal"
local tree = require "almanac.render.tree"

local function lines_of(events, view)
  local state = states.new()
  for i, one in ipairs(events) do
    states.apply(state, { kind = one[1], path = one[2], data = one[3] or {}, time_ms = i * 1000 })
  end
  local all = { color = false, now_ms = #events * 1000 }
  for key, value in pairs(view or {}) do all[key] = value end
  return tree.lines(state, all)
end

t.test("each status has its mark, its time and its reason", function()
  t.eq(lines_of({
    { "step.start", "a" }, { "step.start", "a/b" }, { "step.done", "a/b", { elapsed_ms = 12300 } },
    { "step.failed", "a/c", { kind = "command", message = "exit 1\nmore" } },
    { "step.interrupted", "a/d", { level = "pause", message = "paused by the operator" } },
    { "step.interrupted", "a/e", { level = "cancel", message = "cancelled" } },
    { "step.done", "s", { skipped = true } },
  }), { "… a  6.0s", "  ✓ b  12s", "  ✗ c  exit 1", "  ‖ d  paused by the operator", "  ⊘ e  cancelled", "∅ s" })
end)

t.test("what is over is rounded, as in a report; what goes on has passed so much", function()
  local function elapsed(node) return tree.elapsed(node, 10700, true) end
  t.eq(elapsed { status = "failed", started = 0, ended = 10700, elapsed = 10.7 }, "  11s")
  t.eq(elapsed { status = "running", started = 0 }, "  10s")
end)

t.test("effects, notes and what is waited for are shown below and beside their step", function()
  t.eq(lines_of({
    { "step.start", "a" }, { "effect.intent", "a", { id = "1", op = "x.y", title = "do it" } },
    { "effect.outcome", "a", { id = "1", op = "x.y", ok = true } }, { "note", "a", { text = "first" } },
    { "note", "a", { text = "second" } }, { "progress", "a", { text = "1 of 2" } },
  }, { notes = 1 }), { "… a  5.0s  1 of 2", "  → do it", "  · second" })
end)

t.test("a gate says its value, the limit and how long it held", function()
  local start = { "gate.start", "g", { op = "<", limit = 0.05, hold = 10, interval = 1 } }
  local events = { { "step.start", "g" }, start, { "gate.sample", "g", { value = 0.01, ok = true, held = 0 } } }
  t.eq(lines_of(events), { "● g  2.0s  0.01 < 0.05, 80 % below, held 0s of 10s" })
  events[4] = { "step.done", "g", { elapsed_ms = 12000, result = { verdict = "pass", value = 0.02, limit = 0.05, held = 10 } } }
  t.eq(lines_of(events), { "✓ g  12s  0.02 < 0.05, 60 % below, held 10s" })
  events[4] = { "step.failed", "g", { kind = "gate", message = "gate \"g\": fail" } }
  t.eq(lines_of(events), { '✗ g  3.0s  0.01 < 0.05, 80 % below  gate "g": fail' })
end)

t.test("while gates are watched side by side the worst is first, with its sign and since when", function()
  local events = {}
  for _, name in ipairs { "a", "b", "c", "d" } do
    events[#events + 1] = { "step.start", "p/" .. name }
    events[#events + 1] = { "gate.start", "p/" .. name, { op = "<", limit = 5, hold = 60, interval = 10 } }
  end
  for name, data in pairs { a = { value = 1, ok = true }, c = { value = 7, ok = false }, d = { missing = "no data", ok = false } } do
    events[#events + 1] = { "gate.sample", "p/" .. name, data }
  end
  local lines = lines_of(events)
  for i, wanted in ipairs { "! c .*7 is not < 5, 40 %% above, bad for %d", "%? d .*no data", "● a ", "· b " } do
    t.ok(lines[i + 1]:find("^  " .. wanted), table.concat(lines, "\n"))
  end
end)

t.test("of a gate that passed before, its result is shown", function()
  t.eq(lines_of { { "step.replayed", "g", { elapsed_ms = 12000, result = { verdict = "pass", value = 7, limit = 5, held = 10 } } } },
    { "✓ g  12s  (done before)  7, the limit 5, 40 % above, held 10s" })
end)

t.test("what is spelt out takes the columns that it is spelt with", function()
  local lines = lines_of { { "step.start", "a\u{200B}" } }
  t.has(lines[1], "a\\u200b")
end)

t.test("what others wrote cannot move the cursor", function()
  local lines = lines_of { { "step.start", "a" }, { "note", "a", { text = "red \27[31mink\27[0m\27[2J" } } }
  t.eq(lines[2], "  · red ink")
end)

t.test("a line is cut at the width in characters, with its colours whole", function()
  t.eq(columns.fit("äöüäöü", 6), "äöüäöü")
  t.eq(columns.fit("äöüäöü", 4), "äöü…")
  local green = terminal.paint("ok", "32", true)
  t.eq(columns.fit(green .. " then", 4), green .. " …" .. colour.RESET)
end)

-- State: what a run looks like, folded from its events.
local states = require "almanac.journal.state"
local t = require "tests.harness"

local function state_of(events)
  local state = states.new()
  for i, one in ipairs(events) do
    states.apply(state, { kind = one[1], path = one[2], data = one[3] or {}, time_ms = i * 1000 })
  end
  return state
end

local function statuses(state)
  local out = {}
  for path, node in pairs(state.nodes) do out[path] = node.status end
  return out
end

t.test("steps are nodes of a tree; one that ends says how", function()
  local state = state_of {
    { "run.start", "", { runbook = "r", params = { x = 1 } } }, { "step.start", "a" }, { "step.start", "a/b" },
    { "step.done", "a/b", { elapsed_ms = 1500, started = 2500 } }, { "step.start", "a/c" },
    { "step.failed", "a/c", { kind = "command", message = "exit 1" } }, { "step.done", "s", { skipped = true } },
    { "run.end", "", { status = "failed", error = { message = "exit 1" } } },
  }
  t.eq(statuses(state), { a = "running", ["a/b"] = "done", ["a/c"] = "failed", s = "skipped" })
  t.eq({ state.status, state.error.message, state.params.x }, { "failed", "exit 1", 1 })
  t.eq({ #state.roots, #state.roots[1].children, state.nodes["a/b"].elapsed }, { 2, 2, 1.5 })
end)

t.test("a step that failed has how long it took; one that begins once more has that no more", function()
  local state = state_of { { "step.start", "a" }, { "step.failed", "a", { kind = "script", message = "no" } } }
  t.ok(state.nodes.a.elapsed, "it failed")
  state = state_of {
    { "step.start", "a" }, { "step.failed", "a", { kind = "script", message = "no" } }, { "run.resume", "" }, { "step.start", "a" },
  }
  t.eq(state.nodes.a.elapsed, nil)
end)

t.test("what was interrupted is paused or cancelled, and not failed", function()
  local state = state_of {
    { "step.start", "a" }, { "step.interrupted", "a", { level = "pause", message = "paused" } },
    { "step.start", "b" }, { "step.interrupted", "b", { level = "cancel", message = "cancelled" } },
  }
  t.eq(statuses(state), { a = "paused", b = "cancelled" })
end)

t.test("a step that waits for an answer has not failed", function()
  local state = state_of {
    { "step.start", "a" }, { "step.start", "a/q" }, { "confirm.asked", "a/q", { question = "Go on?" } },
    { "step.failed", "a/q", { kind = "waiting", message = "waiting for the operator: Go on?" } },
    { "step.failed", "a", { kind = "waiting", message = "waiting for the operator: Go on?" } },
  }
  t.eq(statuses(state), { a = "asking", ["a/q"] = "asking" })
end)

t.test("what was under way when a run stopped waits, once it goes on", function()
  local state = state_of {
    { "run.start", "" }, { "step.done", "a" }, { "step.start", "b" }, { "progress", "b", { text = "half" } }, { "run.resume", "" },
  }
  t.eq(statuses(state), { a = "done", b = "waiting" })
  t.eq({ state.status, state.executions, state.nodes.b.progress }, { "running", 2 })
end)

t.test("effects are listed once, by their last word; a redo clears them", function()
  local events = {
    { "effect.intent", "a", { id = "1", op = "x.y", title = "do it" } }, { "effect.in_doubt", "a", { id = "1" } },
    { "effect.outcome", "a", { id = "1", op = "x.y", ok = true, recovered = true } },
  }
  local effects = state_of(events).nodes.a.effects
  t.eq(effects, { { id = "1", op = "x.y", title = "do it", status = "recovered" } })
  events[#events + 1] = { "step.redo", "a" }
  t.eq(state_of(events).nodes.a.effects, {})
end)

t.test("a step that only contains what is redone keeps its effects, and what is done below it", function()
  local state = state_of {
    { "step.start", "a" }, { "effect.outcome", "a", { id = "1", op = "x.y", ok = true } }, { "step.done", "a/one" },
    { "step.done", "a/two" }, { "step.done", "a/two/inner" }, { "step.done", "a" }, { "run.resume", "" },
    { "step.redo", "a", { keep_effects = true } }, { "step.redo", "a/two" }, { "step.redo", "a/two/inner" },
  }
  t.eq(statuses(state), { a = "waiting", ["a/one"] = "done", ["a/two"] = "waiting" })
  local node = state.nodes.a
  t.eq({ #node.effects, #node.children, node.children[1].path, #node.children[2].children }, { 1, 2, "a/one", 0 })
end)

t.test("a step that was begun under its new name before that was known is one node", function()
  local state = state_of {
    { "step.start", "all" }, { "step.done", "all/old" }, { "step.start", "all/new" }, { "step.start", "all/new/inner" },
    { "step.renamed", "all/new", { from = "all/old" } },
  }
  t.eq(statuses(state), { all = "running", ["all/new"] = "done" })
  t.eq({ #state.nodes.all.children, state.nodes.all.children[1].name }, { 1, "new" })
end)

t.test("a question stays until it is answered", function()
  local events = { { "confirm.asked", "q", { question = "Go?" } } }
  t.eq(state_of(events).nodes.q.asks, "Go?")
  events[2] = { "confirm.answered", "q", { answer = "no", by = "ann@x", reason = "too late" } }
  local node = state_of(events).nodes.q
  t.eq({ node.asks, node.notes[1] }, { nil, "rejected by ann@x: too late" })
end)

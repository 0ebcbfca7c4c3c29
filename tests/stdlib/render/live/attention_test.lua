-- How much each step wants to be looked at: the worst of what is open below it, and nothing of what is over.
local attention = require "almanac.render.live.attention"
local t = require "tests.harness"

local NOW = 100000

local function node(status, more)
  local out = { status = status, effects = {}, children = {}, started = NOW - 1000 }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

local function gate(ok, more)
  local out = { ok = ok, sampled_ms = NOW - 500, interval = 1 }
  for name, value in pairs(more or {}) do out[name] = value end
  return node("running", { gate = out })
end

local function level(root) return attention.of({ roots = { root } }, NOW)[root].level end

t.test("a step is as urgent as the worst below it", function()
  local order = {
    node "done", node "waiting", node "running", node "retrying", gate(true, { missing = "no series" }), gate(false), node "failed",
  }
  for i = 2, #order do
    t.ok(level(order[i]) > level(order[i - 1]), i .. " before " .. i - 1)
    t.eq(level(node("running", { children = { order[i], node "done" } })), math.max(level(order[i]), attention.RUNNING))
  end
  t.eq(level(node("done", { children = { node "failed" } })), attention.OVER, "what is over is over, whatever failed on the way")
end)

t.test("what somebody has to answer is bad, however it stands", function()
  t.eq(level(node("running", { asks = "Go on?" })), attention.BAD)
  t.eq(level(node("running", { effects = { { status = "done" }, { status = "in doubt" } } })), attention.BAD)
  t.eq(level(node("running", { effects = { { status = "done" } } })), attention.RUNNING)
  t.eq(level(node("done", { asks = "Go on?" })), attention.OVER)
  t.eq(level(node("running", { connection = { lost_ms = 1 } })), attention.UNSEEN)
end)

t.test("steps without others in them are counted, and the gates that hold now", function()
  local root = node("running", { children = { node "done", node "skipped", node "failed", gate(true), gate(false), node "running" } })
  local state = { roots = { root, node "done" } }
  local facts = attention.of(state, NOW)
  local whole = facts[state]
  t.eq({ whole.done, whole.failed, whole.gates, whole.held }, { 3, 1, 2, 1 })
  t.eq(facts[root].done, 2)
end)

t.test("what is over is looked at once; more below it is seen", function()
  local done = node "done"
  local state = { roots = { done } }
  local first = attention.of(state, NOW)
  t.ok(attention.of(state, NOW, first)[done] == first[done])
  done.children = { node "done" }
  t.ok(attention.of(state, NOW, first)[done] ~= first[done])
end)

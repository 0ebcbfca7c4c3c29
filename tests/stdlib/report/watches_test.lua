-- What gates and canaries saw, as series.
local t = require "tests.harness"
local watches = require "almanac.report.watches"

--- A gate that took these samples, a second after each other: true, false, a number of them that is tolerated…
local function gate_of(samples, spec)
  local gate = watches.gate "a"
  watches.begin(gate, spec or {})
  for i, sample in ipairs(samples) do
    sample.time = sample.time or i
    watches.add_sample(gate, sample)
  end
  return gate
end

local function holds(gate)
  local out = {}
  for i, hold in ipairs(gate.holds) do out[i] = { hold.from_ms // 1000, hold.to_ms // 1000 } end
  return out
end

local GOOD, BAD = { value = 1, ok = true }, { value = 9, ok = false }
local function good(more) return setmetatable(more or {}, { __index = GOOD }) end
local function bad(more) return setmetatable(more or {}, { __index = BAD }) end

t.test("a hold goes from the first healthy sample to the last of them without a break", function()
  t.eq(holds(gate_of { good(), good(), bad(), good(), good(), good() }), { { 1, 2 }, { 4, 6 } })
  t.eq(holds(gate_of { bad(), bad() }), {})
end)

t.test("as many unhealthy ones in a row as are tolerated do not break it; one without a number does, and so does a failed query", function()
  local spec = { tolerate = 1 }
  t.eq(holds(gate_of({ good(), bad(), good() }, spec)), { { 1, 3 } })
  t.eq(holds(gate_of({ good(), bad(), bad(), good() }, spec)), { { 1, 2 }, { 4, 4 } })
  t.eq(holds(gate_of({ good(), { missing = "no data", ok = false }, good() }, spec)), { { 1, 1 }, { 3, 3 } })
  t.eq(holds(gate_of({ good(), { error = "refused" }, good() }, spec)), { { 1, 1 }, { 3, 3 } })
end)

t.test("a hold ends where nobody watched: the watch counts that time, an older almanac said where it went on", function()
  t.eq(holds(gate_of { good(), good { unwatched = 30 }, good { unwatched = 30 } }), { { 1, 1 }, { 2, 3 } })
  t.eq(holds(gate_of { good(), good { resumed = true } }), { { 1, 1 }, { 2, 2 } })
end)

t.test("a sample without a number says what there was instead", function()
  local gate = gate_of { { missing = "no data" }, { error = "refused" }, { series = { 1, 2, 3 } } }
  local out = {}
  for i, sample in ipairs(gate.samples) do out[i] = sample.what end
  t.eq(out, { "no data", "refused", "3 series answered" })
end)

t.test("the verdict is the one that was journalled; of an older almanac what the step returned or failed with", function()
  local function concluded(decided, node)
    local gate = watches.gate "a"
    if decided then watches.decide(gate, decided) end
    watches.conclude(gate, node, 0)
    return { gate.verdict, gate.why }
  end
  t.eq(concluded({ verdict = "pass", why = "1 for 5m" }, { status = "done" }), { "pass" })
  t.eq(concluded({ verdict = "fail", why = "9" }, { status = "failed", message = 'gate "a": fail: 9' }), { "fail", 'gate "a": fail: 9' })
  t.eq(concluded(nil, { status = "done", result = { verdict = "pass" } }), { "pass" })
  t.eq(concluded(nil, { status = "failed", message = 'gate "a": no data: nothing' }), { "no data", 'gate "a": no data: nothing' })
  local gate = gate_of { good() }
  watches.conclude(gate, { status = "done" }, 0)
  for _, field in ipairs { "holding", "bad_row", "unwatched", "decided" } do t.eq(gate[field], nil, field) end
end)

t.test("a canary of which the journal does not keep what its samples are judged by is told, and not drawn", function()
  local canary = watches.canary("a", { begin = 1, spec = { metrics = "x" } })
  t.has(canary.unread, "an almanac that kept samples without what they are judged by")
  watches.add_comparison(canary, { begin = 1, time = 2, values = {} })
  t.eq(canary.metrics, {})
end)

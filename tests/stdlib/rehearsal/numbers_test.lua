-- The Prometheus of a rehearsal that has no real one: healthy by the gate's own limit, what a file says, and what faults make
-- of both.
local faults = require "almanac.sim.world.faults"
local numbers = require "almanac.rehearsal.numbers"
local t = require "tests.harness"

local PEERS, RATE = "min(animica_p2p_peers_connected)", "rate(errors[5m])"

local function new(answers, down)
  local clock = { seconds = 1000 }
  local f = faults.new()
  local n = numbers.new { answers = answers, faults = f, now = function() return clock.seconds end, pods = function() return {} end,
    is_up = function(workload, namespace) return not down or down ~= (namespace and namespace .. "/" or "") .. workload end }
  n:learn { { name = "errors", query = RATE, op = "<", limit = 0.05, critical = 0.2 },
    { name = "peers", query = PEERS, op = ">=", limit = 5, critical = 0 } }
  return n, f
end

--- The value at a second, as Prometheus would give it.
local function value(n, query, seconds)
  local answer = n:answer_of(query)
  if type(answer) == "function" then answer = answer(seconds or 0) end
  return answer
end

t.test("a healthy value is on the good side of the limit, and a bad one past it", function()
  local function holds(op, a, b)
    return ({ ["<"] = a < b, ["<="] = a <= b, [">"] = a > b, [">="] = a >= b, ["=="] = a == b, ["~="] = a ~= b })[op]
  end
  for _, op in ipairs { "<", "<=", ">", ">=", "==", "~=" } do
    for _, limit in ipairs { -4, 0, 0.05, 21 } do
      t.eq(holds(op, numbers.healthy { op = op, limit = limit }, limit), true, op .. limit)
      t.eq(holds(op, numbers.bad { op = op, limit = limit }, limit), false, op .. limit)
    end
  end
  t.eq(numbers.bad { op = "<", limit = 0.05, critical = 0.2 }, 0.2)
end)

t.test("a query of a gate has a healthy value, what a file says goes before it, and of others nothing is known", function()
  local n = new { ["*peers*"] = 3 }
  t.eq(value(n, "rate(errors[5m])  "), 0.05 - 0.05 / 4)
  t.eq(value(n, PEERS), 3)
  t.eq(value(n, "up"), nil)
  t.eq(n:told(), { "  numbers: 1 queries had a healthy value by default, 1 what the file says",
    "! no data, for nothing is said of it (--prom FILE): up" })
end)

t.test("a fault of a gate, of the devnet, of a metric and of a workload", function()
  local n, f = new()
  n:spoil("errors", true)
  t.eq(value(n, RATE), 0.2)
  t.eq(n:is_spoilt(RATE), true)
  n:spoil("errors", false)
  t.eq(value(n, RATE), 0.05 - 0.05 / 4)
  f:change { "low-peers" }
  t.eq(value(n, PEERS), 0)
  f:change({ "series=animica_p2p_peers_connected" }, { "low-peers" })
  t.eq(#value(n, PEERS), 2)
  f:change({ "no-data=animica_p2p" }, {})
  t.eq(value(n, PEERS), nil)
  t.eq(value(new(nil, "animica-node"), PEERS), nil, "who is down exports nothing")
  local other = 'max(animica_p2p_peers_connected{namespace="animica-canary"})'
  n = new({ [other] = 1, [PEERS] = 2 }, "animica-canary/animica-node")
  t.eq({ value(n, other), value(n, PEERS) }, { nil, 2 })
end)

t.test("both arms of a canary have counters, and all of one comparison are made up while one of its metrics is bad", function()
  local EVENTS, REQUESTS = { baseline = "errors{a}", canary = "errors{b}" }, { baseline = "all{a}", canary = "all{b}" }
  local n = new { ["errors{b}"] = 7 }
  n:learn_canary { interval = 1, metrics = {
    { name = "errors seen", kind = "count", tolerated = 1, bad = 2, queries = { events = EVENTS, requests = REQUESTS } } } }
  t.eq({ value(n, "errors{a}", 10) - value(n, "errors{a}", 0), value(n, "errors{b}") }, { 200, 7 }, "a file goes before it")
  t.eq({ n:is_spoilt "all{a}", n:is_spoilt(RATE) }, { false, false })
  n:spoil("errors seen", true)
  t.eq({ value(n, "errors{a}", 10) - value(n, "errors{a}", 0), value(n, "errors{b}", 10) - value(n, "errors{b}", 0) }, { 200, 600 })
  t.eq({ n:is_spoilt "all{a}", n:is_spoilt(RATE) }, { true, false })
  t.eq(n:told(), { "  numbers: 2 of a canary were made up, its arms equal but for faults, 1 what the file says" })
end)

t.test("a gate that is to be bad and is not there is said, with the nearest name", function()
  local n = new()
  n:spoil("eror", true)
  t.has(table.concat(n:told(), "\n"), "! gate=eror: no gate of that name was watched; did you mean errors?")
end)

t.test("a file says a value, series, no data, or what it is from a time on", function()
  local path = t.tmpdir() .. "/prom.yaml"
  t.write_file(path, 'up: 1\nnone: null\n"rate(errors[5m])": { 0s: 0.01, 2m: 0.3, 5m: null }\n'
    .. "two: [ { instance: a, value: 1 }, { instance: b, value: 2 } ]\n")
  local n = new(numbers.read(path))
  t.eq({ value(n, "up"), value(n, "none"), value(n, "two")[2].instance }, { 1, false, "b" })
  t.eq({ value(n, RATE, 0), value(n, RATE, 119), value(n, RATE, 120), value(n, RATE, 300) }, { 0.01, 0.01, 0.3, false })
end)

t.test("what is no answer is refused, by its query", function()
  local path = t.tmpdir() .. "/prom.yaml"
  for text, why in pairs { ["up: yes please"] = "up: that is no answer", ["up: { soon: 1 }"] = "up: that is no answer",
    ["up: [ { instance: a } ]"] = "up: that is no answer", ["- 1"] = "it holds no queries" } do
    t.write_file(path, text .. "\n")
    t.has(t.raises("usage", numbers.read, path).message, why)
  end
end)

-- A gate in words and blocks.
local gate_words = require "almanac.journal.gate_words"
local gates = require "almanac.journal.gate"
local t = require "tests.harness"
local words = require "almanac.render.gate"

local function seen(start, samples)
  local gate = gates.begin(nil, start)
  for i, sample in ipairs(samples) do gates.add(gate, sample, i * 1000) end
  return gate
end

local errors_below = { op = "<", limit = 0.05, hold = 10, interval = 1 }

t.test("a value is said against its limit, and how far it is from it", function()
  local good = seen(errors_below, { { value = 0.01, ok = true, held = 0 } })
  t.eq({ gate_words.claim(good), words.distance(good) }, { "0.01 < 0.05", "80 % below" })
  local bad = seen(errors_below, { { value = 0.2, ok = false, held = 0 } })
  t.eq({ gate_words.claim(bad), words.distance(bad) }, { "0.2 is not < 0.05", "300 % above" })
  t.eq(words.distance(seen(errors_below, { { value = 50, ok = false } })), "1000x the limit")
  t.eq(words.distance(seen({ op = ">", limit = 0 }, { { value = 3, ok = true } })), "3 above")
  t.eq(words.distance(seen({ op = "<=", limit = 5 }, { { value = 5, ok = true } })), "at the limit")
end)

t.test("without a number it says so, and compares nothing", function()
  local gate = seen(errors_below, { { missing = "no data", ok = false } })
  t.eq({ gate_words.claim(gate), words.distance(gate) }, { "no data", nil })
  t.eq(gate_words.claim(seen(errors_below, {})), "no sample yet")
  t.eq({ gate_words.claim(seen(errors_below, { { value = "+Inf", ok = false } })) }, { "+Inf is not < 0.05" })
  t.eq(words.distance(seen(errors_below, { { value = "+Inf", ok = false } })), nil)
end)

t.test("a sparkline shows the last values up to the limit, or past it", function()
  t.eq(words.sparkline(seen({ op = "<", limit = 7 }, { { value = 0 }, { value = 3 }, { value = 7 } }), 8), "▁▄█")
  t.eq(words.sparkline(seen({ op = "<", limit = 7 }, { { value = 0 }, { value = 7 }, { value = 14 } }), 2), "▅█")
  t.eq(words.sparkline(seen({ op = "<", limit = 0 }, { { value = 0 } }), 8), "▁")
  t.eq(words.sparkline(seen({ op = "<", limit = "+Inf" }, { { value = "+Inf" }, { value = 1 } }), 8), "██")
end)

t.test("what held goes on between samples, as far as the next one", function()
  local gate = seen(errors_below, { { value = 0.01, ok = true, held = 0 }, { value = 0.01, ok = true, held = 1 } })
  t.eq(words.held(gate, 2000), "held 1s of 10s")
  t.eq(words.held(gate, 2900), "held 1s of 10s")
  t.eq(words.held(gate, 3500), "held 2s of 10s")
  t.eq(words.held(gate, 60000), "held 2s of 10s")
  t.eq(words.held(gate), "held 1s")
end)

t.test("silence and failed queries are said with their age", function()
  local gate = seen(errors_below, { { value = 0.01, ok = true, held = 0 } })
  t.eq(words.trouble(gate, 0, 3000), nil)
  t.eq(words.trouble(gate, 0, 13500), "no answer for 12s")
  gates.add(gate, { error = "connection refused" }, 14000)
  gates.add(gate, { error = "connection refused" }, 15000)
  t.eq(words.trouble(gate, 0, 16000), "no answer for 2s: connection refused")
  t.eq({ gate.ok, gate.value }, { true, 0.01 }, "what was seen last")
  gates.add(gate, { value = 0.02, ok = true, held = 0 }, 17000)
  t.eq(words.trouble(gate, 0, 17500), nil)
end)

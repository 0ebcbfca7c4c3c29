-- What a screen and a report say alike of a gate that is watched.
local gate_words = require "almanac.journal.gate_words"
local t = require "tests.harness"

t.test("a value against its limit, where there are both; what there is otherwise", function()
  local out = {}
  for i, gate in ipairs { { value = 7, limit = 5, op = ">=", ok = true }, { value = "0.31", limit = 0.05, op = "<", ok = false },
    { missing = "no data", value = 3 }, {}, { value = 3 }, { value = 3, limit = 5 } } do out[i] = gate_words.claim(gate) end
  t.eq(out, { "7 >= 5", "0.31 is not < 0.05", "no data", "no sample yet", "3", "3, the limit 5" })
end)

t.test("how long one is bad, and how long nobody answers; a clock that goes back makes it no less than nothing", function()
  t.eq({ gate_words.bad_for({ bad_ms = 1000 }, 91000), gate_words.bad_for({ bad_ms = 5000 }, 1000) }, { "bad for 1m30s", "bad for 0s" })
  t.eq(gate_words.bad_for({}, 1000), nil)
  t.eq(gate_words.unanswered({ failing_ms = 1000 }, 0, 13900), "answer for 12s")
  t.eq(gate_words.unanswered({ sampled_ms = 1000, interval = 10 }, 0, 13900), nil)
end)

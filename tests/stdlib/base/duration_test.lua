--- Durations: what is one, what is none, and how they print.
local t = require "tests.harness"
local duration = require "almanac.base.duration"

t.test("parse", function()
  local cases = {
    ["90s"] = 90, ["10m"] = 600, ["1h30m"] = 5400, ["250ms"] = 0.25, ["2d"] = 172800,
    ["1.5h"] = 5400, ["0s"] = 0, ["1d2h3m4s"] = 93784,
  }
  for text, seconds in pairs(cases) do t.eq(duration.parse(text), seconds, text) end
  t.eq(duration.parse(7), 7)
  t.eq(math.type(duration.parse "10m"), "integer")
end)

t.test("what is no duration is refused, and says why", function()
  local cases = {
    [""] = "empty", ["90"] = "unit is missing", ["ten"] = "begin with a number", ["5x"] = "no unit x",
    ["1m2h"] = "large to small", ["1m1m"] = "each once", ["1m "] = "something else", ["-5s"] = "begin with a number",
  }
  for text, why in pairs(cases) do t.has(t.raises("usage", duration.parse, text).message, why, text) end
  t.raises("usage", duration.parse, -1)
  t.raises("usage", duration.parse, 0 / 0)
  t.raises("usage", duration.parse, math.huge)
  t.raises("usage", duration.parse, {})
end)

t.test("format", function()
  local cases = {
    [0] = "0s", [0.25] = "250ms", [1.5] = "1.5s", [2.04] = "2s", [90] = "1m30s", [3600] = "1h", [5400] = "1h30m",
    [93784] = "1d2h3m4s", [59.7] = "1m", [0.0001] = "1ms", [-90] = "-1m30s",
  }
  for seconds, text in pairs(cases) do t.eq(duration.format(seconds), text, tostring(seconds)) end
end)

t.test("what format prints of whole seconds, parse reads back", function()
  for seconds = 0, 100000, 37 do t.eq(duration.parse(duration.format(seconds)), seconds) end
end)

t.test("typed: what it prints of any number, parse reads back", function()
  local cases = {
    [0] = "0s", [0.25] = "250ms", [1.5] = "1.5s", [90] = "1m30s", [12.5] = "12.5s", [72.125] = "1m12.125s", [93784] = "1d2h3m4s",
    [0.0005] = "0.0005s", [600] = "10m",
  }
  for seconds, text in pairs(cases) do t.eq(duration.typed(seconds), text, tostring(seconds)) end
  for i = 1, 2000 do
    local seconds = i * i * 0.0137
    t.eq(duration.parse(duration.typed(seconds)), seconds)
  end
  for _, seconds in ipairs { 1e-7, 2 ^ 60, 123456789.123456, 0.1 + 0.2 } do t.eq(duration.parse(duration.typed(seconds)), seconds) end
end)

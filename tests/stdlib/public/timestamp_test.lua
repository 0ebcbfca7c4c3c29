-- timestamp: moments as texts and as numbers.
local timestamp = require "almanac.public.timestamp"
local t = require "tests.harness"

t.test("texts of RFC 3339", function()
  for text, seconds in pairs { ["1970-01-01T00:00:00Z"] = 0, ["2026-11-28T21:00:00Z"] = 1795899600, ["2000-02-29T12:30:15Z"] = 951827415,
    ["2026-11-28T22:00:00+01:00"] = 1795899600, ["1969-12-31T23:59:59Z"] = -1 } do
    t.eq(timestamp.parse(text), seconds + 0.0, text)
  end
  t.eq(timestamp.parse "2026-11-28T21:00:00.5Z", 1795899600.5)
  for _, text in ipairs { "yesterday", "2026-11-28", "", 5, {} } do t.eq(timestamp.parse(text), nil) end
end)

t.test("and back, without fractions", function()
  for seconds, text in pairs { [0] = "1970-01-01T00:00:00Z", [1795899600.9] = "2026-11-28T21:00:00Z", [-1] = "1969-12-31T23:59:59Z" } do
    t.eq(timestamp.format(seconds), text)
  end
  t.raises("usage", timestamp.format, "now")
  t.raises("usage", timestamp.format)
  for _, seconds in ipairs { 1e300, -1e300, 0 / 0, math.huge } do t.raises("usage", timestamp.format, seconds) end
end)

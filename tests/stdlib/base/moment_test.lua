--- Moments as people type them.
local t = require "tests.harness"
local moment = require "almanac.base.moment"

t.test("a moment of UTC, and how long ago", function()
  t.eq(moment.parse("--at", "1970-01-01T00:01:00Z", 100), 60)
  t.eq(moment.parse("--at", "1m30s", 100), 10)
end)

t.test("a date, and a time of day, are this machine's", function()
  t.eq(os.date("%Y-%m-%d %H:%M:%S", moment.parse("--since", "2026-11-28", 0)), "2026-11-28 00:00:00")
  t.eq(os.date("%Y-%m-%d %H:%M:%S", moment.parse("--since", "2026-11-28 06:19", 0)), "2026-11-28 06:19:00")
  t.eq(os.date("%Y-%m-%d %H:%M:%S", moment.parse("--since", "2026-11-28 06:19:05", 0)), "2026-11-28 06:19:05", "as runs prints it")
  t.eq(moment.parse("--since", "1970-01-01 00:01:05 UTC", 0), 65, "as reports do")
end)

t.test("a time of day is the last one, a day begins at midnight", function()
  local now = os.time { year = 2026, month = 3, day = 1, hour = 10, min = 30 }
  for typed, expected in pairs {
    ["10:30"] = "2026-03-01 10:30", ["06:19"] = "2026-03-01 06:19", ["10:31"] = "2026-02-28 10:31", ["23:59"] = "2026-02-28 23:59",
    ["06:19:05"] = "2026-03-01 06:19",
    today = "2026-03-01 00:00", yesterday = "2026-02-28 00:00",
  } do t.eq(os.date("%Y-%m-%d %H:%M", moment.parse("--since", typed, now)), expected, typed) end
end)

t.test("what is none is refused, and says what takes it", function()
  for _, text in ipairs { "", "soon", "2026-11", "2026-11-28 6", "90", "24:00", "12:60", "6:19", "12:30:60", "12:30:5" } do
    local err = t.raises("usage", moment.parse, "--since", text, 0)
    t.has(err.message, "--since takes a time, not")
    t.has(err.hint, "2026-11-28T06:19:05Z")
  end
end)

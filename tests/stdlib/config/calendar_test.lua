-- Windows and freezes: one decision for each moment, also where clocks are put forward or back.
local calendar = require "almanac.config.calendar"
local t = require "tests.harness"
local timestamp = require "almanac.base.timestamp"

local function periods(list)
  local out = {}
  for i, raw in ipairs(list) do
    raw.zone = raw.zone or "Europe/Berlin"
    out[i] = assert(calendar.period(raw))
  end
  return out
end

local function moment(text)
  return math.tointeger(timestamp.epoch(text))
end

--- "open", or when it opens next; behind a freeze its reason.
local function decide(windows, freezes, text)
  local opening = calendar.decide(periods(windows), periods(freezes), moment(text))
  if opening.open then return "open" end
  local next_time = opening.next and opening.zone:format(opening.next) or "never"
  return next_time .. (opening.freeze and " " .. opening.freeze.reason or "")
end

local office = { { days = "mon-fri", from = "09:00", to = "17:00" } }

t.test("a window of weekdays: open from its first second to the last before its end", function()
  t.eq(decide(office, {}, "2026-11-27T07:59:59Z"), "Fri 2026-11-27 09:00 CET")
  t.eq(decide(office, {}, "2026-11-27T08:00:00Z"), "open")
  t.eq(decide(office, {}, "2026-11-27T15:59:59Z"), "open")
  t.eq(decide(office, {}, "2026-11-27T16:00:00Z"), "Mon 2026-11-30 09:00 CET")
  t.eq(decide({}, {}, "2026-11-27T16:00:00Z"), "open", "without windows always")
end)

t.test("a window over midnight belongs to the day on which it begins", function()
  local night = { { days = "fri", from = "22:00", to = "02:00" } }
  t.eq(decide(night, {}, "2026-11-27T21:00:00Z"), "open")
  t.eq(decide(night, {}, "2026-11-28T00:59:59Z"), "open")
  t.eq(decide(night, {}, "2026-11-28T01:00:00Z"), "Fri 2026-12-04 22:00 CET")
  t.eq(decide(night, {}, "2026-11-27T00:30:00Z"), "Fri 2026-11-27 22:00 CET")
end)

t.test("clocks put forward: a window keeps to the clock, and one that begins in the gap opens with the jump", function()
  t.eq(decide(office, {}, "2026-03-27T16:30:00Z"), "Mon 2026-03-30 09:00 CEST")
  t.eq(decide(office, {}, "2026-03-30T06:59:59Z"), "Mon 2026-03-30 09:00 CEST")
  t.eq(decide(office, {}, "2026-03-30T07:00:00Z"), "open")
  local gap = { { days = "sun", from = "02:30", to = "04:00" } }
  t.eq(decide(gap, {}, "2026-03-29T00:30:00Z"), "Sun 2026-03-29 03:00 CEST")
  t.eq(decide(gap, {}, "2026-03-29T01:00:00Z"), "open")
  t.eq(decide({ { days = "sun", from = "02:10", to = "02:50" } }, {}, "2026-03-29T00:30:00Z"), "Sun 2026-04-05 02:10 CEST",
    "a window that the clocks skip is none")
end)

t.test("clocks put back: an hour that comes twice is open twice", function()
  local twice = { { days = "sun", from = "02:00", to = "03:00" } }
  t.eq(decide(twice, {}, "2026-10-25T00:30:00Z"), "open")
  t.eq(decide(twice, {}, "2026-10-25T01:30:00Z"), "open")
  t.eq(decide(twice, {}, "2026-10-25T02:00:00Z"), "Sun 2026-11-01 02:00 CET")
end)

t.test("a freeze goes before windows; to a date is to the end of that day", function()
  local freeze = { { from = "2026-12-20", to = "2027-01-03", reason = "year end" } }
  t.eq(decide({}, freeze, "2026-12-19T22:59:59Z"), "open")
  t.eq(decide({}, freeze, "2026-12-19T23:00:00Z"), "Mon 2027-01-04 00:00 CET year end")
  t.eq(decide(office, freeze, "2026-12-21T10:00:00Z"), "Mon 2027-01-04 09:00 CET year end")
  t.eq(decide(office, { { from = "2026-11-27 12:00", to = "2026-11-27 14:30", reason = "audit" } }, "2026-11-27T12:00:00Z"),
    "Fri 2026-11-27 14:30 CET audit")
  t.eq(decide({}, { { days = "fri", from = "15:00", to = "24:00", reason = "Friday" } }, "2026-11-27T14:00:00Z"),
    "Sat 2026-11-28 00:00 CET Friday")
  t.eq(decide({}, { { from = "2000-01-01", to = "2999-01-01", reason = "closed" } }, "2026-11-27T14:00:00Z"):match "^%S+", "Wed",
    "when that is over, however late")
end)

t.test("periods in zones of their own", function()
  local windows = { { days = "daily", from = "09:00", to = "10:00", zone = "America/New_York" } }
  t.eq(decide(windows, {}, "2026-11-27T14:30:00Z"), "open")
  t.eq(decide(windows, {}, "2026-11-27T15:00:00Z"), "Sat 2026-11-28 09:00 EST")
end)

t.test("a window that is over for good never opens", function()
  t.eq(decide({ { from = "2026-01-01", to = "2026-01-02" } }, {}, "2026-11-27T14:30:00Z"), "never")
end)

t.test("a period that is none is said to be, with the key", function()
  local cases = {
    { { from = "09:00", to = "17:00" }, "zone is missing" },
    { { from = "9", to = "17:00", zone = "UTC" }, "from is a time", "from" },
    { { from = "09:00", to = "25:00", zone = "UTC" }, "to is a time", "to" },
    { { from = "2026-02-30", to = "2026-03-01", zone = "UTC" }, "from is a time", "from" },
    { { from = "2026-02-03", to = "2026-02-02", zone = "UTC" }, "it ends before it begins", "to" },
    { { from = "2026-02-01", to = "2026-02-02", days = "mon", zone = "UTC" }, "has no days", "days" },
    { { from = "09:00", to = "17:00", days = "mon-fry", zone = "UTC" }, "days are such as", "days" },
    { { from = "09:00", to = "17:00", days = "", zone = "UTC" }, "days are such as", "days" },
  }
  for _, case in ipairs(cases) do
    local period, why, key = calendar.period(case[1])
    t.eq(period, nil, case[2])
    t.has(why, case[2])
    t.eq(key, case[3])
  end
end)

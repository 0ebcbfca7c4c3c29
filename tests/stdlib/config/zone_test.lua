-- Time zones from the system's tzdata: held against the C library, and rules worked by hand.
local t = require "tests.harness"
local timestamp = require "almanac.base.timestamp"
local zones = require "almanac.config.zone"

local function at(name, text)
  local ahead, abbreviation = zones.load(name):at(timestamp.epoch(text) // 1 | 0)
  return ahead / 3600 .. " " .. abbreviation
end

t.test("clocks are put forward and back at their moments", function()
  t.eq(at("Europe/Berlin", "2026-03-29T00:59:59Z"), "1.0 CET")
  t.eq(at("Europe/Berlin", "2026-03-29T01:00:00Z"), "2.0 CEST")
  t.eq(at("Europe/Berlin", "2026-10-25T00:59:59Z"), "2.0 CEST")
  t.eq(at("Europe/Berlin", "2026-10-25T01:00:00Z"), "1.0 CET")
  t.eq(at("America/New_York", "2026-03-08T06:59:59Z"), "-5.0 EST")
  t.eq(at("America/New_York", "2026-03-08T07:00:00Z"), "-4.0 EDT")
  t.eq(at("Asia/Kolkata", "2026-07-01T00:00:00Z"), "5.5 IST")
  t.eq(at("UTC", "2026-07-01T00:00:00Z"), "0.0 UTC")
end)

t.test("behind the table the rule goes on, in the south over the new year", function()
  t.eq(at("Europe/Berlin", "2071-07-01T00:00:00Z"), "2.0 CEST")
  t.eq(at("Australia/Sydney", "2071-01-01T00:00:00Z"), "11.0 AEDT")
  t.eq(at("Australia/Sydney", "2071-07-01T00:00:00Z"), "10.0 AEST")
  t.eq(at("Europe/Berlin", "1800-01-01T00:00:00Z"):match "%S+$", "LMT")
end)

t.test("the zones of the system are as date(1) has them, through the years", function()
  for _, name in ipairs { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "Africa/Casablanca",
    "Europe/Dublin" } do
    local zone, input, want = zones.load(name), {}, {}
    for epoch = 0, 3471292800, 86400 * 17 + 3601 do
      input[#input + 1] = "@" .. epoch
      local ahead, abbreviation = zone:at(epoch)
      local minutes = ahead // 60
      want[#want + 1] = string.format("%s%02d%02d %s", minutes < 0 and "-" or "+", math.abs(minutes) // 60, math.abs(minutes) % 60,
        abbreviation)
    end
    local _, out = t.run({ "date", "-f", "-", "+%z %Z" }, { env = { TZ = name }, stdin = table.concat(input, "\n") .. "\n" })
    local i = 0
    for line in out:gmatch "[^\n]+" do
      i = i + 1
      t.eq(line, want[i], name .. " at " .. input[i])
    end
    t.eq(i, #want)
  end
end)

t.test("rules of every form", function()
  local rule = zones.rule "<+0330>-3:30<+0430>,J79/24,J263/24"
  t.eq({ rule.std.ahead, rule.dst.ahead, rule.dst.abbreviation }, { 12600, 16200, "+0430" })
  t.eq(os.date("!%m-%d %H", rule.from(2024)), "03-21 00", "J never counts February 29")
  t.eq(os.date("!%m-%d %H", zones.rule("A1B,59,M12.5.0/-1").from(2024)), "02-29 02")
  t.eq(os.date("!%m-%d %H", zones.rule("AAA1BBB,59,M12.5.0/-1").to(2026)), "12-26 23")
  t.eq(zones.rule "", nil)
end)

t.test("a zone that is none is said to be", function()
  for _, name in ipairs { "Europe/Berlm", "../../etc/passwd", "Europe/../../../etc/passwd", "", "tzdata.zi" } do
    local err = t.raises("refused", zones.load, name)
    t.has(err.message, string.format("there is no time zone %q", name))
    t.has(err.hint, "tzdata")
  end
end)

-- Seconds before the next try.
local backoff = require "almanac.base.backoff"
local t = require "tests.harness"

t.test("each delay is a multiple of the one before, up to five minutes", function()
  local function delays(retry)
    local out = {}
    for tried = 1, 4 do out[tried] = backoff.delay(retry, tried) end
    return out
  end
  t.eq(delays {}, { 1, 2, 4, 8 })
  t.eq(delays { delay = "10s", factor = 1 }, { 10, 10, 10, 10 })
  t.eq(delays { delay = 100 }, { 100, 200, 300, 300 })
  t.eq(backoff.delay({}, 100000), 300, "also where the power is infinite")
end)

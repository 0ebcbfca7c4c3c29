-- Numbers as text.
local number = require "almanac.base.number"
local t = require "tests.harness"

t.test("values for people", function()
  t.eq(number.short(0.0123456), "0.01235")
  t.eq(number.short(5.0), "5")
  t.eq(number.short(1e-6), "1e-06")
  t.eq(number.short(-math.huge), "-Inf")
end)

t.test("infinity is kept as the journal can hold it", function()
  t.eq({ number.plain(math.huge), number.plain(-math.huge), number.plain(2.5), number.plain(nil) }, { "+Inf", "-Inf", 2.5 })
  t.eq({ number.of "+Inf", number.of "-Inf", number.of(3) }, { math.huge, -math.huge, 3 })
end)

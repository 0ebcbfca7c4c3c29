-- Whether what somebody dated still counts.
local age = require "almanac.base.age"
local t = require "tests.harness"

local NOW = 1000000000000

t.test("what is older than it is good for does not count", function()
  t.eq(age.judge(NOW - 3600000, NOW, 3600), {})
  t.eq(age.judge(NOW - 3601000, NOW, 3600), { old = "1h1s" })
  t.eq(age.judge(0, NOW), {})
end)

t.test("a clock may be five minutes ahead, and no more", function()
  t.eq(age.judge(NOW + 300000, NOW, 1), {})
  t.eq(age.judge(NOW + 301000, NOW), { ahead = "5m1s" })
end)

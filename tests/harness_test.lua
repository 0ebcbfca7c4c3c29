local t = require "tests.harness"

t.test("eq compares tables by content", function()
  t.eq({ a = { 1, 2 } }, { a = { 1, 2 } })
  local err = t.raises(nil, t.eq, { a = 1 }, { a = 2 }, "the field")
  t.has(err.assertion, "the field: got {\n  a = 1\n}")
end)

t.test("raises wants an error of the kind it was told", function()
  t.eq(t.raises("usage", function() error({ kind = "usage", message = "m" }) end).message, "m")
  t.raises(nil, t.raises, "usage", function() error({ kind = "io" }) end)
  t.raises(nil, t.raises, "usage", function() end)
end)

t.test("deferred functions run last first, also after a failure", function()
  local order = {}
  local real = t.defer
  real(function() order[#order + 1] = "first registered" end)
  real(function() t.eq(order, { "last registered" }) end)
  real(function() order[#order + 1] = "last registered" end)
end)

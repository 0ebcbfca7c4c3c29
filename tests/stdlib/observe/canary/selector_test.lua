-- The matchers of an arm, put into a selector; what is no selector is told apart.
local selector = require "almanac.observe.canary.selector"
local t = require "tests.harness"

t.test("matchers are put into a selector, behind its own", function()
  local arm = { 'namespace="canary"' }
  t.eq(selector.with("x_total", arm), 'x_total{namespace="canary"}')
  t.eq(selector.with(" x_total { } ", arm), 'x_total{namespace="canary"}')
  t.eq(selector.with('a:b{code=~"5..",path!="/a,}\\"b"}', arm), 'a:b{code=~"5..",path!="/a,}\\"b",namespace="canary"}')
  t.eq(selector.with("x{a='1', b=`\\`,}", arm), "x{a='1',b=`\\`,namespace=\"canary\"}")
  t.eq(selector.with('{__name__="x"}', arm), '{__name__="x",namespace="canary"}')
end)

t.test("what is no selector alone is none", function()
  for _, text in ipairs { "", "{}", "rate(x[5m])", "x[5m]", "x offset 5m", 'x{a="1"} + y{b="2"}', 'x{a="1"', "x{a=1}", 'x{a=="1"}',
    'x{a!"1"}', 'x{a="1" b="2"}', "1x", 'sum by (a) (x{a="1"})' } do
    t.eq(selector.with(text, { 'b="1"' }), nil, text)
  end
end)

t.test("matchers of a table are quoted, of a text are kept", function()
  t.eq(selector.matchers { b = 'x"\\', a = "1" }, { 'a="1"', 'b="x\\"\\\\"' })
  t.eq(selector.matchers 'a=~"x-.*", b!="2"', { 'a=~"x-.*"', 'b!="2"' })
  t.eq(selector.matchers "a", nil)
  t.eq(selector.matchers { ["a-b"] = "1" }, nil)
end)

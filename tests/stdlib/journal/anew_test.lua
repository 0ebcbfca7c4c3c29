-- Parameters that are given anew: only what is otherwise is told, and a secret is none.
local anew = require "almanac.journal.anew"
local t = require "tests.harness"

t.test("what is given as it was is not anew", function()
  local before = { n = 3, tags = { "a", "b" }, gone = "x" }
  local given = anew.of(before, { params = { n = 4, tags = { "a", "b" }, new = "y" }, anew = { "pin", 5 }, operator = "bob" }, 1000)
  local names = {}
  for i, one in ipairs(given) do names[i] = one.name end
  t.eq(names, { "n", "new", "pin" })
  t.eq({ given[1].was, given[1].now, given[1].by, given[1].at_ms }, { 3, 4, "bob", 1000 })
  t.eq(anew.text(given, nil), "n=4 (was 3), new=y (was not given), pin (a secret, given anew)")
  t.eq(anew.of(nil, {}, 0), {})
end)

t.test("a required secret is given with each resume, and is no other one; an optional one may be", function()
  local specs = { pin = { required = true }, spare = {}, n = {} }
  t.eq(anew.names(specs, { n = 1 }, { pin = "(secret)", spare = "(secret)", n = 1 }, { n = 1 }), { "spare" })
  t.eq(anew.names(specs, { n = 1 }, { n = 2 }, { n = 2 }), { "n" })
  t.eq(anew.names(specs, { pin = "clear before" }, { pin = "(secret)" }, {}), { "pin" }, "it was a text, and is a secret now")
end)

t.test("a duration is said as one", function()
  t.eq(anew.text({ { name = "wait", was = 60, now = 90, at_ms = 0 } }, { "wait" }), "wait=1m30s (was 1m)")
end)

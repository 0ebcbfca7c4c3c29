-- Titles of effects that did not take place, since it was a rehearsal.
local rehearsed = require "almanac.journal.rehearsed"
local t = require "tests.harness"

t.test("the title says it, and is known by it", function()
  t.eq(rehearsed.title "restart web", "previewed: restart web")
  t.eq({ rehearsed.is(rehearsed.title "x"), rehearsed.is "restart web", rehearsed.is(nil) }, { true, false, false })
end)

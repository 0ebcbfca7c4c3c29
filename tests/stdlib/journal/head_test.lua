-- The head of a run's journal, in words and back.
local head = require "almanac.journal.head"
local t = require "tests.harness"

t.test("what is written is read again", function()
  t.eq({ head.parse(head.text(17, "0aff")) }, { 17, "0aff" })
end)

t.test("what is no head says nothing", function()
  for _, text in ipairs { "", "event 1e5, abc", "event 1, xyz", "event 99999999999999999999, ab", "event 1, ab and more", 7 } do
    t.eq(head.parse(text), nil, tostring(text))
  end
  t.eq(head.parse(nil), nil)
end)

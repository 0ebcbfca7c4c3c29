-- Things in the order of their ranks, those of the same rank as they stood.
local ranked = require "almanac.base.ranked"
local t = require "tests.harness"

t.test("what has the same rank stays in its order, however many there are; the list that was given is as it was", function()
  local list = {}
  for i = 1, 500 do list[i] = { rank = i % 3, number = i } end
  local before = table.move(list, 1, #list, 1, {})
  local out, last = ranked.by(list, function(one) return -one.rank end), { rank = 3, number = 0 }
  t.eq(#out, 500)
  for _, one in ipairs(out) do
    t.ok(one.rank < last.rank or one.rank == last.rank and one.number > last.number, one.number .. " behind " .. last.number)
    last = one
  end
  for i, one in ipairs(list) do t.ok(rawequal(one, before[i])) end
end)

t.test("a thing that stands in a list twice is there twice, and each rank is asked for once", function()
  local thing, asked = {}, 0
  local out = ranked.by({ thing, "x", thing }, function(one)
    asked = asked + 1
    return one == "x" and 0 or 1
  end)
  t.eq(asked, 3)
  t.ok(out[1] == "x" and out[2] == thing and out[3] == thing)
  t.eq(ranked.by({}, error), {})
end)

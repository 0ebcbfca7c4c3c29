-- Names with numbers in them, in the order in which people read them.
local natural = require "almanac.base.natural"
local t = require "tests.harness"

t.test("numbers stand in their order, wherever they are", function()
  local names = { "gate 10", "gate 2", "gate 1", "gate", "b", "gate 2 of 11", "gate 2 of 9", "a10b", "a9b",
    "node-010", "node-9", "node-10", "" }
  natural.sort(names)
  t.eq(names, { "", "a9b", "a10b", "b", "gate", "gate 1", "gate 2", "gate 2 of 9", "gate 2 of 11", "gate 10",
    "node-9", "node-010", "node-10" })
end)

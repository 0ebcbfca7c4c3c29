-- What a step returned, as the journal can hold it.
local json = require "native.json"
local plain = require "almanac.journal.plain"
local t = require "tests.harness"

t.test("numbers that JSON has no word for are the texts of Prometheus", function()
  t.eq(plain.of(0 / 0), "NaN")
  t.eq(plain.of(math.huge), "+Inf")
  t.eq(plain.of(-math.huge), "-Inf")
  t.eq(plain.of { a = { 1, 0 / 0, false }, b = 1.5 }, { a = { 1, "NaN", false }, b = 1.5 })
end)

t.test("everything else is left as it is", function()
  local value = { a = { 1, 2.5, "x", false }, b = json.null, c = json.array {} }
  t.ok(rawequal(plain.of(value), value))
  t.eq(plain.of(nil), nil)
  t.eq(plain.of(false), false)
end)

t.test("an array stays one, and the original is not touched", function()
  local list = json.array { { math.huge }, json.array {} }
  local copy = plain.of(list)
  t.eq(json.encode(copy), '[["+Inf"],[]]')
  t.eq(list[1][1], math.huge)
end)

t.test("a table that holds itself ends, for JSON to refuse", function()
  local loop = { x = 0 / 0 }
  loop.a, loop.b = loop, loop
  local copy = plain.of(loop)
  t.ok(rawequal(copy.a, copy))
  t.eq(pcall(json.encode, copy), false)
end)

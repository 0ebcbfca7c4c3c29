-- What a run touched bounds what may be done without a question.
local definitions = require "almanac.run.definitions"
local t = require "tests.harness"
local touched = require "almanac.run.touched"

definitions.define("touchtest.set", {
  apply = function() end,
  allow = { category = "flags", of = function(input)
    if input.broken then error "no names" end
    return { { category = "flags", names = { input.name }, access = input.access } }
  end },
})

local function run_of(inputs)
  local effects = {}
  for i, input in ipairs(inputs) do effects[i] = { intent = { op = "touchtest.set", input = input } } end
  return { replay = { effects_newest_first = function() return effects end } }
end

local function call(input)
  return { name = "touchtest.set", definition = definitions.find "touchtest.set", input = input }
end

t.test("the names that its effects changed, and no others", function()
  local by = touched.by(run_of { { name = "a" }, { name = "b", access = "read" }, { name = "c*" }, { name = "x", broken = true } })
  t.eq(by, { flags = { "a" } }, "what was looked at, a pattern and what cannot be told are none")
  t.eq(touched.covers(by, call { name = "a" }), true)
  t.eq(touched.covers(by, call { name = "c1" }), false, "a name with a sign of a pattern does not become one")
  t.eq(touched.covers(by, call { name = "b" }), false)
end)

t.test("a call that says nothing is not covered", function()
  local silent = { name = "x.y", definition = { allow = { category = "flags", of = function() return {} end } }, input = {} }
  t.eq(touched.covers({ flags = { "**" } }, silent), false)
end)

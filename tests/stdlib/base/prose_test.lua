-- Words in lines of a width.
local prose = require "almanac.base.prose"
local t = require "tests.harness"

t.test("what follows a head stands below where it ends; a word that is too long has a line", function()
  local out = {}
  prose.add(out, "tag  ", "one two three verylongword x", 15)
  t.eq(out, { "tag  one two", "     three", "     verylongword", "     x" })
end)

t.test("lines that belong together are joined; code and sentences end them", function()
  local out = {}
  prose.add_text(out, "one\ntwo.\nthree\n\n  code   here\nfour", 80)
  t.eq(out, { "one two.", "three", "", "  code   here", "four" })
end)

t.test("a list is aligned by the longest name that is not too long", function()
  local out = {}
  prose.add_rows(out, { { "a", "first" }, { "bcd", "second", heading = "more:" }, { ("x"):rep(20), "third" } }, " ", 30)
  t.eq(out, { " a    first", "", "more:", " bcd  second", " " .. ("x"):rep(20), "      third" })
end)

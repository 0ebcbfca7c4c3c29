-- Cases, as describe and it say them.
local suite = require "almanac.testing.suite"
local t = require "tests.harness"

t.test("names are those of the groups and its own; hooks run outermost first, and last first behind", function()
  local log = {}
  local function note(text) return function() log[#log + 1] = text end end
  local cases = suite.collect(function()
    suite.before_each(note "before file")
    suite.after_each(note "after file")
    suite.describe("outer", function()
      suite.before_each(note "before outer")
      suite.after_each(note "after outer")
      suite.describe("inner", function() suite.it("is so", note "case") end)
    end)
    suite.it("stands alone", note "alone")
    suite.pending("later", "no time")
  end)
  t.eq(cases[1].name, "outer inner is so")
  t.eq(cases[2].name, "stands alone")
  t.eq(cases[3].why, "no time")
  local before, after = suite.around(cases[1])
  for _, list in ipairs { before, { cases[1].fn }, after } do
    for _, fn in ipairs(list) do fn() end
  end
  t.eq(table.concat(log, ", "), "before file, before outer, case, after outer, after file")
end)

t.test("a case within a case, one without a name or a function, and a group that raises are refused", function()
  local cases = suite.collect(function()
    suite.it("says another", function() suite.it("inner", function() end) end)
  end)
  t.has(t.raises("usage", cases[1].fn).message, "cases are said when the file is loaded")
  t.raises("usage", function() suite.collect(function() suite.it("", function() end) end) end)
  t.raises("usage", function() suite.collect(function() suite.it "x" end) end)
  t.raises("script", function() suite.collect(function() suite.describe("x", function() error "no" end) end) end)
  t.eq(#suite.collect(function() suite.it("x", function() end) end), 1, "a group that raised leaves nothing open")
end)

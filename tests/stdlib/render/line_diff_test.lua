-- The lines in which two texts differ.
local line_diff = require "almanac.render.line_diff"
local t = require "tests.harness"

local function shown(old, new)
  local out = {}
  for i, change in ipairs(line_diff.changes(old, new)) do out[i] = change.line .. change.mark .. change.text end
  return table.concat(out, " ")
end

t.test("lines that are removed, added and replaced, with the new text's line", function()
  t.eq(shown("a\nb\nc\n", "a\nb\nc\n"), "")
  t.eq(shown("a\nb\nc\n", "a\nx\nc\n"), "2-b 2+x")
  t.eq(shown("a\nb\nc\n", "a\nc\n"), "2-b")
  t.eq(shown("a\nc\n", "a\nb\nc\n"), "2+b")
  t.eq(shown("", "a\n"), "1- 1+a")
  t.eq(shown("a\nb\nc\nd\ne\n", "a\nB\nc\nD\ne\n"), "2-b 2+B 4-d 4+D", "what is the same between them is left out")
end)

t.test("texts that are long and all different are compared in no time", function()
  local old, new = {}, {}
  for i = 1, 3000 do old[i], new[i] = "old " .. i, "new " .. i end
  t.eq(#line_diff.changes(table.concat(old, "\n"), table.concat(new, "\n")), 6000)
end)

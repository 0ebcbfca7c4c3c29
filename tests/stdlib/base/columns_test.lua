-- Columns of a terminal: what is wide, what combines, what is cut.
local columns = require "almanac.base.columns"
local t = require "tests.harness"
local terminal = require "almanac.base.terminal"

local function red(text) return terminal.paint(text, "31", true) end

t.test("a text takes the columns that a terminal gives it", function()
  local cases = {
    [""] = 0, abc = 3, ["長い名前の手順"] = 14, ["한국어"] = 6, ["ｆｕｌｌ"] = 8, ["ｱｲｳ"] = 3, ["é"] = 1, ["e\u{301}"] = 1,
    ["a\u{200B}b"] = 2, ["👍"] = 2, ["👩\u{200D}🔧"] = 2, ["👍🏽"] = 4, ["❤"] = 1, ["❤\u{FE0F}"] = 2, ["✓ done"] = 6,
    [red "red"] = 3, ["\u{FEFF}x"] = 1, ["⠋…·"] = 3, ["\255\254"] = 2, ["نص"] = 2, ["ก็"] = 1, ["é\u{300}\u{301}"] = 1,
  }
  for text, want in pairs(cases) do t.eq(columns.of(text), want, text) end
end)

t.test("a line is cut to its columns, never in a character", function()
  t.eq(columns.fit("abcdef", 6), "abcdef")
  t.eq(columns.fit("abcdefg", 6), "abcde…")
  t.eq(columns.fit("長い名前", 8), "長い名前")
  t.eq(columns.fit("長い名前", 7), "長い名…")
  t.eq(columns.fit("長い名前", 6), "長い…")
  t.eq(columns.fit("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…")
  t.eq((columns.fit(red "長い名前", 5):gsub("….*", "…")), (red("長い…"):gsub("….*", "…")))
  for width = 1, 40 do
    local line = ("長い名前の手順👩\u{200D}🔧e\u{301}x "):rep(5)
    t.ok(columns.of(columns.fit(line, width)) <= width, "at " .. width)
  end
end)

t.test("a line takes the rows that a narrower terminal breaks it into", function()
  for line, want in pairs {
    [""] = 1, abcd = 1, abcde = 2, abcdefgh = 2, abcdefghi = 3, ["長い"] = 1, ["a長い"] = 2, ["a長い名"] = 2, ["aaa長長a"] = 3, [red "abcd"] = 1,
    [red "abcde"] = 2, ["abc" .. "e\u{301}"] = 1,
  } do t.eq(columns.rows(line, 4), want, line) end
end)

t.test("a text is padded to its columns", function()
  t.eq(columns.pad("長い", 6) .. "|", "長い  |")
  t.eq(columns.pad("abc", 2), "abc")
end)

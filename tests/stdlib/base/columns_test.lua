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

t.test("a line is broken where the terminal would, and what follows is told from a line of ours", function()
  t.eq(columns.wrap("abcdefgh", 4, "> "), "abcd\n> ef\n> gh")
  t.eq(columns.wrap("abcd", 4, "> "), "abcd")
  t.eq(columns.wrap("長い名前x", 5, "> "), "長い\n> 名\n> 前x")
  t.eq(columns.wrap(red "abcde", 4, "> "), (red "abcde":gsub("abcde", "abcd\n> e")))
  local forged = terminal.within("▶ name" .. (" "):rep(73) .. "✓ approved by the ceo", 80)
  t.eq(forged, "▶ name" .. (" "):rep(73) .. "✓\n  ↳ approved by the ceo")
  for _, padding in ipairs { (" "):rep(74), ("\t"):rep(20), ("\u{3000}"):rep(37), ("\u{200d}"):rep(40), ("x"):rep(300) } do
    for row in terminal.within("▶ name" .. padding .. "✓ approved", 80):gmatch "[^\n]+" do
      t.ok(columns.of(row) <= 80, row)
      t.ok(row:find "^▶ name" or row:find "^  ↳ ", row)
    end
  end
  t.eq(terminal.within("one\ntwo\n", 80), "one\ntwo\n")
end)

t.test("a line is broken between words, and one that no row has room for where the terminal would", function()
  t.eq(columns.wrap("ab cd ef", 5, "> "), "ab cd\n> ef")
  t.eq(columns.wrap("ab   cd", 4, "> "), "ab\n> cd")
  t.eq(columns.wrap("ab " .. red "cd ef" .. " gh", 5, "> "), "ab " .. (red "cd ef":gsub(" ef", "\n> ef", 1)) .. "\n> gh")
  t.eq(columns.wrap("a bcdefgh", 4, "> "), "a bc\n> de\n> fg\n> h")
end)

t.test("the id of a run stays whole on a terminal of any width, whatever stands before it", function()
  local id = "rollback-of-animica-20261129-042653-b8a1"
  for width = 13, 90 do
    for _, line in ipairs {
      "  go on:   almanac resume %s", "▶ rollback  (resume with: almanac resume %s)", "%s: waiting, for a while", "→ run %s.",
    } do
      local rows = terminal.within(line:format(id), width)
      t.has(rows, id)
      for row in rows:gmatch "[^\n]+" do t.ok(columns.of(row) <= width or row:find("^[(]?" .. id:gsub("%-", "%%-")), row) end
    end
  end
  t.eq(terminal.within("  go on:   almanac resume " .. id, 44), "  go on:   almanac resume\n  ↳ " .. id)
  t.eq(terminal.within("  go on:   almanac resume " .. id, 40), "  go on:   almanac resume\n" .. id)
end)

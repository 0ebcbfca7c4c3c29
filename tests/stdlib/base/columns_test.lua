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

--- The columns of the widest of these lines, as the C library counts them.
local function widest_for_libc(lines)
  local path = t.tmpdir() .. "/lines"
  t.write_file(path, table.concat(lines, "\n") .. "\n")
  return tonumber(t.must({ "wc", "-L", path }, { env = { LC_ALL = "C.UTF-8" } }):match "%d+")
end

t.test("no character takes more columns than it is counted with: by the C library, and by Unicode 16", function()
  local by_columns = { [0] = {}, {}, {} }
  for _, range in ipairs { { 0x20, 0xD7FF }, { 0xE000, 0x20100 }, { 0xE0000, 0xE0200 } } do -- behind them each is as its neighbour
    for code = range[1], range[2] do
      local char = utf8.char(code)
      table.insert(by_columns[columns.of(char)], char)
    end
  end
  for count, chars in pairs(by_columns) do
    local most = widest_for_libc(chars)
    while most > count and #chars > 1 do -- which one it is
      local half = table.move(chars, 1, #chars // 2, 1, {})
      chars = widest_for_libc(half) > count and half or table.move(chars, #chars // 2 + 1, #chars, 1, {})
    end
    t.ok(most <= count, string.format("U+%04X is counted with %d of %d", utf8.codepoint(chars[1] or " "), count, most))
  end
  for _, code in ipairs { 0x2630, 0x2637, 0x268A, 0x268F, 0x3248, 0x324F, 0x4DC0, 0x4DFF, 0x1D300, 0x1D376, 0x1F1E6, 0x1F1FF } do
    t.eq(columns.of(utf8.char(code)), 2, string.format("U+%04X", code))
  end
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

t.test("a name is cut in its middle, between characters", function()
  t.eq(columns.fit_middle("the p99 latency of the checkout", 20), "the p99 la… checkout")
  t.eq(columns.fit_middle("short", 20), "short")
  t.eq(columns.fit_middle("表表表表表", 6), "表…表")
  t.eq(columns.fit_middle("abcdef", 2), "a…")
end)

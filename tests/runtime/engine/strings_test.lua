-- Lua's patterns by a matcher that can be stopped: the results and the messages of Lua's own.
local t = require "tests.harness"

local function all(...) return table.pack(...) end

t.test("find: places, captures, anchors, plain, beginnings", function()
  local cases = {
    { "hello", "l+", nil, nil, 3, 4 }, { "hello", "", nil, nil, 1, 0 }, { "hello", "", 6, nil, 6, 5 }, { "hello", "", 7, nil },
    { "hello", "^h(.)()", nil, nil, 1, 2, "e", 3 }, { "hello", "^e", nil, nil }, { "hello", "^l", 3, nil, 3, 3 },
    { "hello", "l", -2, nil, 4, 4 }, { "hello", "h", -99, nil, 1, 1 }, { "a.b", ".", 2, true, 2, 2 }, { "a+b", "+b", 1, true, 2, 3 },
    { "a\0b", "\0", nil, nil, 2, 2 }, { "a\0b", "%z", nil, nil, 2, 2 }, { "x$", "x$", nil, nil }, { "x$", "x%$", nil, nil, 1, 2 },
    { "", "^$", nil, nil, 1, 0 }, { "", "x*", nil, nil, 1, 0 }, { "THE (quick) fox", "%((%a+)%)", nil, nil, 5, 11, "quick" },
  }
  for i, case in ipairs(cases) do
    local got = all(string.find(case[1], case[2], case[3], case[4]))
    local want = { table.unpack(case, 5, 8) }
    if want[1] == nil then t.eq(got[1], nil, "case " .. i) else got.n = nil t.eq(got, want, "case " .. i) end
  end
end)

t.test("match: classes, sets, repetitions, back references, %b and %f", function()
  local cases = {
    { "key = value", "^(%w+)%s*=%s*(%w+)$", "key", "value" }, { "[[x]]", "%[(%b[])%]", "[x]" }, { "aXb", "%u", "X" },
    { "aXb", "%U+$", "b" }, { "]", "[]]", "]" }, { "a-b", "[a%-]+", "a-" }, { "a-b", "[+--]", "-" }, { "x^", "[%^x]+", "x^" },
    { "é", "[\128-\255]+", "é" }, { "foo foo", "(%a+) %1", "foo" }, { "THE (quick) fox", "%f[%a]%a+%f[%A]", "THE" },
    { "  trim  ", "^%s*(.-)%s*$", "trim" }, { "aaa", "a-b" }, { "aaab", "a-b", "aaab" }, { "ab", "a?b?c?", "ab" },
    { "x=1", "()=()", 2, 3 }, { "0x1F", "^0[xX](%x+)$", "1F" }, { "a\nb", ".+", "a\nb" }, { "-12", "^[+-]?%d+$", "-12" },
    { "(a(b)c)", "%b()", "(a(b)c)" }, { "%d", "%%d", "%d" }, { "abc", "[^a-b]", "c" }, { "[x", "[[]x", "[x" },
  }
  for i, case in ipairs(cases) do
    local got = all(string.match(case[1], case[2]))
    for k = 1, math.max(1, #case - 2) do t.eq(got[k], case[k + 2], "case " .. i) end
  end
end)

t.test("gmatch and gsub", function()
  local out = {}
  for k, v in ("a=1, b=2"):gmatch "(%w+)=(%w+)" do out[#out + 1] = k .. v end
  for word in ("one two"):gmatch("%a+", 4) do out[#out + 1] = word end
  for at in ("abc"):gmatch "()" do out[#out + 1] = at end
  t.eq(out, { "a1", "b2", "two", 1, 2, 3, 4 })
  local cases = {
    { "hello", "l", "L", nil, "heLLo", 2 }, { "hello", "", "-", nil, "-h-e-l-l-o-", 6 }, { "hello", "x*", "-", nil, "-h-e-l-l-o-", 6 },
    { "hello", "(l)(o)", "%2%1", nil, "helol", 1 }, { "hello", "l", "%0%0", 1, "helllo", 1 }, { "abc", "%w", "%%", nil, "%%%", 3 },
    { "$a $b", "%$(%w)", { a = "1", b = false }, nil, "1 $b", 2 }, { "abc", "b", function() end, nil, "abc", 1 },
    { "abc", "^a", "x", nil, "xbc", 1 }, { "aaa", "^a", "", nil, "aa", 1 }, { "abc d", "%w+", "%0 %0", 1, "abc abc d", 1 },
    { "x", "()", "%1", nil, "1x2", 2 }, { "a b", "%s", 7, nil, "a7b", 1 }, { "abc", "b", "x", 0, "abc", 0 },
  }
  for i, case in ipairs(cases) do
    local text, n = case[1]:gsub(case[2], case[3], case[4])
    t.eq({ text, n }, { case[5], case[6] }, "case " .. i)
  end
end)

t.test("what is malformed is said in Lua's words", function()
  for pattern, message in pairs {
    ["%"] = "malformed pattern (ends with '%')", ["[a"] = "malformed pattern (missing ']')", ["(a"] = "unfinished capture",
    ["a)"] = "invalid pattern capture", ["%1"] = "invalid capture index", ["%bx"] = "missing arguments to '%b'",
    ["%f"] = "missing '[' after",
    [("()"):rep(40)] = "too many captures", [("(a"):rep(300)] = "too",
    ["[%"] = "malformed pattern (missing ']')",
  } do
    local ok, err = pcall(string.match, ("a"):rep(400), pattern)
    t.eq(ok, false, pattern)
    t.has(err, message, pattern)
  end
  for repl, message in pairs { ["%2"] = "invalid capture index", ["%x"] = "invalid use of '%'" } do
    local ok, err = pcall(string.gsub, "a", "(a)", repl)
    t.eq(ok, false)
    t.has(err, message)
  end
  local ok, err = pcall(string.gsub, "a", "a", function() return {} end)
  t.eq(ok, false)
  t.has(err, "invalid replacement value (a table)")
  t.eq(pcall(string.gsub, "a", "a", true), false)
end)

t.test("rep", function()
  t.eq(("ab"):rep(3, "-"), "ab-ab-ab")
  t.eq({ ("x"):rep(0), ("x"):rep(-1), ("x"):rep(1, ","), (""):rep(3, ",") }, { "", "", "x", ",," })
  t.eq((""):rep(1 << 60), "")
  t.eq(pcall(string.rep, "xx", 1 << 62), false)
end)

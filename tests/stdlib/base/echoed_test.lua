-- What a shell's echo and printf make of a text that has backslashes.
local echoed = require "almanac.base.echoed"
local t = require "tests.harness"

t.test("escapes are interpreted as dash's echo, printf %b and bash's echo -e do", function()
  for text, expected in pairs {
    ["plain"] = "plain", ["a\\b"] = "a\b", ["a\\nb"] = "a\nb", ["a\\\\b"] = "a\\b", ["\\0101x"] = "Ax", ["\\101x"] = "Ax",
    ["\\x41g"] = "Ag", ["\\q"] = "\\q", ["end\\"] = "end\\", ["a\\cb"] = "a", ["\\0"] = "\0", ["\\e["] = "\27[", ["\\777"] = "\255",
  } do t.eq(echoed.interpreted(text), expected, text) end
end)

t.test("and are what a shell writes", function()
  for _, text in ipairs { "Tr\\b0ub4dor\\nX9", "a\\tb\\\\c", "x\\101y", "no escape" } do
    t.eq(t.must { "sh", "-c", 'printf "%b" "$1"', "sh", text }, echoed.interpreted(text))
  end
end)

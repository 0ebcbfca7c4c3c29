-- The screen that tests look at, as terminals have it.
local screens = require "tests.screen"
local t = require "tests.harness"

local function shown(width, height, ...)
  local screen = screens.new(width, height)
  for _, bytes in ipairs { ... } do screen:write(bytes) end
  return screen:lines(), screen
end

t.test("lines stand below each other, and leave at the top", function()
  local lines, screen = shown(10, 2, "one\r\ntwo\r\nthree")
  t.eq({ lines, screen.above }, { { "two", "three" }, { "one" } })
end)

t.test("a line that is too long is broken, and one that fills its row is not", function()
  t.eq(shown(4, 3, "abcdef"), { "abcd", "ef", "" })
  t.eq(shown(4, 3, "abcd\r\nef"), { "abcd", "ef", "" })
  t.eq(shown(4, 3, "長い名\r\n"), { "長い", "名", "" })
end)

t.test("the cursor moves, rows are cleared, colours take no room", function()
  t.eq(shown(10, 3, "one\r\ntwo\r\n", "\27[2A\27[K\27[31mred\27[0m\r\n\27[1B"), { "red", "two", "" })
end)

t.test("a sequence or a character may come in pieces", function()
  local lines = shown(10, 1, "\27", "[3", "1mx\xe2\x9c", "\x93")
  t.eq(lines, { "x✓" })
end)

t.test("frames are kept; what is not known fails", function()
  local _, screen = shown(10, 2, "\27[?2026ha\r\n\27[?2026l", "\27[?2026h\27[1Ab\27[?2026l")
  t.eq(screen.frames, { { "a", "" }, { "b", "" } })
  t.raises(nil, function() screen:write "\27[2J" end)
end)

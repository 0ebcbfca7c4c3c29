-- A line that is being typed: what keys do to it, and what of it is in sight.
local keys = require "almanac.render.live.keys"
local t = require "tests.harness"
local typed_line = require "almanac.render.typed_line"

local function typed(...)
  local line = typed_line.new()
  for _, key in ipairs { ... } do line:press(key) end
  return line
end

t.test("keys put in, take away, and move by characters", function()
  t.eq(typed("a", "ü", "b", "left", "left", "backspace", "x"):text(), "xüb")
  t.eq(typed("a", "ü", "b", "home", "delete", "end", "c"):text(), "übc")
  t.eq(typed("a", " ", "b", "c", "rub word", "d"):text(), "a d")
  t.eq(typed("a", "b", "left", "cut off"):text(), "a")
  t.eq(typed("a", "b", "left", "rub out"):text(), "b")
  t.eq(typed("left", "backspace", "delete", "right", "a"):text(), "a")
  t.eq(typed("a", "page up", "b"):text(), "ab")
end)

t.test("a long line is moved, so that the cursor stays in sight", function()
  local line = typed_line.new(("0123456789"):rep(3))
  t.eq({ line:shown("> ", 13) }, { "> 0123456789", 12 })
  line:press "home"
  t.eq({ line:shown("> ", 13) }, { "> 0123456789", 2 })
  line = typed_line.new "表表表表"
  t.eq({ line:shown("> ", 8) }, { "> 表表", 6 })
end)

t.test("control characters mean what the reader says", function()
  t.eq(keys.of("a\t\1\27[A", { ["\t"] = "complete", ["\1"] = "home" }), { "a", "complete", "home", "up" })
end)

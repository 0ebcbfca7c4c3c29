-- Whose a line is: what stands behind a newline in a text of somebody else is marked.
local errors = require "almanac.base.errors"
local lines = require "almanac.base.lines"
local t = require "tests.harness"
local terminal = require "almanac.base.terminal"

t.test("the first line is as it is, the others are marked, and empty ones at the end left out", function()
  t.eq(lines.marked("a", "  "), { "a" })
  t.eq(lines.marked("a\nb\r\n\nc\n\n", "  "), { "a", "  | b", "  |", "  | c" })
  t.eq(lines.marked("\n  go on: x", ""), { "", "|   go on: x" })
  t.eq(lines.marked("\n\n", ""), { "" })
end)

t.test("marks stand behind where the line begins", function()
  t.eq(lines.hanging "a", "a")
  t.eq(lines.hanging "    why: a\nb", "    why: a\n      | b")
end)

t.test("lines of ours are a list; each may hold a text of somebody else", function()
  t.eq(terminal.said { "one", "  two: a\nb", "three" }, "one\n  two: a\n    | b\nthree")
  t.eq(terminal.said "one", "one")
  t.eq(terminal.lines {}, "")
end)

t.test("a secret over several lines is hidden before a mark could stand in it", function()
  local redaction = require "almanac.base.redaction"
  redaction.know("first-half/second-half/third-half", "(secret)")
  local base64 = require("almanac.base.base64").encode "first-half/second-half/third-half"
  local wrapped = base64:gsub("(........)", "%1\n")
  t.lacks(terminal.said("it said: " .. wrapped), base64:sub(9, 16))
  t.lacks(errors.format { message = "m " .. wrapped, hint = "h " .. wrapped, stderr = "e " .. wrapped }, base64:sub(9, 16))
end)

t.test("an error: its message, its hint, and what it says of a step", function()
  t.eq(errors.format { message = "a\n  step:  b", hint = "c\nd", step = "s" },
    "a\n  |   step:  b\n  step:    s\n  next:    c\n         | d")
  t.eq(errors.lines({ message = "a\nb" }, "✗ "), { "✗ a", "  | b" })
  t.eq(terminal.said(errors.lines { message = "a", step = "s\n  next:  x" }), "a\n  step:    s\n    |   next:  x")
end)

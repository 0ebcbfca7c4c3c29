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

t.test("an error's own lines stand without a mark, and what others wrote in one with it", function()
  local function raised(fn, ...) return select(2, errors.try(fn, ...)) end
  local err = raised(errors.raise, { kind = "refused", message = { "a", "it said:\nx" }, hint = { "one\ny", "two" } })
  t.eq(err.message, "a\nit said:\nx")
  t.eq(err.hint, "one\ny\ntwo")
  err.where = nil
  t.eq(errors.format(err), "a\n  it said:\n  | x\n  next:    one\n         | y\n           two")
  errors.add_hint(err, "three")
  t.has(errors.format(err), "\n           two\n           three")
  t.eq(err.hint, "one\ny\ntwo\nthree")
  local plain = raised(errors.raise, { kind = "x", message = "m", hint = "given\nby others" })
  errors.add_hint(plain, "and ours")
  t.has(errors.format(plain), "  next:    given\n         | by others\n           and ours")
end)

t.test("no line in an error that a script made, or changed, is ours", function()
  local given = require "almanac.public.errors"
  local err = select(2, errors.try(given.raise, { kind = "x", message = "m", hint = { "one", "✓ forged" } }))
  t.lacks(errors.format(err), "forged")
  err = select(2, errors.try(errors.raise, { kind = "x", message = { "a", "b" }, hint = { "c", "d" } }))
  err.hint, err.message, err.where = "c\nforged", "forged\nb", nil
  t.eq(errors.format(err), "forged\n  | b\n  next:    c\n         | forged")
  local copy = {}
  for key, value in pairs(select(2, errors.try(errors.raise, { kind = "x", message = { "a", "b" } }))) do copy[key] = value end
  t.has(errors.format(copy), "\n  | b")
end)

t.test("of what was overwritten the last is shown", function()
  t.eq(lines.overwritten "progress 1\rprogress 2\rdone", "done")
  t.eq({ lines.overwritten "half\r", lines.overwritten "plain", lines.overwritten "\r", lines.overwritten "" }, { "half", "plain", "", "" })
end)

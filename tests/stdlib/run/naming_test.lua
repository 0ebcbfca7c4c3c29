-- How a script names its steps: whether it may name one so, and its source under another name.
local naming = require "almanac.run.naming"
local t = require "tests.harness"

local function texts(...)
  local out = {}
  for i, one in ipairs(naming.old_sources(...)) do out[i] = one.text end
  return out
end

t.test("the old source is today's with the old name in the place of the new one", function()
  t.eq(texts('step("new", function() end)', "new", "old"), { 'step("old", function() end)' })
  t.eq(texts("step('new', fn \"x\")", "new", "old"), { "step('old', fn \"x\")" })
  t.eq(texts("new = function() end,", "new", "old"), { "old = function() end," })
  t.eq(texts("new = function() end,", "new", "old one"), { '["old one"] = function() end,' })
  t.eq(texts("renew = function() end,", "new", "old"), {})
end)

t.test("a computed name is held by its literal piece", function()
  t.eq(texts('step("roll out: " .. w, function() end)', "roll out: web", "ready: web"),
    { 'step("ready: " .. w, function() end)' })
  t.eq(texts('step("ready: " .. w, function() end)', "ready: web", "ready: db"), {}, "what differs is no literal")
end)

t.test("a name may be computed by what the script joins, or by a format", function()
  local function may_be(text, name) return naming.may_be_named({ text }, name) end
  t.ok(may_be('step("drain " .. node, f)', "drain mq-0"))
  t.ok(may_be("step(node .. ' is up', f)", "mq-0 is up"))
  t.ok(may_be('step(("%s of %d"):format(a, b), f)', "node of 3"))
  t.ok(may_be('step("a", f)', "a"))
  t.ok(not may_be('step("drain " .. node, f)', "empty mq-0"))
  t.ok(not may_be('step("drain", f)', "drain mq-0"), "nothing is joined to it")
  t.ok(not may_be('step("%s up", f)', "mq-0 down"))
end)

t.test("a name is one of the script's where it is a text of its own or a branch's key", function()
  for text, is in pairs {
    ['step("one", f)'] = true, ["step('one', f)"] = true, ["{ one = f }"] = true, ['step("one two", f)'] = false,
    ["none = f"] = false, ["-- one"] = false,
  } do t.eq(naming.is_named({ text }, "one"), is, text) end
end)

-- Argument lists: no word of a script's becomes an option.
local arguments = require "almanac.host.arguments"
local t = require "tests.harness"

t.test("options carry their values, words stand by themselves", function()
  local args = arguments.new("helm.upgrade", "upgrade"):option("--namespace", "x"):option("--version", nil)
    :flag("--install", true):flag("--wait", false):option("--timeout", 5):word("release", "web"):rest("paths", { "-a", "--", "b c" })
  t.eq(args:list(), { "upgrade", "--namespace=x", "--install", "--timeout=5", "web", "--", "-a", "--", "b c" })
end)

t.test("a word with a dash, of another type, empty or with a NUL is refused", function()
  for _, word in ipairs { "-x", "--post-renderer=./x", "-", "", "a\0b" } do
    t.raises("usage", function() arguments.new("test"):word("chart", word) end)
  end
  for _, word in ipairs { {}, 5, true } do
    t.raises("usage", function() arguments.new("test"):word("chart", word) end)
  end
  t.has(t.raises("usage", function() arguments.new("test"):word("chart", "--a=./b") end).hint, "./--a=./b")
  t.has(t.raises("usage", function() arguments.new("test"):word("chart", "--wait") end).hint, "leave it out")
  t.raises("usage", function() arguments.new("test"):rest("paths", { "ok", "" }) end)
  t.raises("usage", function() arguments.new("test"):option("--x", "a\0b") end)
end)

t.test("the list is the caller's own", function()
  local args = arguments.new("test", "a")
  args:list()[1] = "b"
  t.eq(args:list(), { "a" })
end)

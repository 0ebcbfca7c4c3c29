-- A command as a script may write it: the forms, what each gives, and what is refused.
local command = require "almanac.host.command"
local secret = require "almanac.base.secret"
local t = require "tests.harness"

local function of(...)
  return command.of("sh.run", command.changing, ...)
end

t.test("words, a list, a list with options, argv: all say the same", function()
  local want = { argv = { "git", "status", "-s" }, ok = { 0 } }
  t.eq(of("git", "status", "-s"), want)
  t.eq(of { "git", "status", "-s" }, want)
  t.eq(of { argv = { "git", "status", "-s" } }, want)
  t.eq(of("git", { "status", "-s" }), want)
  want.timeout, want.cwd = 90, "/tmp"
  t.eq(of("git", "status", "-s", { timeout = "90s", cwd = "/tmp" }), want)
  t.eq(of { "git", "status", "-s", timeout = "90s", cwd = "/tmp" }, want)
  t.eq(of("sleep", 5).argv, { "sleep", "5" })
end)

t.test("what the caller gave is left as it is", function()
  local given = { "a", "b", timeout = 1 }
  of(given)
  t.eq(given, { "a", "b", timeout = 1 })
end)

t.test("a check is written as a command is, or as its program alone", function()
  t.eq(of { "a", check = { "b", "c" } }.check, { "b", "c" })
  t.eq(of { "a", check = "ops/is-done" }.check, { "ops/is-done" })
  t.eq(of { "a", check = { argv = { "b" } } }.check, { "b" })
  t.eq(of { "a", check = { "b", ok = { 0, 3 }, cwd = "/" } }.check, { argv = { "b" }, ok = { 0, 3 }, cwd = "/" })
end)

t.test("what is no command is refused, with the call to write", function()
  local cases = {
    { {}, "the program first" }, { { argv = "ls -l" }, "the program first" }, { { argv = {} }, "the program first" },
    { { "" }, "the program first" }, { { "ls", 1.5 }, "the program first" }, { { "ls", true }, "the program first" },
    { { [1] = "ls", [3] = "x" }, "no option \"3\"" }, { { "a", argv = { "b" } }, "given twice" },
    { { "a", check = {} }, "sh.run: check: the command" }, { { "a", check = { "b", idempotent = true } }, "no option" },
    { { "a", check = true }, "sh.run: check: the command" }, { { "a", timeout = "5x" }, "no unit x" },
    { { "a", timeout = true }, "must be a duration" }, { { "a", ok = { "0" } }, "exit codes" },
    { { "a", env = { ["A=B"] = "c" } }, "no name of a variable" }, { { "a", max_output = -1 }, "number of bytes" },
    { { "a", secret.new("token", "abc123") }, "word 2 is a secret" },
  }
  for _, case in ipairs(cases) do t.has(t.raises("usage", of, case[1]).message, case[2]) end
  t.raises("usage", of)
  t.raises("usage", of, nil)
  t.raises("usage", of, "ls", nil, "x")
  t.raises("usage", of, "ls", true)
end)

t.test("an option that is nearly one is named", function()
  t.has(t.raises("usage", of, { "a", timout = 5 }).message, "did you mean timeout?")
end)

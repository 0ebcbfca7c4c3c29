-- A plan that would fail says so in its summary and in its exit code.
local project = require "tests.project"
local t = require "tests.harness"

local function plan(source)
  local p = project.new { book = source }
  return p:run { "plan", "book" }
end

t.test("what allow refuses is in the summary, and exit 1", function()
  local code, out = plan [[
return runbook {
  allow = { fs = { "mine/*" } },
  run = function()
    step("write", function() fs.write("other/x", "x") end)
  end,
}]]
  t.eq(code, 1, out)
  t.has(out, 'WOULD STOP THE RUN: fs.write: this runbook may not touch fs "other/x"')
  t.has(out, "Plan: 1 effect, 1 of them WOULD STOP THE RUN")
end)

t.test("a read that fails before anything is changed fails the run; after a change it may be otherwise then", function()
  local code, out = plan 'return runbook { run = function() step("look", function() sh.read { "false" } end) end }'
  t.eq(code, 1, out)
  t.has(out, "1 step WOULD FAIL")
  code, out = plan [[
return runbook {
  run = function()
    step("write", function() fs.write("x", "x") end)
    step("look", function() sh.read { "test", "-e", "x" } end)
  end,
}]]
  t.eq(code, 2, out)
  t.has(out, "would fail now: ")
  t.has(out, "1 step would fail as things are now")
end)

t.test("nothing to change and nothing that fails is exit 0", function()
  local code, out = plan 'return runbook { run = function() step("look", function() return sh.read({ "true" }).code end) end }'
  t.eq(code, 0, out)
  t.has(out, "Plan: 0 effects")
  t.lacks(out, "fail")
end)

--- Errors on their way out of a task: whatever is raised, nothing of a script's runs on the way.
local t = require "tests.harness"
local task = require "native.task"

t.test("a table that raises when it is looked at is an error as any other", function()
  local looked = {}
  local odd = setmetatable({ kind = "odd" }, {
    __index = function(_, key) looked[#looked + 1] = key error "again" end,
    __newindex = function(_, key) looked[#looked + 1] = key error "and again" end,
  })
  local ok, err = task.spawn(function() error(odd) end):join()
  t.eq(ok, false)
  t.eq(err.kind, "odd")
  t.ok(not rawequal(err, odd), "a copy, on which nothing of the script hangs")
  t.has(err.traceback, "error_test.lua")
  t.eq(looked, {})
end)

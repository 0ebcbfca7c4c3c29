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

t.test("an error without a message says its fields; what has one keeps it", function()
  local function raised(value)
    local ok, err = task.spawn(function() error(value, 0) end):join()
    t.eq(ok, false)
    return err
  end
  local err = raised { state = "down", code = 5, more = {}, ok = false }
  t.eq(err.message, "an error without a message: code = 5, more = a table, ok = false, state = down")
  t.eq({ err.kind, err.code }, { "script", 5 })
  t.eq(raised({}).message, "an error without a message")
  t.eq(raised({ kind = "mine", message = {} }).kind, "mine")
  t.eq(raised({ message = 5 }).message, "5")
  t.eq(raised({ message = "said", code = 5 }).message, "said")
  t.eq(raised(setmetatable({ code = 5 }, { __tostring = function() error "no" end })).message, "an error without a message: code = 5")
  local many = {}
  for i = 1, 1000 do many["field" .. i] = ("x"):rep(1000) end
  t.ok(#raised(many).message < 1000)
end)

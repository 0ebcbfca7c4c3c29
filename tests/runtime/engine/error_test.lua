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

t.test("who is cancelled says where he stood, without the traceback that another error has", function()
  local function ended(fn)
    local child = task.spawn(fn)
    task.sleep(0)
    child:cancel()
    local ok, err = child:join()
    t.eq(ok, false)
    return err
  end
  local cancelled = ended(function() task.sleep(100) end)
  t.eq({ cancelled.kind, cancelled.traceback }, { "cancelled", nil })
  t.has(cancelled.where, "error_test.lua")
  local failed = ended(function()
    pcall(task.sleep, 100)
    error("on its way out", 0)
  end)
  t.eq(failed.message, "on its way out")
  t.has(failed.traceback, "error_test.lua")
end)

t.test("fields of ours that a script gave another kind of value are left out, or text", function()
  local function raised(value)
    return select(2, task.spawn(function() error(value, 0) end):join())
  end
  local err = raised { message = "m", hint = {}, step = { 1 }, raised_at = print, file = true, line = "x", column = {}, mine = { 1 } }
  t.eq({ err.message, err.hint, err.step, err.raised_at, err.file, err.line, err.column, err.mine[1] },
    { "m", nil, nil, nil, nil, nil, nil, 1 })
  err = raised { message = 7, hint = 8, where = {}, traceback = {}, line = 3, column = 4.5 }
  t.eq({ err.message, err.hint, err.line, err.column }, { "7", "8", 3, nil })
  t.eq({ type(err.where), type(err.traceback) }, { "string", "string" })
end)

t.test("an opaque value is said as what stands in its place, also within text; one that pretends is none", function()
  local secret = require("almanac.base.secret").new("token", "hunter2hunter2")
  local function raised(value)
    return select(2, task.spawn(function() error(value, 0) end):join())
  end
  t.eq(raised(secret).message, "(secret token)")
  t.eq(raised("refused: " .. secret).message, "refused: (secret token)")
  local err = raised { kind = "x", message = secret .. " is old", hint = "not " .. secret }
  t.eq({ err.kind, err.message, err.hint }, { "x", "(secret token) is old", "not (secret token)" })
  local ran = false
  local pretends = setmetatable({}, { __metatable = "secret", __tostring = function() ran = true return "x" end })
  t.eq(raised(pretends).message, "an error without a message")
  t.eq(raised({ message = pretends }).message, "an error without a message: message = a table")
  t.eq(ran, false, "nothing of a script's runs on the way")
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

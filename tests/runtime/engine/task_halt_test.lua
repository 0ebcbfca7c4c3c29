--- task.halt: an error that is raised again until somebody joins the task.
local errors = require "almanac.base.errors"
local t = require "tests.harness"
local task = require "native.task"

t.test("a halt is raised again by each wait and each call of a face, and its own error is what the task ends with", function()
  local halt, again = { kind = "waiting", message = "go on?" }, {}
  local face = task.face(function() again.called = true end)
  local ok, err = task.spawn(function()
    t.eq(select(2, pcall(task.halt, halt)), halt)
    again.sleep = select(2, pcall(task.sleep, 0))
    again.face = select(2, pcall(face))
    again.level = task.interrupted()
    pcall(task.halt, { kind = "another", message = "one" })
    task.check()
  end):join()
  t.eq({ ok, again.called, again.level }, { false, nil, "pause" })
  for _, one in ipairs { err, again.sleep, again.face } do t.ok(rawequal(one, halt), "the first halt") end
end)

t.test("it reaches no other task, the shield of what cleans up alone holds it off, and who caught it may lift it", function()
  local parent = task.spawn(function()
    local handle = task.spawn(function() task.halt { kind = "waiting", message = "go on?" } end)
    t.eq((handle:join()), false)
    task.sleep(0)
    pcall(task.halt, { kind = "waiting", message = "go on?" })
    t.eq(task.with({ shield = "cancel" }, function() return task.sleep(0), task.halted() end), nil)
    for _, shield in ipairs { "none", "pause", "timeout" } do
      t.eq((pcall(task.with, { shield = shield }, task.sleep, 0)), false, shield)
    end
    t.eq(task.halted().message, "go on?")
    task.lift_halt()
    task.sleep(0)
    return task.interrupted() or task.halted()
  end)
  t.eq({ parent:join() }, { true })
end)

t.test("what a halted task left open is closed without a call of the library", function()
  local called = false
  local face = task.face(function() called = true end)
  local ok, err = task.spawn(function()
    local _ <close> = setmetatable({}, { __close = face })
    task.halt { kind = "waiting", message = "go on?" }
  end):join()
  t.eq({ ok, err.kind, called }, { false, "waiting", false })
end)

t.test("a halt that begins under a shield passes it", function()
  local ok, err = task.spawn(function()
    task.with({ shield = "pause" }, function()
      pcall(task.halt, { kind = "waiting", message = "go on?" })
      task.sleep(0)
    end)
  end):join()
  t.eq({ ok, err.message }, { false, "go on?" })
end)

t.test("what a halted task closes puts no error in the place of the halt", function()
  local function fail()
    local _ <close> = setmetatable({}, { __close = function() error "another" end })
    task.halt { kind = "waiting", message = "go on?" }
  end
  local ok, err = task.spawn(fail):join()
  t.eq({ ok, err.kind }, { false, "waiting" })
  t.eq({ task.spawn(function() return select(2, errors.try(fail)).kind end):join() }, { true, "waiting" })
end)

--- task.halt: an error that is raised again until somebody joins the task.
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

t.test("it reaches no other task, a shield holds it off, and who caught it may lift it", function()
  local parent = task.spawn(function()
    local handle = task.spawn(function() task.halt { kind = "waiting", message = "go on?" } end)
    t.eq((handle:join()), false)
    task.sleep(0)
    pcall(task.halt, { kind = "waiting", message = "go on?" })
    task.with({ shield = "pause" }, task.sleep, 0)
    t.eq((pcall(task.sleep, 0)), false)
    task.lift_halt()
    task.sleep(0)
    return task.interrupted()
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

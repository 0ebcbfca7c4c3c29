--- task.condition: who waits is woken, and who does not is not.
local t = require "tests.harness"
local task = require "native.task"

t.test("a notify wakes all who wait now, and none who come later", function()
  local cond, woken = task.condition(), {}
  local function wait(name)
    return task.spawn(function()
      cond:wait()
      woken[#woken + 1] = name
    end)
  end
  cond:notify()
  local a, b = wait "a", wait "b"
  task.sleep(0)
  t.eq(woken, {})
  cond:notify()
  a:join()
  b:join()
  table.sort(woken)
  t.eq(woken, { "a", "b" })
end)

t.test("a wait that is cancelled leaves the condition to the others", function()
  local cond = task.condition()
  local cut = task.spawn(function() cond:wait() end)
  local kept = task.spawn(function() cond:wait() return "woken" end)
  task.sleep(0)
  cut:cancel()
  local ok, err = cut:join()
  t.eq({ ok, err.kind }, { false, "cancelled" })
  cond:notify()
  t.eq({ kept:join() }, { true, "woken" })
end)

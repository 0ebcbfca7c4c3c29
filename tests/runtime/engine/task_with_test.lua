--- task.with: what a task may do and what may interrupt it, for the time of one call.
local t = require "tests.harness"
local task = require "native.task"
local fs = require "native.fs"

--- What the running task has now.
local function standing()
  local permit = task.permit "effect"
  task.permit(permit)
  return { permit = permit, context = task.context() }
end

t.test("a call has what the table names, and afterwards the task has what it had", function()
  local before, context = standing(), { run = "r" }
  local inside
  local words = table.pack(task.with({ permit = "read", shield = "cancel", context = context }, function(...)
    inside = standing()
    return ...
  end, 1, nil, "three", nil))
  t.eq(inside, { permit = "read", context = context })
  t.ok(rawequal(inside.context, context), "the context is the same table")
  t.eq({ words.n, words[1], words[3] }, { 4, 1, "three" })
  t.eq(standing(), before)
end)

t.test("what the table does not name stays", function()
  task.with({ permit = "compute" }, function()
    task.with({ shield = "pause" }, function() t.eq(standing(), { permit = "compute" }) end)
    t.eq(standing().permit, "compute")
  end)
end)

--- What becomes of a wait in fn when its task is cancelled, and of one behind it.
local function cancelled_in(with, fn)
  local handle, inside
  handle = task.spawn(function()
    pcall(task.with, with, function()
      handle:cancel()
      inside = fn and task.with(fn, pcall, task.sleep, 0) or not fn and pcall(task.sleep, 0)
      error "left by an error"
    end)
    return inside, pcall(task.sleep, 0)
  end)
  local _, within, behind = handle:join()
  return { within, behind }
end

t.test("a shield holds for the call, and what is called in it, and not a moment longer", function()
  t.eq(cancelled_in { shield = "cancel" }, { true, false })
  t.eq(cancelled_in({ shield = "cancel" }, { permit = "read" }), { true, false }, "what the inner table does not name stays")
  t.eq(cancelled_in({ shield = "cancel" }, { shield = "none" }), { false, false })
  t.eq(cancelled_in { shield = "pause" }, { false, false }, "a cancel passes a shield against pauses")
end)

t.test("context = false is none", function()
  local outer = {}
  task.with({ context = outer }, function()
    task.with({ context = false }, function() t.eq(task.context(), nil) end)
    t.ok(rawequal(task.context(), outer), "the outer context is back")
  end)
  t.eq(task.context(), nil)
end)

t.test("a call that waits is put back too, and meanwhile others have their own", function()
  local order = {}
  local function work(name, permit)
    return task.spawn(function()
      task.with({ permit = permit }, function()
        order[#order + 1] = name .. " " .. standing().permit
        task.sleep(0)
        order[#order + 1] = name .. " " .. standing().permit
      end)
      order[#order + 1] = name .. " " .. standing().permit
    end)
  end
  local a, b = work("a", "read"), work("b", "compute")
  t.eq({ (a:join()), (b:join()) }, { true, true })
  table.sort(order)
  t.eq(order, { "a effect", "a read", "a read", "b compute", "b compute", "b effect" })
end)

t.test("an error is raised again as it is, and names where it came from", function()
  local before, thrown = standing(), { kind = "odd", message = "of ours" }
  local function fails(value, level)
    return select(2, pcall(task.with, { permit = "read", shield = "cancel", context = {} }, function()
      task.sleep(0)
      error(value, level)
    end))
  end
  t.ok(rawequal(fails(thrown, 0), thrown), "an error table is the same table")
  t.has(thrown.traceback, "task_with_test.lua")
  t.eq(fails("a text", 1).message, "a text")
  t.has(fails("a text", 1).raised_at, "task_with_test.lua")
  t.eq(standing(), before)
end)

t.test("an interrupt passes through a call, and is put off by its shield", function()
  local reached
  local held = task.spawn(function()
    return pcall(task.with, { shield = "cancel" }, function()
      task.sleep(0.01)
      reached = true
    end)
  end)
  task.sleep(0)
  held:cancel()
  local _, ok = held:join()
  t.eq({ ok, reached }, { true, true })
  local cut = task.spawn(function()
    local ok_, err = pcall(task.with, { permit = "read" }, task.sleep, 1000)
    return ok_, err.kind, standing().permit
  end)
  task.sleep(0)
  cut:cancel()
  t.eq({ cut:join() }, { true, false, "cancelled", "effect" })
end)

t.test("a table that is wrong is refused, and changes nothing", function()
  local before = standing()
  local function never() t.ok(false, "fn was called") end
  t.has(t.raises("usage", task.with, { permit = "all" }, never).message, "permit cannot be all")
  t.has(t.raises("usage", task.with, { shield = 3 }, never).message, "shield cannot be number")
  t.has(t.raises("usage", task.with, { permit = "read", shied = "none" }, never).message, "no field shied")
  t.raises(nil, task.with, "read", never)
  t.raises(nil, task.with, { permit = "read" })
  t.eq(standing(), before)
end)

t.test("a coroutine of a script cannot leave a call half-way and keep its permit", function()
  local path = t.tmpdir() .. "/x"
  task.with({ permit = "read" }, function()
    local co = coroutine.create(function() task.with({ permit = "effect" }, coroutine.yield) end)
    local ok, err = coroutine.resume(co)
    t.eq(ok, false)
    t.has(tostring(err), "attempt to yield across a C-call boundary")
    t.eq(standing().permit, "read")
    t.raises("refused", fs.write, path, "text")
  end)
end)

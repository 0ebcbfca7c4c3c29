-- Work on many items, some at once: results in their places, and whose failure is told.
local errors = require "almanac.base.errors"
local pool = require "almanac.base.pool"
local t = require "tests.harness"
local task = require "native.task"

t.test("results stand in the places of their items, and never more are at work than may be", function()
  local busy, most = 0, 0
  local out = pool.map({ 5, 1, 3, 2, 4 }, 2, function(item, i)
    busy = busy + 1
    most = math.max(most, busy)
    task.sleep(item / 1000)
    busy = busy - 1
    return item * 10 + i
  end)
  t.eq({ out, most }, { { 51, 12, 33, 24, 45 }, 2 })
end)

t.test("the first failure ends the others and is raised", function()
  local ended
  local err = t.raises("refused", pool.map, { 1, 2 }, 2, function(item)
    if item == 2 then errors.raise { kind = "refused", message = "no" } end
    local ok, why = errors.try(task.sleep, 3600)
    ended = not ok and errors.is_interrupt(why)
    if not ok then error(why, 0) end
  end)
  t.eq({ err.message, ended }, { "no", true })
end)

t.test("where the time of who waits is over, that is raised, and not that the work was cancelled for it", function()
  local token = task.push_deadline(0.05)
  local ok, err = errors.try(pool.map, { 1, 2, 3 }, 3, function() task.sleep(3600) end)
  local expired = task.pop_deadline(token)
  t.eq({ ok, err.kind, expired }, { false, "timeout", true })
end)

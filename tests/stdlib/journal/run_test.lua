--- What names a run.
local runs = require "almanac.journal.run"
local t = require "tests.harness"

t.test("an id is drawn until it is free: as many runs as four digits have values begin in one second", function()
  local taken, drawn = {}, 0
  for _ = 1, 3000 do
    local id = runs.new_id("a book", function(id)
      drawn = drawn + 1
      return taken[id]
    end)
    t.ok(not taken[id], "it is free")
    taken[id] = true
  end
  t.ok(drawn > 3000, "some were taken") -- within a second 68 are to be expected; at the worst 3000 take a few seconds
  t.ok(next(taken):find "^a_book%-%d+%-%d+%-%x%x%x%x", next(taken))
end)

t.test("an id that nobody else has is of four digits; where all of these are taken, of eight", function()
  t.eq(#runs.new_id("x", function() return false end):match "%-(%x+)$", 4)
  t.eq(#runs.new_id("x", function(id) return #id:match "%-(%x+)$" == 4 end):match "%-(%x+)$", 8)
end)

t.test("what a step waited for is not told behind its end", function()
  local run = runs.unrecorded({}, {})
  run:tell_progress("a", "waiting for process 1")
  run:tell_progress("a", "waiting for process 1, still")
  run:tell_progress("b", "waiting for b")
  run:tell_progress("b", "waiting for b, still")
  t.ok(run.progress:is_late())
  run:record("step.done", "a", { started = 0, elapsed_ms = 0 })
  t.ok(run.progress:is_late(), "b waits yet")
  run:record("step.failed", "b", { kind = "command", message = "x" })
  t.eq(run.progress:is_late(), false)
end)

-- The third signal ends the process where it stands, also in a call that blocks; the run resumes.
local project = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"

local HOLD = 5 -- seconds that SQLite waits for a journal that another process holds: the call that blocks

-- Holds the journal's write lock until it is killed.
local HOLDER = [[
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(600)
]]

t.test("a third signal does not wait for a call that blocks", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("first", function() sh.run { argv = { "sh", "-c", "echo once >> first" } } end)
  step("second", function()
    sh.run { argv = { "sh", "-c", "test -e go && exit; echo $$ > pid; echo waits >&2; exec sleep 600" }, idempotent = true, grace = 0 }
  end)
end }]] }
  local process = p:spawn { "run", "book", "--no-ask" }
  process:wait_line "| waits"
  process:kill "INT"
  process:wait_line "Once more cancels"
  local holder = t.spawn { "python3", "-c", HOLDER, p.dir .. "/.almanac/journal.db" }
  holder:wait_line "held"
  process:kill "INT"
  local child = p:lines("pid")[1]
  t.eventually("the child is gone, and what became of it is to be journalled", function() return t.run { "kill", "-0", child } ~= 0 end)
  local before = task.now()
  process:kill "INT"
  t.eq(process:wait(), -1)
  t.ok(task.now() - before < HOLD - 2, "it took " .. (task.now() - before) .. " s")
  t.eq(process.signal, "INT")
  holder:kill "KILL"
  t.write_file(p.dir .. "/go", "")
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "first", { "once" })
end)

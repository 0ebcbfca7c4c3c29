-- How a run's time was spent: worked, asked, and nobody there.
local spent = require "almanac.report.spent"
local t = require "tests.harness"

local function report(executions, spans)
  return { run = { started_ms = 0, ended_ms = 62000 }, executions = executions, steps = { { spans = spans } } }
end

t.test("all of it is work where nobody was asked and one process ran it", function()
  t.eq(spent.text(report({ { started_ms = 0, ended_ms = 62000 } }, {})), "1m2s")
  t.eq(spent.text { run = { started_ms = 0 }, steps = {} }, nil, "it is under way")
end)

t.test("time in which nobody ran it, and time in which it waited for an answer, are none that it worked", function()
  local executions = { { started_ms = 0, ended_ms = 10000 }, { started_ms = 40000, ended_ms = 62000 } }
  local spans = {
    { kind = "approval", from_ms = 8000, to_ms = 45000 }, -- asked in the first, answered in the second
    { kind = "approval", from_ms = 42000, to_ms = 47000 }, -- beside it
    { kind = "work", from_ms = 47000, to_ms = 62000 },
  }
  t.eq(spent.of(report(executions, spans)), { worked = 23.0, asked = 9.0, idle = 30.0 })
  t.eq(spent.text(report(executions, spans)), "23s of work, 9s of waiting for an answer, 30s in which nobody ran it")
end)

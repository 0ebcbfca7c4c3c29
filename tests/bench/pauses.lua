-- Milliseconds from a Ctrl-C to the end of a run whose step computes for ever: of each way to do so the middle of three; the
-- worst of these, and the next. almanac lua tests/bench/pauses.lua
local ENDLESS = require "tests.attacks.endless_code"
local project = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"

local function pause_of(source)
  local p = project.new { book = "return runbook { run = function() step('x', function() note('begun'); " .. source .. " end) end }" }
  local process = p:spawn { "run", "book", "--no-ask" }
  process:wait_line "begun"
  task.sleep(0.1) -- it is well in it
  local began = task.now()
  process:kill "INT"
  process:wait()
  return (task.now() - began) * 1000
end

t.test("pauses", function()
  local all = {}
  for what, source in pairs(ENDLESS) do
    local times = { pause_of(source), pause_of(source), pause_of(source) }
    table.sort(times)
    all[#all + 1] = { what = what, ms = times[2] }
  end
  table.sort(all, function(a, b) return a.ms > b.ms end)
  print(string.format("worst %.0f %s", all[1].ms, all[1].what))
  print(string.format("others %.0f %s", all[2].ms, all[2].what))
end)

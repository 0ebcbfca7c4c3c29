-- A backtest while it is made: its window, and what was found in the order of the script.
local past = require "almanac.run.past"
local t = require "tests.harness"

t.test("a watch ends where the window does, and never in the future", function()
  local open = past.new("r", { from = 1000, now = 1500, margin = 0.1 })
  t.eq({ open:ending(60), open:ending(900) }, { 1060, 1500 })
  local closed = past.new("r", { from = 1000, to = 1200, now = 1500, margin = 0.1 })
  t.eq(closed:ending(60), 1200, "the window that was asked for")
end)

t.test("a part adds to the same findings, below its step, and they are put into the script's order", function()
  local whole = past.new("r", { from = 0, now = 1, margin = 0 })
  whole:add_step "first"
  whole:add_step "call"
  local part = whole:nest "call"
  part:add_step "watch"
  part:add("watch", { name = "errors", verdict = "fail" })
  whole:add("first", { name = "lag", verdict = "pass" })
  whole:settle()
  local paths = {}
  for i, finding in ipairs(whole.findings) do paths[i] = finding.path .. " " .. finding.verdict end
  t.eq(paths, { "first pass", "call/watch fail" })
end)

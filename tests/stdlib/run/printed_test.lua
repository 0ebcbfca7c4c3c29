-- What an effect had printed before its run was cut short.
local json = require "native.json"
local printed = require "almanac.run.printed"
local t = require "tests.harness"

local function run_with(lines)
  local journal = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  t.defer(function() journal:close() end)
  journal:create { id = "r", runbook = "book", meta = "{}" }
  for _, line in ipairs(lines) do
    journal:append("r", "output", line[1], json.encode { stream = "stdout", text = line[2] }, false)
  end
  journal:flush()
  return { id = "r", journal = journal }
end

t.test("the lines of its step, behind its beginning", function()
  local run = run_with { { "a", "of an effect before" }, { "a", "one" }, { "b", "of a step beside" }, { "a", "two" } }
  t.eq(printed.lines(run, { path = "a", seq = 1 }), { "one", "two" })
  t.eq(printed.lines(run, { path = "c", seq = 1 }), {})
end)

t.test("of much, the last lines, and how many there were before", function()
  local lines = {}
  for i = 1, 300 do lines[i] = { "a", "line " .. i } end
  local got = printed.lines(run_with(lines), { path = "a", seq = 0 })
  t.eq({ #got, got[1], got[2], got[#got] }, { 13, "(288 lines before)", "line 289", "line 300" })
end)

t.test("of an effect of this execution nothing is known", function()
  t.eq(printed.lines(run_with { { "a", "one" } }, { path = "a" }), {})
end)

-- A plan shows how far it is on a terminal, and nothing but itself in a pipe.
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local source = [[
return runbook {
  run = function()
    step("look around", function() sh.read { argv = { "cat", "fifo" } } end)
    step("write", function() fs.write("x", "y") end)
  end,
}
]]

local function in_project()
  local p = project.new { book = source }
  t.must({ "mkfifo", "fifo" }, { cwd = p.dir })
  return p
end

t.test("on a terminal the step under way is drawn, and wiped away for the plan", function()
  local p = in_project()
  local line = process.exe() .. " plan book"
  local plan = t.spawn({ "script", "-qec", line, "/dev/null" }, p:options())
  plan:wait_line "look around"
  t.write_file(p.dir .. "/fifo", "go on\n")
  plan:wait()
  local shown = plan:text()
  local last = shown:match "^.*\27%[K(.*)$"
  t.has(last, "Plan: 1 effect")
  t.lacks(last, "⠋", "nothing is left of the tree")
end)

t.test("in a pipe there is the plan, and no other line", function()
  local p = in_project()
  local plan = p:spawn { "plan", "book" }
  t.write_file(p.dir .. "/fifo", "go on\n")
  local code, out, err = plan:wait()
  t.eq({ code, err }, { 2, "" })
  t.has(out, "Plan: 1 effect")
end)

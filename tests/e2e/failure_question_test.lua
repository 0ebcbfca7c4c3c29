-- What is asked at a terminal when a step fails.
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

local function open(steps)
  local p = project.new { book = "return runbook { run = function() " .. steps .. " end }" }
  return ptys.open({ width = 100, height = 40 }, process.exe() .. " run book", { cwd = p.dir })
end

local BROKEN = [[ step("broken", function() error "it is broken" end) ]]
local UNDOABLE = [[ step("mark", { undo = function() note "taken back" end }, function() end) ]]

local function count(pty, text)
  local _, times = (table.concat(pty.screen.above, "\n") .. "\n" .. pty.screen:text()):gsub(text, "")
  return times
end

t.test("where nothing can be undone, undo is not offered; the error is said once", function()
  local pty = open(BROKEN)
  pty:wait "%[r%]etry +%[s%]top"
  pty:type "s\n"
  t.eq(pty:ended(), 1)
  t.eq(count(pty, "✗ it is broken"), 1)
  t.has(pty.screen:text(), "failed at: broken")
  t.has(pty.screen:text(), "go on:   almanac resume")
end)

t.test("what undo does is said once", function()
  local pty = open(UNDOABLE .. BROKEN)
  pty:wait "%[r%]etry +%[u%]ndo +%[s%]top"
  pty:type "u\n"
  t.eq(pty:ended(), 4)
  t.eq(count(pty, "undo would, newest first"), 1)
end)

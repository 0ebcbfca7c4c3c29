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

t.test("a question mark is answered with what each choice does", function()
  local pty = open(UNDOABLE .. BROKEN)
  pty:wait "%[r%]etry +%[u%]ndo +%[s%]top"
  pty:type "?\n"
  pty:wait "u, or undo: takes back what was done, newest first"
  t.has(pty.screen:text(), "s, or stop: leaves it as it is; almanac resume goes on later")
  pty:type "s\n"
  t.eq(pty:ended(), 1)
end)

t.test("on_failure = undo: what follows is said, and no commands that it makes untrue", function()
  local p = project.new { book = 'return runbook { on_failure = "undo", run = function() ' .. UNDOABLE .. BROKEN .. " end }" }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 4, err)
  t.has(err, "✗ it is broken")
  t.has(err, "next:    it is taken back")
  t.has(err, "taken back\n")
  t.lacks(err, "go back:")
  t.lacks(err, "go on:")
end)

t.test("on_failure = undo is no question: --no-ask does not switch it off, and who is told of the failure hears it", function()
  local p = project.new { book = 'return runbook { on_failure = "undo", run = function() ' .. UNDOABLE .. BROKEN .. " end }" }
  t.write_file(p.dir .. "/almanac.yaml",
    'channels: { desk: { kind: command, argv: [sh, -c, "cat >> told"] } }\nhooks: { on_fail: desk }\n')
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 4, err)
  t.has(t.read_file(p.dir .. "/told"), "it is taken back")
  t.lacks(t.read_file(p.dir .. "/told"), "go on")
end)

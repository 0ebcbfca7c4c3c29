-- What Almanac starts of itself ends with it, also when it is killed: a rehearsal's run, and the run of a test, with what they started.
local fs = require "native.fs"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

--- A program that says who it is, and stays.
local STAYS = "#!/bin/sh\necho $$ >\"$1\"\nexec sleep 300\n"

local function is_there(pid) return fs.exists("/proc/" .. pid) end

--- Kills what was started, and waits until the program is gone that says who it is in that file.
local function killed(p, words, file, env)
  local command = p:spawn(words, env)
  local pid
  t.eventually("the program runs", function()
    local text = fs.exists(file) and t.read_file(file) or ""
    pid = text:match "^(%d+)\n"
    return pid
  end)
  t.ok(is_there(pid))
  t.must { "kill", "-9", tostring(command.pid) } -- it alone, and not its group
  t.eventually("the program has ended", function() return not is_there(pid) end)
end

t.test("a rehearsal that is killed: its run, and the programs of that", function()
  local p = project.new { book = "return runbook { run = function() step('stay', function() sh.read('./stay', 'pid') end) end }" }
  t.write_file(p.dir .. "/stay", STAYS)
  t.must { "chmod", "+x", p.dir .. "/stay" }
  killed(p, { "rehearse", "book", "--empty" }, p.dir .. "/pid")
end)

t.test("a test that is killed: the run of its world, and the programs of that", function()
  local p = project.new { book = "return runbook { summary = 'x', run = function() step('stay', function() sh.read('stay', '"
    .. process.cwd() .. "/x') end) end }" }
  fs.mkdir(p.dir .. "/bin")
  local file = p.dir .. "/pid"
  t.write_file(p.dir .. "/bin/stay", (STAYS:gsub('"%$1"', file)))
  t.must { "chmod", "+x", p.dir .. "/bin/stay" }
  fs.mkdir(p.dir .. "/runbooks/tests")
  p:edit("tests/book_test", "it('stays', function() world { real_sh = { 'stay' } }:run('book') end)")
  killed(p, { "test", "--real", "sh" }, file, { PATH = p.dir .. "/bin:" .. t.getenv "PATH" })
end)

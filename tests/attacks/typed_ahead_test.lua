-- What was typed at a terminal before a question was shown does not answer it: a doubled key would approve what nobody read.
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

t.test("--plain: keys that came before the second question are thrown away; those behind it answer it", function()
  local p = project.new { book = [[return runbook { run = function()
    confirm "first?"
    step("waits", function() sh.run("sh", "-c", "until [ -e go ]; do sleep 0.05; done") end)
    confirm "wipe it?"
    step("wipes", function() fs.write("wiped", "x") end)
  end }]] }
  local pty = ptys.open({ width = 100, height = 24 }, process.exe() .. " run book --plain", { cwd = p.dir })
  pty:wait "first%?.*> *\n*$"
  pty:type "y\ry\r"
  pty:wait "waits"
  t.eventually("the keys were typed", function() return pty:look():text():find "y\n+y" end)
  t.write_file(p.dir .. "/go", "")
  pty:wait "wipe it%?.*> *\n*$"
  t.eq(t.read_file(p.dir .. "/wiped"), nil)
  pty:type "n\r"
  pty:wait "%[s%]top > *\n*$"
  pty:type "s\r"
  t.ok(pty:ended() ~= 0)
  t.eq(t.read_file(p.dir .. "/wiped"), nil)
end)

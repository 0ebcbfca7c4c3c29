-- Questions below the live view: the frame goes on while one is asked, for who approves has to see what changes.
local gates = require "tests.served_gates"
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

local function open(source, size)
  local p = project.new { book = source }
  return ptys.open(size or { width = 80, height = 24 }, process.exe() .. " run book", { cwd = p.dir }), p
end

t.test("while a question is asked the frame goes on, and what was typed stays", function()
  local served = gates.serve { peers = 1, lag = 2 }
  local pty = open(string.format([[return runbook { run = function()
    parallel("watch", {
      ask = function() confirm "Go on?" end,
      lag = function() return gate("lag", %s) end,
      peers = function() return gate("peers", %s) end,
    })
  end }]], served:options("lag", 5, "10m"), served:options("peers", 5, "10m")))
  pty:wait "2 of 2 held.*%[y%]es  %[n%]o > ▏"
  pty:type "ye"
  pty:wait "> ye▏"
  served.values.peers = 9
  t.has(pty:wait "! peers +9 not < 5.*bad for [1-9]", "[y]es  [n]o > ye▏")
  pty:wait "asks %S+ for [1-9]"
  served.values.peers = 1
  pty:wait "2 of 2 held.*> ye▏"
  pty:type "s\n"
  pty:wait "✓ ask"
  t.has(pty.screen:text(), "[y]es  [n]o > yes\n")
  pty:type "\3"
  t.eq(pty:ended(), 130)
  pty:check_restored()
end)

t.test("status of a run under way has the worst first, for how long it is bad, and how many hold; so does its report", function()
  local served = gates.serve { peers = 9, lag = 2 }
  local pty, p = open(string.format([[return runbook { run = function()
    parallel("watch", { lag = function() return gate("lag", %s) end, peers = function() return gate("peers", %s) end })
  end }]], served:options("lag", 5, "10m"), served:options("peers", 5, "10m")))
  pty:wait "1 of 2 held.*bad for [1-9]"
  local _, out = p:run { "status" }
  t.has(out:match "^[^\n]*", "; 1 of 2 gates held")
  local bad, good = out:find "\n +! peers .-9 is not < 5, 80 %% above, bad for %d+s", out:find "\n +● lag "
  t.ok(bad and good and bad < good, out)
  local _, json_report = p:run { "report", "--format", "json" }
  t.has(json_report, "Under way: 1 of 2 gates held; “watch/peers/peers” is bad for ")
  pty:type "\3"
  t.eq(pty:ended(), 130)
end)

t.test("of two questions the second comes when the first is answered, and nothing typed before answers it", function()
  local pty = open([[return runbook { run = function()
    parallel("both", { one = function() confirm "First?" end, two = function() confirm "Second?" end })
  end }]])
  pty:wait "%? First%?\n"
  t.lacks(pty.screen:text(), "? Second?\n")
  pty:type "y\ny\n"
  pty:wait "%? Second%?\n.*> ▏"
  pty:type "yes\n"
  t.eq(pty:ended(), 0)
  t.has(pty.screen:text(), "✓ two")
end)

t.test("a question longer than the terminal is high stands above, and its end below the frame", function()
  local pty = open([[return runbook { run = function()
    local lines = {}
    for i = 1, 20 do lines[i] = "line " .. i end
    confirm(table.concat(lines, "\n"))
  end }]], { width = 60, height = 12 })
  pty:wait "line 20\n.*> ▏"
  t.has(table.concat(pty.screen.above, "\n") .. "\n" .. pty.screen:text(), "? line 1\n")
  pty:type "\4"
  t.eq(pty:ended(), 3)
  pty:check_restored()
end)

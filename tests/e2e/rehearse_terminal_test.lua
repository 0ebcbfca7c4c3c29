-- almanac rehearse at a terminal: the live view says that it is one, questions are asked there, a kill leaves the terminal as
-- it was, and Ctrl-C pauses what is rehearsed.
local process = require "native.process"
local pty = require "tests.pty"
local t = require "tests.harness"

local BOOK = [[
return runbook { summary = "asks, and waits", run = function()
  step("write", function() k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a", namespace = "default" } } end)
  confirm "go on?"
  sleep("settle", "WAIT")
end }
]]

local function open(wait, words)
  local dir = t.tmpdir()
  t.must { "mkdir", dir .. "/runbooks" }
  t.write_file(dir .. "/runbooks/book.lua", (BOOK:gsub("WAIT", wait)))
  return pty.open({ width = 100, height = 24 }, process.exe() .. " rehearse book --empty " .. words, { cwd = dir })
end

t.test("killed in the live view, it goes on there, asks, and leaves a terminal that shows what is typed", function()
  local terminal = open("1ms", "--kill 'effect 1'")
  terminal:wait "killed; going on with"
  terminal:wait "go on%?"
  terminal:wait "%[y%]es"
  terminal:type "y\n"
  terminal:wait "REHEARSAL: it would be done"
  t.eq(terminal:ended(), 0)
  t.has(terminal:bytes(), "REHEARSAL book")
  terminal:check_restored()
end)

t.test("Ctrl-C pauses what is rehearsed, and ends the rehearsal", function()
  local terminal = open("1h", "--yes")
  terminal:wait "settle"
  terminal:type "\3"
  terminal:wait "REHEARSAL: it was interrupted %(paused%)"
  t.eq(terminal:ended(), 130)
end)

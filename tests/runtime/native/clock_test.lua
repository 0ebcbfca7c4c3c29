-- native.clock: time jumps to the next timer when nothing is to do, and not while something real is.
local process = require "native.process"
local t = require "tests.harness"

--- Runs a text on the runtime, with a simulated clock; what it prints.
local function simulated(text)
  local dir = t.tmpdir()
  t.write_file(dir .. "/x.lua", string.format([[
local clock, task = require "native.clock", require "native.task"
local dir = %q
clock.simulate(dir .. "/clock", 1700000000000)
local function say(text) require("native.terminal").write(1, text .. "\n") end
]], dir) .. text)
  local code, out, err = t.run({ process.exe(), "lua", dir .. "/x.lua" })
  t.eq(code, 0, err)
  return out
end

t.test("a day passes at once, and timers fire in their order", function()
  t.eq(simulated [[
local began = task.wall_ms()
say("begins " .. began // 1000)
local b = task.spawn(function() task.sleep(7200) say "two hours" end)
local a = task.spawn(function() task.sleep(3600) say "an hour" end)
task.sleep(86400)
say("a day " .. (task.wall_ms() - began) // 1000)
]], "begins 1700000000\nan hour\ntwo hours\na day 86400")
end)

t.test("a child of the real world keeps it from jumping, and one that is excused does not", function()
  t.eq(simulated [[
local sh = require "native.sh"
local began = task.wall_ms()
local timer = task.spawn(function() task.sleep(3600) end)
sh.exec { argv = { "sh", "-c", "sleep 0.2" } }
say(task.wall_ms() - began < 60000 and "it waited" or "it jumped")
clock.excuse(1)
sh.exec { argv = { "sh", "-c", "sleep 0.2" } }
clock.excuse(-1)
say(task.wall_ms() - began >= 3600000 and "it jumped" or "it waited")
]], "it waited\nit jumped")
end)

t.test("a request that waits for its answer times out by it; one that is answered late is answered", function()
  t.eq(simulated [[
local http = require "native.http"
local function answer(_, response)
  task.sleep(100)
  response:send(200, {}, "late")
end
local server = require("native.httpd").listen { port = 0, handler = answer }
local url = "http://127.0.0.1:" .. server:port() .. "/"
say(http.request { url = url, who = "t", timeout = 200 }.body)
local ok, err = pcall(http.request, { url = url, who = "t", timeout = 30 })
say(err.kind)
server:close()
]], "late\ntimeout")
end)

t.test("it stands while a request is under way: between two, and while its server puts off what it has to do", function()
  t.eq(simulated [[
local http = require "native.http"
local server = require("native.httpd").listen { port = 0, handler = function(_, response) response:send(200, {}, "at once") end }
local url = "http://127.0.0.1:" .. server:port() .. "/"
local teller = task.spawn(function() while true do task.sleep(3) end end)
local began = task.now()
for _ = 1, 100 do http.request { url = url, who = "t", timeout = 30 } end
say("took " .. task.now() - began .. " seconds")
teller:cancel()
server:close()
]], "took 0.0 seconds")
end)

t.test("a limit of a task is real time, and reaches what computes and never waits, in its children, too", function()
  t.eq(simulated [[
local function loop() while true do end end
local function limited(fn)
  local real, handle = clock.real(), task.spawn(fn)
  handle:limit(0.2)
  local _, err = handle:join()
  say(err.kind .. (clock.real() - real >= 0.19 and " in time" or " too early"))
end
limited(loop)
limited(function() error((select(2, task.spawn(loop):join())), 0) end)
limited(function()
  while true do task.sleep(3600) end
end)
]], "timeout in time\ntimeout in time\ntimeout in time")
end)

t.test("a process with a seat: nothing jumps before it rests, nor while it works", function()
  t.eq(simulated(string.format([[
local sh = require "native.sh"
local seat = clock.seat()
require("native.fs").write(dir .. "/child.lua", string.format("local clock, task = require 'native.clock', require 'native.task'\n" ..
  "clock.join(%%q, %%d)\nlocal began = task.now()\nlocal n = 0\nfor i = 1, 2e7 do n = n + i end\n" ..
  "local worked = task.now() - began\ntask.sleep(600)\n" ..
  "require('native.terminal').write(1, (worked < 60 and 'worked ' or 'jumped ') .. (task.now() - began >= 600 and 'slept' or 'woke'))",
  dir .. "/clock", seat))
local timer = task.spawn(function() task.sleep(3600) end)
clock.excuse(1)
local result = sh.exec { argv = { %q, "lua", dir .. "/child.lua" } }
clock.excuse(-1)
clock.leave(seat)
say(result.stdout .. result.stderr)
]], process.exe())), "worked slept")
end)

t.test("what is computed takes no time, however long; a program that runs for real takes what it takes", function()
  t.eq(simulated [[
local sh = require "native.sh"
local woken = {}
local timer = task.spawn(function() task.sleep(0.05) woken[1] = task.now() end)
task.sleep(0)
local began, real = task.now(), clock.real()
while clock.real() - real < 0.2 do end
say(task.now() - began == 0 and "stood still" or "went on")
timer:join()
say(woken[1] - began < 0.051 and "woken in time" or "woken late")
began = task.now()
sh.exec { argv = { "sleep", "0.1" } }
say(task.now() - began >= 0.05 and "went on" or "stood still")
began = task.now()
task.sleep(1)
say(task.now() - began < 1.001 and "a second" or "longer")
]], "stood still\nwoken in time\nwent on\na second")
end)

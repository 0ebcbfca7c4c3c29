-- Nothing runs for ever: a time limit and Ctrl-C reach a script in a pattern, a sort, a loop of pcall, a
-- chunk with the standard library's name, and a file that never ends.
local project = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"

local ENDLESS = require "tests.attacks.endless_code"

for what, source in pairs(ENDLESS) do
  t.test("the time limit reaches " .. what, function()
    local p = project.new { book = "return runbook { run = function() step('x', { timeout = 0.2 }, function() " .. source ..
      " end) end }" }
    local before = task.now()
    local code, _, err = p:run { "run", "book", "--no-ask" }
    t.ok(task.now() - before < 20, "it took " .. (task.now() - before) .. " s")
    t.ok(code == 1, err)
    t.ok(err:find("time limit", 1, true) or err:find("not done within", 1, true) or err:find("more than", 1, true), err)
    local _, log = p:run { "log", "--verify" }
    t.has(log, "whole")
  end)
end

t.test("who looks at a runbook of which the top level has no end is told so", function()
  local p = project.new { book = "local function f() while true do pcall(error) end end\n" ..
    "while true do pcall(coroutine.wrap(f)) end" }
  local looks = {}
  for _, command in ipairs { "list", "show", "check", "plan" } do
    looks[command] = p:spawn(command == "list" and { command } or { command, "book" })
  end
  for command, process in pairs(looks) do
    local code, out, err = process:wait(30)
    t.has(out .. err, "loading it does not end: 5 seconds are over", command)
    t.eq(code, command == "list" and 0 or 1, command)
  end
end)

t.test("nor does a lock's function hold a plan or a run for ever", function()
  local p = project.new { book = "return runbook { lock = function() while true do pcall(error) end end, run = function() end }" }
  local looks = { plan = p:spawn { "plan", "book" }, run = p:spawn { "run", "book", "--no-ask" } }
  for command, process in pairs(looks) do
    local code, out, err = process:wait(30)
    t.has(out .. err, "runbook: lock: its function does not end: 5 seconds are over", command)
    t.ok(code == 1 or code == 2, command)
  end
end)

t.test("who looks at several of which the top level has no end waits as for one, and is told which they are", function()
  local books = { fine = "return runbook { summary = 'is fine', run = function() end }" }
  for i = 1, 8 do books["endless" .. i] = i % 2 == 0 and "while true do pcall(error) end" or "require 'lib.loop'" end
  local p = project.new(books)
  t.must({ "mkdir", "runbooks/lib" }, { cwd = p.dir })
  t.write_file(p.dir .. "/runbooks/lib/loop.lua", "while true do end")
  t.must({ "mkdir", "runbooks/tests" }, { cwd = p.dir })
  for i = 1, 8 do t.write_file(p.dir .. "/runbooks/tests/endless" .. i .. "_test.lua", "while true do end") end
  local looks, before = { list = p:spawn { "list" }, check = p:spawn { "check" }, test = p:spawn { "test" } }, task.now()
  for command, process in pairs(looks) do
    local _, out = process:wait(60)
    t.ok(task.now() - before < 20, command .. " took " .. (task.now() - before) .. " s")
    for i = 1, 8 do
      local place = command == "test" and "endless%d_test.lua\n[^\n]*\n[^\n]*" or "[^\n]*endless%d[^\n]*"
      t.has(out:match(place:format(i)) or "", "loading it does not end", command .. " " .. i .. ": " .. out)
    end
    if command == "list" then t.has(out, "is fine") end
  end
end)

t.test("what would turn for ever in C without a word of Lua is refused or over at once", function()
  local p = project.new { book = [[
return runbook { run = function() step("x", function()
  assert((""):rep(1 << 60) == "")
  local huge = setmetatable({}, { __len = function() return 1 << 60 end })
  for _, try in ipairs { function() table.move({}, 1, 1 << 60, 1, {}) end, function() table.insert(huge, 1, "x") end,
    function() table.remove(huge, 1) end, function() table.sort(huge) end, function() table.concat(huge, "x") end,
    function() table.unpack(huge) end } do
    local ok, err = pcall(try)
    assert(not ok)
  end
end) end }]] }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 0, err)
end)

t.test("a pipe and a device are no files to read, nor runbooks", function()
  local p = project.new { book = [[
return runbook { run = function() step("x", function()
  for _, path in ipairs { "pipe", "/dev/zero", "/dev/tty" } do
    local ok, err = pcall(fs.read, path)
    assert(not ok, path)
  end
end) end }]] }
  t.must { "mkfifo", p.dir .. "/pipe", p.dir .. "/runbooks/endless.lua" }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 0, err)
  local _, out = p:run { "list" }
  t.has(out, "it is a pipe, which may never end")
end)

t.test("a third signal ends the process at once, and the run resumes", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("first", function() sh.run { argv = { "sh", "-c", "echo once >> first" } } end)
  step("second", function()
    sh.run { argv = { "sh", "-c", "test -e go && exit; trap '' INT TERM; echo $$ > pid; echo held >&2; exec sleep 600" },
      grace = 600, idempotent = true }
  end)
end }]] }
  local process = p:spawn { "run", "book", "--no-ask" }
  process:wait_line "| held"
  process:kill "INT"
  process:wait_line "Once more cancels"
  process:kill "INT"
  process:wait_line "cancelling"
  process:kill "INT"
  t.ok(process:wait(5) ~= 0)
  t.must { "kill", "-KILL", p:lines("pid")[1] }
  t.write_file(p.dir .. "/go", "")
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "first", { "once" })
end)

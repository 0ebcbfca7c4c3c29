-- Nothing runs for ever: a time limit and Ctrl-C reach a script in a pattern, a sort, a loop of pcall, a
-- chunk with the standard library's name, and a file that never ends.
local project = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"

local ENDLESS = {
  pattern = [[return (("a"):rep(3000)):find(("a-"):rep(12) .. "b")]],
  match = [[return string.match(("a"):rep(3000), ("a*"):rep(12) .. "b")]],
  gmatch = [[for _ in (("a"):rep(3000)):gmatch(("a?"):rep(2) .. ("a-"):rep(9) .. "b") do end]],
  gsub = [[return (("a"):rep(3000)):gsub(("a-"):rep(12) .. "b", "")]],
  ["pcall"] = [[while true do pcall(function() while true do end end) end]],
  ["pcall of a pattern"] = [[while true do pcall(string.find, ("a"):rep(3000), ("a-"):rep(12) .. "b") end]],
  ["xpcall"] = [[while true do xpcall(function() while true do end end, function() return 1 end) end]],
  ["errors.try"] = [[while true do errors.try(function() while true do end end) end]],
  ["a chunk named as the stdlib's"] = [[load("while true do end", "@stdlib/x.lua")()]],
  ["a chunk whose text is that name"] = [[load("--@stdlib/x.lua\nwhile true do end")()]],
  ["load's reader"] = [[while true do load(function() while true do end end) end]],
  ["load's pieces"] = [[load(function() return " " end)]],
  ["a coroutine"] = [[while true do coroutine.resume(coroutine.create(function() while true do end end)) end]],
  ["coroutine.wrap in pcall"] = [[while true do pcall(coroutine.wrap(function() while true do end end)) end]],
  ["sort with a comparison"] = [[local l = {} for i = 1, 300 do l[i] = i end
    table.sort(l, function(a, b) while true do end end)]],
  ["an __index"] = [[local m = {} m.__index = function() while true do end end
    while true do pcall(function() return setmetatable({}, m).x end) end]],
  ["gsub's function"] = [[("abc"):gsub(".", function() while true do end end)]],
}

for what, source in pairs(ENDLESS) do
  t.test("the time limit reaches " .. what, function()
    local p = project.new { book = "return runbook { run = function() step('x', { timeout = 0.2 }, function() " .. source ..
      " end) end }" }
    local before = task.now()
    local code, _, err = p:run { "run", "book", "--no-ask" }
    t.ok(task.now() - before < 8, "it took " .. (task.now() - before) .. " s")
    t.ok(code == 1, err)
    t.ok(err:find("time limit", 1, true) or err:find("not done within", 1, true) or err:find("more than", 1, true), err)
    local _, log = p:run { "log", "--verify" }
    t.has(log, "whole")
  end)
end

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

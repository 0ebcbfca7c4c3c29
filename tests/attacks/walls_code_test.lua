-- Coroutines, names of chunks and signals: a script that leaves its thread, or does not end, is stopped in words, and the
-- journal stays whole. (coroutines_test.lua, endless_test.lua, pause_test.lua and signals_test.lua have more of each.)
local project = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"
local walls = require "tests.attacks.walls"

local function body(source) return "return runbook { run = function() " .. source .. " end }" end

t.test("what changes something, or asks, is refused in a coroutine of the script's own, wherever it is made", function()
  local cases = {}
  for call, name in pairs {
    ["step('y', function() fs.write('pwned', 'x') end)"] = "step", ["confirm 'go'"] = "confirm",
    ["parallel('p', { a = function() end })"] = "parallel",
  } do cases[#cases + 1] = { body("coroutine.wrap(function() " .. call .. " end)()"),
    name .. " was called inside a coroutine of the script's own" } end
  for _, call in ipairs { "fs.write('pwned', 'x')", "sh.run { 'touch', 'pwned' }", "effect.perform('my.x', {})" } do
    local define = "effect.define('my.x', { apply = function() coroutine.yield() end }) "
    local words = "inside a coroutine of the script's own"
    cases[#cases + 1] = { define .. walls.step("coroutine.wrap(function() " .. call .. " end)()"), words }
    cases[#cases + 1] = { define .. walls.step("coroutine.wrap(function() coroutine.wrap(function() " .. call .. " end)() end)()"), words }
    cases[#cases + 1] = { define .. walls.step("local co = coroutine.create(function() " .. call
      .. " end) local _, why = coroutine.resume(co) error(why, 0)"), words }
    cases[#cases + 1] = { define .. walls.step("local co = coroutine.create(function() local x <close> = setmetatable({}, "
      .. "{ __close = function() " .. call .. " end }) coroutine.yield() end) coroutine.resume(co) "
      .. "local _, why = coroutine.close(co) error(why, 0)"), words }
  end
  walls.try(project.new {}, cases)
end)

t.test("a yield in what an effect is asked leaves nothing open behind it", function()
  local cases = {}
  local after = " pcall(function() fs.write('pwned', 'x') end) error(why, 0)"
  for _, part in ipairs { "input = Y,", "observe = Y,", "preview = Y,", "title = Y,", "recover = Y,", "" } do
    local define = "effect.define('my.y', { " .. part:gsub("Y", "function() coroutine.yield() return {} end")
      .. " apply = function() coroutine.yield() end }) "
    cases[#cases + 1] = { body(define .. "local co = coroutine.create(function() step('x', function() "
      .. "effect.perform('my.y', {}) end) end) local ok, why = coroutine.resume(co)" .. after),
      "inside a coroutine of the script's own" }
    cases[#cases + 1] = { define .. walls.step "effect.perform('my.y', {})", "coroutine.yield: outside a coroutine", commands = { "run" } }
  end
  walls.try(project.new {}, cases)
end)

t.test("the thread of the run, and of another branch, are none that a script may go on with or end", function()
  local cases = {}
  for call, words in pairs {
    ["coroutine.resume(me)"] = "coroutine.resume takes a coroutine that the script made",
    ["coroutine.close(me)"] = "coroutine.close takes a coroutine that the script made",
    ["coroutine.wrap(me)"] = "function expected, got thread", ["coroutine.create(me)"] = "function expected, got thread",
  } do
    cases[#cases + 1] = { walls.step("local me = coroutine.running() " .. call), words }
    cases[#cases + 1] = { walls.step("local me = coroutine.running() coroutine.wrap(function() " .. call .. " end)()"), words }
    cases[#cases + 1] = { body("local me parallel('both', { one = function() me = coroutine.running() step('one', function() "
      .. "sh.read { 'sleep', '600' } end) end, two = function() step('two', function() while not me do sh.read { 'true' } end "
      .. call .. " end) end })"), words, commands = { "run" } }
    cases[#cases + 1] = { body("local me = coroutine.running() step('x', function() " .. call .. " end)"), words }
  end
  walls.try(project.new {}, cases)
end)

t.test("a chunk is not believed its name: the time limit reaches it", function()
  local p = project.new {}
  for _, name in ipairs { "@stdlib/x.lua", "=stdlib/x.lua", "@stdlib/cli/main.lua", "@almanac/host/sh.lua", "=[C]", "@almanac.host.sh",
    "@/stdlib/x.lua", "" } do
    p:edit("book", "return runbook { run = function() step('x', { timeout = 0.2 }, function() "
      .. string.format("load('while true do end', %q)() end) end }", name))
    local before = task.now()
    local code, _, err = p:run { "run", "book", "--no-ask" }
    t.eq(code, 1, name .. err)
    t.ok(err:find("time limit", 1, true) or err:find("not done within", 1, true), name .. ": " .. err)
    t.ok(task.now() - before < 20, name)
  end
  walls.whole(p, "chunks")
end)

t.test("patterns: each function that takes one ends at the time limit", function()
  local p = project.new {}
  for _, call in ipairs { [[(("a"):rep(3000)):find(("a-"):rep(4) .. "b")]], [[(("a"):rep(3000)):match(("a*"):rep(4) .. "b")]],
    [[(("a"):rep(3000)):gsub(("a-"):rep(4) .. "b", "")]], [[(("a"):rep(3000)):gmatch(("a-"):rep(4) .. "b")()]],
    [[(("("):rep(1e5) .. "x"):find(("%b()-"):rep(4) .. ("(-"):rep(6) .. "y")]], [[(("ab"):rep(3000)):find(("[ab]-"):rep(5) .. "c")]] } do
    p:edit("book", "return runbook { run = function() step('x', { timeout = 0.2 }, function() return " .. call .. " end) end }")
    local before = task.now()
    local code, _, err = p:run { "run", "book", "--no-ask" }
    t.ok(task.now() - before < 20, call)
    t.eq(code, 1, call .. err)
    t.ok(err:find("time limit", 1, true) or err:find("not done within", 1, true) or err:find("more than", 1, true), call .. ": " .. err)
  end
  walls.whole(p, "patterns")
end)

t.test("a signal of each sort pauses a loop of pcall, and the run is there to resume", function()
  local p = project.new { book = walls.step
    "note 'begun' while not fs.exists 'go' do for _ = 1, 1e6 do pcall(function() error() end) end end" }
  for _, signal in ipairs { "INT", "TERM", "HUP" } do
    local process = p:spawn { "run", "book", "--no-ask" }
    process:wait_line "begun"
    process:kill(signal)
    local code, _, err = process:wait(20)
    t.eq(code, 130, signal .. err)
    t.has(err, "SIG" .. signal .. ": pausing")
    t.has(err, "is paused at: x")
    walls.whole(p, signal)
  end
  t.write_file(p.dir .. "/go", "")
  local code, _, err = p:run { "resume", p:newest(), "--no-ask" }
  t.eq(code, 0, err)
end)

t.test("what is no file is not read, by whatever function and name", function()
  local p = project.new {}
  t.must({ "sh", "-c", "mkfifo pipe && ln -s pipe link && mkdir folder && ln -s /dev/zero zero" }, { cwd = p.dir })
  local cases = {}
  for path, words in pairs { pipe = "it is a pipe", link = "it is a pipe", ["./pipe"] = "it is a pipe", folder = "it is a directory",
    ["/dev/zero"] = "it is a device", zero = "it is a device", ["/dev/stdin"] = "cannot read /dev/stdin: it is a " } do
    for _, call in ipairs { "fs.read", "fs.digest" } do cases[#cases + 1] = { walls.step(string.format("%s(%q)", call, path)), words } end
  end
  walls.try(p, cases)
end)

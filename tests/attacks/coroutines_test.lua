-- Coroutines stay within the wall: what a step may do is left behind nowhere, the threads of the run are
-- not a script's to resume or close, and no script can trip an assertion.
local project = require "tests.project"
local t = require "tests.harness"

--- Runs a body; the run ends by itself, with an error of the script or none, and says what happened.
local function run(body)
  local p = project.new { book = "return runbook { run = function()\n" .. body .. "\nend }" }
  local process = p:spawn { "run", "book", "--no-ask" }
  local code, out, err = process:wait(20)
  t.lacks(err, "bug at")
  t.lacks(err, "a bug in the standard library")
  local _, log = p:run { "log", "--verify" }
  t.has(log, "whole")
  return code, err, p, out
end

t.test("an effect in a coroutine that yields in its apply leaves no permit behind", function()
  local code, err, p = run [[
  effect.define("my.leak", { apply = function() coroutine.yield() end })
  local co = coroutine.wrap(function() step("x", function() effect.perform("my.leak", {}) end) end)
  local ok, why = pcall(co)
  assert(not ok and why.message:find "inside a coroutine of the script's own")
  pcall(function() fs.write("pwned", "x") end)
  pcall(function() sh.run { argv = { "touch", "pwned" } } end)
  co()]]
  t.eq(code, 1, err)
  t.has(err, "cannot resume dead coroutine")
  t.eq(require("native.fs").exists(p.dir .. "/pwned"), false)
end)

t.test("nor does one whose apply makes the coroutine", function()
  local code, err, p = run [[
  local kept
  effect.define("my.keep", { apply = function()
    kept = coroutine.create(function() coroutine.yield() fs.write("pwned", "x") end)
    coroutine.resume(kept)
    return 1
  end })
  step("x", function() effect.perform("my.keep", {}) end)
  local ok, why = coroutine.resume(kept)
  assert(not ok)
  error(why, 0)]]
  t.eq(code, 1, err)
  t.has(err, "inside a coroutine of the script's own")
  t.eq(require("native.fs").exists(p.dir .. "/pwned"), false)
end)

t.test("yielding outside a coroutine, in a step and in an apply", function()
  for _, body in ipairs {
    "coroutine.yield()", "step('x', function() coroutine.yield() end)",
    "step('x', function() pcall(coroutine.yield) coroutine.yield() end)",
    "effect.define('my.y', { apply = function() coroutine.yield() end }) step('x', function() effect.perform('my.y', {}) end)",
  } do
    local code, err = run(body)
    t.eq(code, 1, err)
    t.has(err, "coroutine.yield: outside a coroutine")
  end
end)

t.test("the thread of another branch is not to be resumed, closed or wrapped", function()
  for _, call in ipairs { "coroutine.resume(other)", "coroutine.close(other)", "coroutine.close(coroutine.running())" } do
    local code, err = run(string.format([[
  local other
  parallel("both", {
    one = function() other = coroutine.running() step("one", function() sh.run { argv = { "sleep", "0.3" } } end) end,
    two = function() step("two", function() while not other do sh.read { argv = { "true" } } end %s end) end,
  })]], call))
    t.eq(code, 1, err)
    t.has(err, "takes a coroutine that the script made")
  end
end)

t.test("nor looked at, from wherever it is asked; one of the script's own is, and the one that asks", function()
  local told = { "status", "isyieldable" }
  for _, name in ipairs(told) do
    for _, call in ipairs { "coroutine.%s(other)", "pcall(coroutine.%s, other) coroutine.%s(other)",
      "coroutine.wrap(function() coroutine.%s(other) end)()", "table.pack(other, 1) load('coroutine.%s(...)')(other)" } do
      local code, err = run(string.format([[
  local other
  parallel("both", {
    one = function() other = coroutine.running() step("one", function() sh.run { argv = { "sleep", "0.3" } } end) end,
    two = function() step("two", function() while not other do sh.read { argv = { "true" } } end %s end) end,
  })]], call:gsub("%%s", name)))
      t.eq(code, 1, call .. err)
      t.has(err, "coroutine." .. name .. " takes a coroutine that the script made", call)
    end
  end
  local code, err = run [[
  local co = coroutine.create(function(me) assert(coroutine.status(coroutine.running()) == "running") coroutine.yield() end)
  assert(coroutine.status(co) == "suspended" and coroutine.isyieldable(co) ~= nil)
  coroutine.resume(co)
  assert(coroutine.status(coroutine.running()) == "running" and type(coroutine.isyieldable()) == "boolean")
  assert(not pcall(coroutine.status) and not pcall(coroutine.status, 1))]]
  t.eq(code, 0, err)
end)

t.test("coroutines of the script's own still do what they are for", function()
  local code, err = run [[
  local each = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
  assert(each() == 1 and each() == 2)
  local co = coroutine.create(function(...) local x = coroutine.yield(...) error(x) end)
  assert(select("#", coroutine.resume(co, 1, nil, 3)) == 4)
  local ok, why = coroutine.resume(co, { kind = "mine" })
  assert(not ok and why.kind == "mine" and coroutine.status(co) == "dead")
  assert(coroutine.close(coroutine.create(print)))
  assert(coroutine.wrap(function() return json.encode { a = 1 } end)() == '{"a":1}')]]
  t.eq(code, 0, err)
end)

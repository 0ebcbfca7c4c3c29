local project = require "tests.project"
local t = require "tests.harness"

--- Runs one line as the body of a run, outside any step.
local function outside(line)
  local p = project.new { book = "return runbook {\n run = function()\n  " .. line .. "\n end,\n}\n" }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  return code, err, p
end

for _, call in ipairs {
  'helm.upgrade { release = "r", namespace = "n", chart = "c" }', "os.time()", "os.date()", "os.clock()",
  'os.getenv "HOME"', "math.random()", 'fs.read "x"', 'sh.read { argv = { "true" } }', 'sh.run { argv = { "true" } }',
  'http.get "http://127.0.0.1:1/"', 'k8s.get("pod/x")', 'prom.value "up"', 'loki.query "{}"',
} do
  local name = call:match "^[%w.]+"
  t.test(name .. " outside a step stops at its line and shows the step to write", function()
    local code, err = outside(call)
    t.eq(code, 1, err)
    t.has(err, name .. " was called outside a step")
    t.has(err, "runbooks/book.lua:3")
    t.has(err, call)
    t.has(err, 'step("')
  end)
end

t.test("a call in a return still has its line", function()
  local code, err = outside 'return step("x", function() return sh.read { argv = { "false" } } end)'
  t.eq(code, 1)
  t.has(err, "runbooks/book.lua:3")
  t.has(err, 'return sh.read { argv = { "false" } }')
end)

t.test("a script cannot change a module for the stdlib", function()
  local code, err = outside "step('x', function() sh.read = nil json.decode = nil sh.run { argv = { 'true' } } end)"
  t.eq(code, 0, err)
end)

for what, line in pairs {
  ["a global is assigned"] = "x = 1",
  ["an unknown global is read"] = "return frobnicate",
  ["bytecode is loaded"] = 'load("return 1", "x", "b")',
  ["__gc is set"] = "setmetatable({}, { __gc = function() end })",
  ["os.execute is called"] = 'os.execute "true"',
  ["io is used"] = 'io.open "x"',
  ["debug is used"] = "debug.traceback()",
} do
  t.test("a script is stopped when " .. what, function()
    local code, err = outside(line)
    t.eq(code, 1, err)
    t.has(err, "runbooks/book.lua:3")
  end)
end

t.test("a script cannot reach the string metatable or change what others see", function()
  local code, err = outside "assert(getmetatable('') == false) string.format = nil assert(('x'):rep(2) == 'xx')"
  t.eq(code, 0, err)
end)

t.test("memory is capped", function()
  local code, err = outside "local s = ('x'):rep(1 << 20) local all = {} for i = 1, 2000 do all[i] = s .. i end"
  t.eq(code, 1)
  t.has(err, "not enough memory")
end)

for what, loop in pairs {
  ["itself"] = "while true do end",
  ["in a coroutine"] = "coroutine.wrap(function() while true do end end)()",
} do
  t.test("a step that computes for ever " .. what .. " is ended by its timeout", function()
    local code, err = outside("step('spin', { timeout = '100ms' }, function() " .. loop .. " end)")
    t.eq(code, 1)
    t.has(err, "not done within 100ms")
  end)
end

t.test("a script that computes for ever is ended by the second Ctrl-C", function()
  local p = project.new { book = "return runbook { run = function() step('spin', function() while true do end end) end }" }
  local run = p:spawn { "run", "book" }
  run:wait_line "spin"
  -- It is too busy to say that it heard the first one, and two may come as one.
  local ended
  repeat
    run:kill "INT"
    ended = pcall(run.wait, run, 0.2)
  until ended
  local code, _, err = run:wait()
  t.eq(code, 130, err)
end)

t.test("two steps of one path are refused at the second", function()
  local code, err = outside "step('a', function() end) step('a', function() end)"
  t.eq(code, 1)
  t.has(err, 'two steps have the path "a"')
  t.has(err, "runbooks/book.lua:3")
end)

t.test("a step's result must be plain data", function()
  local code, err = outside "step('a', function() return { f = print } end)"
  t.eq(code, 1)
  t.has(err, 'step "a" returned what cannot be journalled')
end)

t.test("a plan says so as a run does, of a table that holds itself, too", function()
  for _, result in ipairs { "{ f = print }", "own" } do
    local p = project.new { book = "return runbook { run = function() local own = {} own.own = own step('a', function() return "
      .. result .. " end) end }" }
    for _, words in ipairs { { "plan", "book" }, { "run", "book", "--no-ask" } } do
      local code, out, err = p:run(words)
      t.eq(code, 1, out .. err)
      t.has(out .. err, 'step "a" returned what cannot be journalled')
    end
  end
end)

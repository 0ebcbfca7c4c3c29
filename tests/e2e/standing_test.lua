-- What a run did is undone by somebody else while it is stopped: a resume says so before it goes on.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local source = [[
return runbook {
  run = function()
    step("make", function() fs.write("made.txt", "1") end)
    step("wait", function() if fs.read("mode"):find "bad" then error { kind = "command", message = "bad" } end end)
    step("go on", function() sh.run { argv = { "sh", "-c", "echo on >> world" } } end)
  end,
}
]]

local function failed_run()
  local p = project.new { book = source }
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  t.write_file(p.dir .. "/mode", "good")
  return p
end

t.test("what stands is no question", function()
  local p = failed_run()
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.ok(not err:find "any more", err)
end)

t.test("in a pipe a resume stops before anything runs, and goes on with --anyway", function()
  local p = failed_run()
  fs.remove(p.dir .. "/made.txt")
  local code, _, err = p:run { "resume" }
  t.eq(code, 3, err)
  t.has(err, "make: made.txt is gone")
  t.has(err, "--anyway")
  t.eq(p:lines "world", {})
  t.has(select(2, p:run { "runs" }), "failed")
  code, _, err = p:run { "resume", "--anyway" }
  t.eq(code, 0, err)
  t.has(err, "made.txt is gone")
  t.eq({ p:lines "world", p:lines "made.txt" }, { { "on" }, {} })
end)

t.test("--redo makes it again, and asks no more", function()
  local p = failed_run()
  fs.remove(p.dir .. "/made.txt")
  local code, _, err = p:run { "resume", "--redo", "make" }
  t.eq(code, 0, err)
  t.eq(p:lines "made.txt", { "1" })
end)

local MAKE = 'return runbook { run = function() step("make", function() fs.write("made.txt", "1") end) end }'

--- A part makes a file, another one takes it away and then does what it is told.
local function taken_away_by(rest)
  return project.new {
    make = MAKE,
    take = 'return runbook { run = function() step("take", function() fs.remove("made.txt") end) ' .. rest .. " end }",
    book = [[
return runbook { run = function()
  runbook.call "make"
  runbook.call "take"
  step("wait", function() if fs.exists "bad" then error "bad" end end)
end }]],
  }
end

t.test("what a later part took away is no question, whether that part is over or not", function()
  for _, rest in ipairs { "", 'step("rest", function() if fs.exists "bad" then error "bad" end end)' } do
    local p = taken_away_by(rest)
    t.write_file(p.dir .. "/bad", "")
    t.eq((p:run { "run", "book", "--no-ask" }), 1)
    fs.remove(p.dir .. "/bad")
    local code, _, err = p:run { "resume" }
    t.eq(code, 0, err)
    t.lacks(err, "any more")
  end
end)

t.test("what a part that is not over made, and somebody took away, is a question", function()
  local p = project.new {
    make = MAKE:gsub(" end }$", ' step("wait", function() if fs.exists "bad" then error "bad" end end) end }'),
    book = 'return runbook { run = function() runbook.call "make" end }',
  }
  t.write_file(p.dir .. "/bad", "")
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  fs.remove(p.dir .. "/bad")
  fs.remove(p.dir .. "/made.txt")
  local code, _, err = p:run { "resume" }
  t.eq(code, 3, err)
  t.has(err, "made.txt is gone")
  t.has(err, "make: make, in make-")
end)

t.test("an object of the cluster that is gone; a server that is away is no stop", function()
  local p = project.new { book = [[
return runbook {
  run = function()
    step("apply", function()
      k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "made", namespace = "default" }, data = { a = "1" } }
    end)
    step("wait", function() if fs.read("mode"):find "bad" then error { kind = "command", message = "bad" } end end)
  end,
}
]] }
  local sim = t.spawn { require("native.process").exe(), "sim", "--kubeconfig", p.dir .. "/kubeconfig" }
  sim:wait_line "^api="
  local env = { KUBECONFIG = p.dir .. "/kubeconfig" }
  t.write_file(p.dir .. "/mode", "bad")
  local code, _, err = p:run({ "run", "book", "--no-ask" }, env)
  t.eq(code, 1, err)
  code, _, err = p:run({ "resume", "--no-ask" }, env)
  t.eq(code, 1, err)
  t.ok(not err:find "any more", err)
  p:edit("take",
    'return runbook { run = function() step("x", function() k8s.delete("configmap/made", { namespace = "default" }) end) end }')
  t.eq((p:run({ "run", "take" }, env)), 0)
  code, _, err = p:run({ "resume", "book" }, env)
  t.eq(code, 3, err)
  t.has(err, "apply: configmap/made is gone")
  sim:kill()
  t.write_file(p.dir .. "/mode", "good")
  code, _, err = p:run({ "resume", "book" }, env)
  t.eq(code, 0, err)
  t.has(err, "could not be asked whether it still is so")
end)

local WAVES = [[
effect.define("flag.set", {
  input = function(raw) return { percent = raw.percent } end,
  apply = function(input) fs.write("flag", tostring(input.percent)) return { percent = input.percent } end,
  recover = function() return "again" end,
  holds = function(input) return { { about = "the flag", look = function()
    local now = fs.read "flag"
    return now ~= tostring(input.percent) and "it is at " .. now or nil
  end } } end,
})
return runbook { run = function()
  for _, percent in ipairs { 10, 50 } do
    step("wave " .. percent, function() effect.perform("flag.set", { percent = percent }) end)
  end
  confirm "go on?"
end }]]

t.test("a redo of what an earlier step shares is no question; one that was stopped ahead of it may be said again", function()
  local p = project.new { book = WAVES }
  t.eq((p:run { "run", "book", "--no-ask" }), 3)
  local code, _, err = p:run { "resume", "--redo", "wave 50", "--no-ask" }
  t.eq(code, 3, err)
  t.lacks(err, "any more")
  t.eq(p:lines "flag", { "50" })
  t.write_file(p.dir .. "/flag", "0")
  code, _, err = p:run { "resume", "--no-ask" }
  t.eq(code, 3, err)
  t.has(err, "wave 50: it is at 0")
  p:edit("book", (WAVES:gsub('about = "the flag"', 'about = "flag " .. input.percent')))
  code, _, err = p:run { "resume", "--redo", "wave 50", "--no-ask" }
  t.eq(code, 3, err)
  t.has(err, "wave 10: it is at 0")
  code, _, err = p:run { "resume", "--redo", "wave 50", "--no-ask", "--anyway" }
  t.eq(code, 3, err)
  t.has(err, "wave 50 is to be run again already")
  t.eq(p:lines "flag", { "50" })
  code, _, err = p:run { "resume", "--redo", "wave 5", "--no-ask" }
  t.eq(code, 2, err)
end)

-- The first Ctrl-C reaches a script that computes for ever, keeps every error and never waits: the run is paused.
local ENDLESS = require "tests.attacks.endless_code"
local project = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"

local function held(source)
  return "return runbook { run = function() step('x', function() note('begun'); " .. source .. " end) end }"
end

t.test("the first Ctrl-C pauses a run, whatever it computes", function()
  for what, source in pairs(ENDLESS) do
    local p = project.new { book = held(source) }
    local process = p:spawn { "run", "book", "--no-ask" }
    process:wait_line "begun"
    local before = task.now()
    process:kill "INT"
    t.eq(process:wait(), 130, what)
    t.ok(task.now() - before < 15, what .. " took " .. (task.now() - before) .. " s")
    local _, status = p:run { "status" }
    t.has(status, "paused", what)
  end
end)

t.test("one that is paused goes on, and has done nothing twice", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("x", function()
    sh.run { argv = { "sh", "-c", "echo once >> first" } }
    note "begun"
    while not fs.exists "go" do for _ = 1, 1e6 do pcall(error) end end
  end)
end }]] }
  local process = p:spawn { "run", "book", "--no-ask" }
  process:wait_line "begun"
  process:kill "INT"
  t.eq(process:wait(), 130)
  t.write_file(p.dir .. "/go", "")
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "first", { "once" })
end)

t.test("an effect in flight is finished before, also one that a script defines and that computes", function()
  local p = project.new { book = [[
effect.define("own.count", {
  preview = function() return { summary = "counts" } end,
  apply = function(input)
    fs.write("begun", "")
    local n = 0
    for _ = 1, input.n do pcall(error) n = n + 1 end
    return { counted = n }
  end,
})
return runbook { run = function()
  step("x", function() return effect.perform("own.count", { n = 300000 }) end)
  step("y", function() return true end)
end }
]] }
  local process = p:spawn { "run", "book", "--no-ask" }
  t.eventually("the effect has begun", function() return t.read_file(p.dir .. "/begun") end)
  process:kill "INT"
  t.eq(process:wait(), 130)
  local _, log = p:run { "log", "--json" }
  t.has(log, '"counted":300000')
end)

-- A run that another one made, gone on with or taken back by itself: what holds for the whole holds for the part.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local function run(p, code, ...)
  local got, out, err = p:run { ... }
  t.eq(got, code, table.concat({ ... }, " ") .. "\n" .. out .. err)
  return out .. err
end

--- The id of the run of that runbook.
local function id_of(p, name)
  local _, out = p:run { "runs" }
  return out:match("%f[^%s\0](" .. name .. "%-%d+%-%d+%-%x+)")
end

local function new(books)
  local p = project.new(books)
  fs.mkdir(p.dir .. "/out")
  t.write_file(p.dir .. "/almanac.yaml", "")
  return p
end

local OUTER = 'return runbook { allow = { runbook = { "inner", "innermost" }, fs = { "out/*" } }, run = function() runbook.call "%s" end }'

local WIDE = [[
return runbook { allow = { fs = { "**" } }, run = function()
  step("a", { undo = function() fs.write("elsewhere", "x") end }, function() fs.write("out/a", "x") end)
  confirm "go?"
  step("b", function() fs.write("elsewhere", "x") end)
end }]]

local function stays_within(p)
  run(p, 3, "run", "outer", "--no-ask")
  local part = id_of(p, "wide")
  run(p, 0, "approve", part)
  t.has(run(p, 1, "resume", part, "--plain"), 'this runbook may not touch fs "elsewhere"')
  t.has(run(p, 1, "rollback", part, "--plain"), "this runbook may not touch fs")
  t.has(run(p, 1, "rollback", part, "--plain"), "this runbook may not touch fs") -- the one that was stopped
  t.eq(fs.exists(p.dir .. "/elsewhere"), false)
end

t.test("a part that is resumed or rolled back by itself keeps to the allow of the run that made it", function()
  stays_within(new { outer = OUTER:format "wide":gsub('"inner"', '"wide"'), wide = WIDE })
end)

t.test("and to that of the one that made this one, as it was when it did", function()
  local p = new {
    outer = OUTER:format "inner":gsub('"innermost"', '"wide"'), wide = WIDE,
    inner = 'return runbook { run = function() runbook.call "wide" end }',
  }
  run(p, 3, "run", "outer", "--no-ask")
  p:edit("outer", "return runbook { run = function() end }")
  local part = id_of(p, "wide")
  run(p, 0, "approve", part)
  t.has(run(p, 1, "resume", part, "--plain"), "this runbook may not touch fs")
  t.eq(fs.exists(p.dir .. "/elsewhere"), false)
end)

t.test("a part that is gone on with by itself has the lock of the run that made it", function()
  local p = new {
    outer = 'return runbook { lock = "shared", run = function() step("pre", function() fs.write("out/pre", "x") end) '
      .. 'runbook.call "wide" end }',
    wide = WIDE,
    hold = 'return runbook { lock = "shared", run = function() step("h", function() fs.write("out/h", "x") end) confirm "hold?" end }',
  }
  run(p, 3, "run", "outer", "--no-ask")
  local part, whole = id_of(p, "wide"), id_of(p, "outer")
  run(p, 0, "abandon", whole, "--reason", "x")
  run(p, 3, "run", "hold", "--no-ask")
  for _, id in ipairs { whole, part } do
    t.has(run(p, 2, "rollback", id, "--plain"), 'holds the lock "shared": waiting at "hold?"')
  end
  t.ok(fs.exists(p.dir .. "/out/a"))
end)

t.test("without anybody else who holds it, it goes on, and is rolled back, as before", function()
  local p = new {
    outer = 'return runbook { lock = "shared", run = function() runbook.call "wide" end }', wide = WIDE,
  }
  run(p, 3, "run", "outer", "--no-ask")
  local part = id_of(p, "wide")
  run(p, 0, "approve", part)
  run(p, 0, "resume", part)
  t.ok(fs.exists(p.dir .. "/elsewhere"))
  run(p, 0, "rollback", part)
end)

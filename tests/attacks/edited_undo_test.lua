-- A rollback is no way to what nobody reviewed: by an edited script, or by an undo that does what no plan shows.
local fs = require "native.fs"
local project = require "tests.project"
local signers = require "tests.signers"
local t = require "tests.harness"

local nobody = { HOME = "/nonexistent", SSH_AUTH_SOCK = false }

local function run(p, code, ...)
  local got, out, err = p:run({ ... }, nobody)
  t.eq(got, code, table.concat({ ... }, " ") .. "\n" .. out .. err)
  return out .. err
end

local FAILS = [[
return runbook { allow = { fs = { "o*" } }, run = function()
  step("a", function() fs.write("o1", "x") end)
  step("b", function() if fs.exists "o1" then error "x" end end)
end }]]

local EDITED = [[
return runbook { run = function()
  step("a", { undo = function() fs.write("elsewhere", "x") end }, function() fs.write("o1", "x") end)
  step("b", function() if fs.exists "o1" then error "x" end end)
end }]]

local function new(yaml)
  local p = project.new { book = FAILS }
  t.write_file(p.dir .. "/almanac.yaml", yaml or "{}\n")
  return p
end

local function is_taken_back_as_made(p)
  p:edit("book", EDITED)
  local id = p:newest()
  local said = run(p, 0, "rollback", id, "--plain")
  t.has(said, "! runbooks/book.lua was edited since: the run is taken back by the script that it was made with")
  t.has(said, "↩ a: takes back write o1 (1 bytes)")
  t.eq({ fs.exists(p.dir .. "/o1"), fs.exists(p.dir .. "/elsewhere") }, { false, false })
end

t.test("a run that keeps to a plan is taken back by the script that it was made with", function()
  local p = new()
  run(p, 2, "plan", "book", "-o", "plan.json")
  run(p, 1, "run", "--plan", "plan.json", "--no-ask")
  is_taken_back_as_made(p)
end)

t.test("so is one where answers are signed, and a script that does not load takes no other way", function()
  local alice = signers.person "alice"
  local p = new "approval: { allowed_signers: signers }\n"
  t.write_file(p.dir .. "/signers", alice:line())
  run(p, 1, "run", "book", "--no-ask")
  is_taken_back_as_made(p)
  p:edit("book", FAILS)
  run(p, 1, "run", "book", "--no-ask")
  p:edit("book", "this is no Lua")
  run(p, 0, "rollback", p:newest())
end)

t.test("a part is taken back by the script that it was made with, with the whole that keeps to a plan", function()
  local p = new()
  p:edit("whole", 'return runbook { run = function() runbook.call "book" end }')
  run(p, 2, "plan", "whole", "-o", "plan.json")
  run(p, 1, "run", "--plan", "plan.json", "--no-ask")
  p:edit("book", EDITED)
  run(p, 0, "rollback", "whole")
  t.eq({ fs.exists(p.dir .. "/o1"), fs.exists(p.dir .. "/elsewhere") }, { false, false })
end)

t.test("otherwise, or when asked to, it is taken back by today's, which is said", function()
  local p = new()
  run(p, 1, "run", "book", "--no-ask")
  p:edit("book", EDITED)
  local said = run(p, 0, "rollback", p:newest(), "--plain")
  t.has(said, "! runbooks/book.lua was edited since: the run is taken back by the script as it is now")
  t.has(said, "its allow is gone: nothing bounds what it touches; until now: fs: o*")
  t.eq(fs.exists(p.dir .. "/elsewhere"), true)
  p = new()
  run(p, 2, "plan", "book", "-o", "plan.json")
  run(p, 1, "run", "--plan", "plan.json", "--no-ask")
  p:edit("book", (EDITED:gsub('"elsewhere", "x"', '"o1", "back"')))
  t.has(run(p, 0, "rollback", p:newest(), "--plain", "--edited"), "by the script as it is now")
  t.eq(t.read_file(p.dir .. "/o1"), "back")
end)

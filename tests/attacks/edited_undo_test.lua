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

-- Files that are loaded late ------------------------------------------------------------------------

local LATE = [[
return runbook { allow = { shell = { "touch" }, fs = { "o*" } }, %s run = function()
  step("a", { undo = function() require("lib.late").back() end }, function() %s fs.write("o1", "x") end)
  step("b", function() if fs.exists "o1" then error "x" end end)
end }]]

local function library(words) return "return { back = function() " .. words .. " end }" end

--- A project whose undo loads lib/late.lua, which `first` does in the run, too.
local function with_library(first, more)
  local p = new()
  p:edit("book", LATE:format(more or "", first or ""))
  fs.mkdir(p.dir .. "/runbooks/lib")
  p:edit("lib/late", library 'fs.remove "o1"')
  return p
end

t.test("an undo of a run that keeps to a plan loads no file that nobody has read, edited since or not", function()
  for _, text in ipairs { library 'sh.run("touch", "elsewhere")', library 'fs.remove "o1"' } do
    local p = with_library()
    run(p, 2, "plan", "book", "-o", "plan.json")
    run(p, 1, "run", "--plan", "plan.json", "--no-ask")
    p:edit("lib/late", text)
    local said = run(p, 1, "rollback", "book", "--plain")
    t.has(said, "runbooks/lib/late.lua was not read when the run was made, nor when it was planned: nobody has reviewed it")
    t.has(said, "--edited")
    t.eq({ fs.exists(p.dir .. "/o1"), fs.exists(p.dir .. "/elsewhere") }, { true, false })
    p:edit("lib/late", library 'fs.remove "o1"')
    run(p, 0, "rollback", "book", "--edited")
    t.eq(fs.exists(p.dir .. "/o1"), false)
  end
end)

t.test("nor does one that undoes itself, nor one where answers are signed", function()
  local p = with_library("", 'on_failure = "undo",')
  run(p, 2, "plan", "book", "-o", "plan.json")
  t.has(run(p, 1, "run", "--plan", "plan.json", "--no-ask"), "nobody has reviewed it with the run")
  t.eq(fs.exists(p.dir .. "/o1"), true)
  p = with_library()
  t.write_file(p.dir .. "/signers", signers.person("alice"):line())
  t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers }\n")
  run(p, 1, "run", "book", "--no-ask")
  t.has(run(p, 1, "rollback", "book"), "runbooks/lib/late.lua was not read when the run was made: nobody has reviewed it")
end)

t.test("one that a step of the run had loaded is the one of then, whatever it is by now", function()
  local p = with_library 'require "lib.late"'
  run(p, 2, "plan", "book", "-o", "plan.json")
  run(p, 1, "run", "--plan", "plan.json", "--no-ask")
  p:edit("lib/late", library 'sh.run("touch", "elsewhere")')
  run(p, 0, "rollback", "book")
  t.eq({ fs.exists(p.dir .. "/o1"), fs.exists(p.dir .. "/elsewhere") }, { false, false })
end)

t.test("without a plan and without signatures it is today's", function()
  local p = with_library()
  run(p, 1, "run", "book", "--no-ask")
  p:edit("lib/late", library 'sh.run("touch", "o2") fs.remove "o1"')
  run(p, 0, "rollback", "book")
  t.eq({ fs.exists(p.dir .. "/o1"), fs.exists(p.dir .. "/o2") }, { false, true })
end)

-- What no plan showed --------------------------------------------------------------------------------

--- A runbook that undoes itself, whose undo goes further than its plan.
local function undoing(evil, allow)
  return string.format([[
return runbook { %s on_failure = "undo", run = function()
  step("a", { undo = function(r) if r.n == 1 then %s end fs.remove "out/a" end }, function()
    fs.write("out/a", "x")
    return { n = #fs.list "out/*" }
  end)
  step("b", function() if fs.exists "out/a" then error "boo" end end)
end }]], allow or "", evil)
end

local function planned(source, yaml)
  local p = new(yaml)
  fs.mkdir(p.dir .. "/out")
  p:edit("book", source)
  local said = run(p, 2, "plan", "book", "-o", "plan.json")
  return p, said
end

local function is_there(p, name) return fs.exists(p.dir .. "/" .. name) end

local EVIL = {
  'sh.run("touch", "elsewhere")', 'fs.write("elsewhere", "x")', 'step("deeper", function() fs.write("elsewhere", "x") end)',
  'parallel("p", { x = function() sh.run("touch", "elsewhere") end })', 'runbook.call("other")',
  'effect.perform("own.evil", {})',
}

t.test("under a plan no undo touches what the run did not before somebody says so, also where nobody is asked", function()
  for _, evil in ipairs(EVIL) do
    local own = 'effect.define("own.evil", { apply = function() fs.write("elsewhere", "x") return {} end })\n'
    local p, plan = planned(own .. undoing(evil))
    p:edit("other", 'return runbook { run = function() step("x", function() fs.write("elsewhere", "x") end) end }')
    t.has(plan, "↩ a: its undo, for write out/a (1 bytes): whatever runbooks/book.lua:3 does")
    local said = run(p, 3, "run", "--plan", "plan.json", "--plain")
    t.has(said, "The undo of a, runbooks/book.lua:3, goes beyond what the plan of the run shows: ")
    t.has(run(p, 3, "resume", p:newest(), "--plain"), "goes beyond what the plan of the run shows")
    t.has(run(p, 3, "rollback", "book", "--plain"), "goes beyond what the plan of the run shows")
    t.eq({ is_there(p, "elsewhere"), is_there(p, "out/a") }, { false, true }, evil)
  end
end)

t.test("nor does it by a runbook that the run had called: with other parameters that is another run", function()
  local p = project.new { other = [[
    return runbook { params = { evil = param.boolean { default = false } }, run = function(p)
      step("x", function() if p.evil then sh.run("touch", "elsewhere") else fs.write("called", "x") end end)
    end }]] }
  fs.mkdir(p.dir .. "/out")
  local body = undoing 'runbook.call("other", { evil = true }, { name = "again" })'
  p:edit("book", (body:gsub("run = function%(%)\n", '%0  runbook.call("other")\n')))
  run(p, 2, "plan", "book", "-o", "plan.json")
  local said = run(p, 3, "run", "--plan", "plan.json", "--plain")
  t.has(said, "goes beyond what the plan of the run shows: run other. Let it do that, and whatever else it does?")
  t.eq({ is_there(p, "called"), is_there(p, "elsewhere") }, { true, false })
  run(p, 0, "answer", p:newest(), "go on")
  run(p, 0, "resume", p:newest())
  t.eq(is_there(p, "elsewhere"), true)
end)

t.test("with a word of the operator it goes on; with a stop, or --skip, it leaves it", function()
  local p = planned(undoing 'sh.run("touch", "elsewhere") fs.write("more", "x")')
  run(p, 3, "run", "--plan", "plan.json")
  run(p, 0, "answer", p:newest(), "stop")
  t.has(run(p, 1, "resume", p:newest(), "--plain"), "said stop before: run touch elsewhere")
  t.eq(is_there(p, "elsewhere"), false)
  p = planned(undoing 'sh.run("touch", "elsewhere") fs.write("more", "x")')
  run(p, 3, "run", "--plan", "plan.json")
  run(p, 0, "answer", p:newest(), "go on")
  run(p, 0, "resume", p:newest())
  t.eq({ is_there(p, "elsewhere"), is_there(p, "more"), is_there(p, "out/a") }, { true, true, false })
end)

t.test("where answers are signed, this one is", function()
  local alice = signers.person "alice"
  local p = new "approval: { allowed_signers: signers }\n"
  t.write_file(p.dir .. "/signers", alice:line())
  fs.mkdir(p.dir .. "/out")
  p:edit("book", undoing 'sh.run("touch", "elsewhere")')
  run(p, 2, "plan", "book", "-o", "plan.json", "--sign=" .. alice.key)
  t.has(run(p, 3, "run", "--plan", "plan.json"), "waiting for signed approvals: The undo of a")
  t.has(run(p, 0, "approve", p:newest(), "--text", "--as", "alice@example.com"),
    "run touch elsewhere. Let it do that, and whatever else it does?")
  t.has(run(p, 2, "answer", p:newest(), "go on"), "only a signed approval counts here")
  run(p, 0, "answer", p:newest(), "go on", "--sign=" .. alice.key)
  run(p, 0, "resume", p:newest())
  t.eq(is_there(p, "elsewhere"), true)
end)

t.test("an undo of what the run did is not asked about, nor one that allow bounds, nor one without a plan", function()
  local p = planned(undoing "")
  run(p, 4, "run", "--plan", "plan.json")
  t.eq(is_there(p, "out/a"), false)
  local bounded, plan = planned(undoing('fs.write("out/b", "x")', 'allow = { fs = { "out/*" }, read = { fs = { "out/*" } } },'))
  t.has(plan, "whatever runbooks/book.lua:2 does, within allow")
  run(bounded, 4, "run", "--plan", "plan.json")
  t.eq({ is_there(bounded, "out/a"), is_there(bounded, "out/b") }, { false, true })
  p = planned(undoing 'sh.run("touch", "elsewhere")')
  run(p, 4, "run", "book")
  t.eq(is_there(p, "elsewhere"), true)
end)

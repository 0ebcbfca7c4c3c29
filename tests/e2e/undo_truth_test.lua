-- What a rollback makes of effects that failed: what never took place is not taken back, what nobody can tell is asked; an
-- undo that fails stops the rollback, and can be tried again or left out; status and report say what is so.
local fs = require "native.fs"
local json = require "native.json"
local killed = require "tests.killed"
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

local LIBRARY = [[
local M = {}
function M.line(text) sh.run { argv = { "sh", "-c", "echo '" .. text .. "' >> world" } } end
--- A step whose undo needs what the step returned.
function M.made(name, fn)
  return step(name, { undo = function(result) M.line("undo " .. result.made) end }, function()
    fn(name)
    return { made = name }
  end)
end
return M
]]

--- Two steps that are done, and one whose only effect is this one.
local function source(last)
  return [[
local world = require "lib.world"
return runbook { run = function()
  world.made("one", world.line)
  world.made("two", world.line)
  ]] .. last .. [[

end }
]]
end

local function ran(last, done)
  local p = project.new { book = source(last) }
  fs.mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/world.lua", LIBRARY)
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1, err)
  t.eq(p:lines "world", done or { "one", "two" })
  p.id = p:newest()
  return p
end

local function report(p)
  local code, _, err = p:run { "report", p.id, "-o", "report.json" }
  t.eq(code, 0, err)
  return json.decode(t.read_file(p.dir .. "/report.json"))
end

local function markdown(p)
  local code, _, err = p:run { "report", p.id, "-o", "report.md" }
  t.eq(code, 0, err)
  return t.read_file(p.dir .. "/report.md")
end

local function effect_at(of, path)
  for _, effect in ipairs(of.effects) do
    if effect.path == path then return effect end
  end
end

local BACK = { "one", "two", "undo two", "undo one" }

-- Effects that fail before they do anything, and how that can be told.
for what, last in pairs {
  ["a program that is not there"] = [[world.made("three", function() sh.run { argv = { "./not-there" } } end)]],
  ["a command whose check says that nothing was done"] =
    [[world.made("three", function() sh.run { argv = { "sh", "-c", "exit 3" }, check = { "test", "-e", "three" } } end)]],
  ["a file that cannot be written"] = [[world.made("three", function() fs.write("nowhere/three", "x") end)]],
  ["an own effect that made no other"] =
    [[effect.define("toy.make", { apply = function() error { kind = "command", message = "no" } end })
      world.made("three", function() effect.perform("toy.make", {}) end)]],
  ["an own effect of which every part never took place"] =
    [[effect.define("toy.make", { apply = function() sh.run { argv = { "./not-there" } } end, undo = function() error "undone" end })
      step("three", function() effect.perform("toy.make", {}) end)]],
  ["an own effect whose recover looks"] =
    [[effect.define("toy.make", { apply = function() sh.run { argv = { "false" } } end, recover = function() return "not_done" end,
        undo = function() error "undone" end })
      step("three", function() effect.perform("toy.make", {}) end)]],
} do
  t.test("what never took place is not taken back: " .. what, function()
    local p = ran(last)
    local code, _, err = p:run { "rollback" }
    t.eq(code, 0, err)
    t.has(err, "three")
    t.has(err, ", if it took place: it failed")
    t.has(err, "it never took place: there is nothing to take back")
    t.eq(p:lines "world", BACK)
    local said = report(p)
    local failed = effect_at(said, "three")
    t.eq({ failed.status, failed.undone, failed.left }, { "failed", nil, "nothing" })
    t.eq({ effect_at(said, "two").status, effect_at(said, "two").undone }, { "done", true })
    t.eq(said.run.status, "undone")
    t.has(markdown(p), "failed; it never took place")
    t.has(markdown(p), "done, taken back")
    t.has(select(2, p:run { "status", p.id }), "(nothing to take back)")
    t.has(select(2, p:run { "rollback", p.id }) .. select(3, p:run { "rollback", p.id }), "nothing to undo")
  end)
end

-- What did a part before it failed is taken back.
for what, last in pairs {
  ["another effect of the step"] = [[step("three", { undo = function() world.line "undo three" end }, function()
    fs.write("three", "x") sh.run { argv = { "./not-there" } } end)]],
  ["a part of an own effect"] = [[effect.define("toy.make", {
      apply = function() fs.write("three", "x") error { kind = "command", message = "no" } end,
      undo = function() world.line "undo three" end })
    step("three", function() effect.perform("toy.make", {}) end)]],
  ["what its observe sees"] = [[effect.define("toy.make", {
      observe = function() return { there = fs.exists "three" } end,
      apply = function() sh.run { argv = { "sh", "-c", "touch three; exit 1" } } end,
      undo = function(_, result, ctx) world.line("undo three") assert(result == nil and ctx.before.there == false) end })
    step("three", function() effect.perform("toy.make", {}) end)]],
} do
  t.test("what did a part before it failed is taken back: " .. what, function()
    local p = ran(last)
    local code, _, err = p:run { "rollback" }
    t.eq(code, 0, err)
    t.eq(p:lines "world", { "one", "two", "undo three", "undo two", "undo one" })
    t.eq(effect_at(report(p), "three").undone, true)
  end)
end

local UNSURE = [[step("three", { undo = function() world.line "undo three" end }, function()
    sh.run { argv = { "sh", "-c", "exit 3" } } end)]]

t.test("a run whose rollback waits goes on once that is given up, and not beside it", function()
  local p = ran(UNSURE)
  t.eq((p:run { "rollback" }), 3)
  local rollback = p:newest()
  local code, _, err = p:run { "resume", p.id, "--in-doubt", "done" }
  t.eq(code, 2, err)
  t.has(err, "is being rolled back: " .. rollback .. " waits for an answer")
  t.has(err, "almanac abandon " .. rollback .. " --reason TEXT, and resume the run")
  t.lacks(select(2, p:run { "status", p.id }), "go on:")
  t.eq((p:run { "abandon", rollback, "--reason", "it is mended" }), 0)
  t.has(select(2, p:run { "status", p.id }), "go on:")
  local _, _, resumed = p:run { "resume", p.id }
  t.lacks(resumed, "is being rolled back")
end)

t.test("where nobody can tell it is asked: answered from elsewhere, what is left is said to be, and the rest goes on", function()
  local p = ran(UNSURE)
  local code, _, err = p:run { "rollback" }
  t.eq(code, 3, err)
  t.has(err, "Nobody can tell whether any of it took place. Take it back?")
  t.has(err, "exited with code 3")
  local rollback = p:newest()
  t.has(err, "almanac answer " .. rollback .. ' "leave it"')
  t.eq(p:lines "world", { "one", "two" })
  t.eq((p:run { "answer", rollback, "leave it" }), 0)
  code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", BACK)
  t.has(err, "NOT taken back: three")
  local said = report(p)
  t.eq({ effect_at(said, "three").left, said.run.left[1].path, said.run.status }, { "skipped", "three", "undone" })
  t.has(said.verdict.text, ", but for “three”, NOT taken back")
end)

t.test("where nobody can tell it is asked: the answer may be to take it back", function()
  local p = ran(UNSURE)
  t.eq((p:run { "rollback" }), 3)
  t.eq((p:run { "answer", p:newest(), "take it back" }), 0)
  local code, _, err = p:run { "resume", p:newest() }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "two", "undo three", "undo two", "undo one" })
end)

-- An undo that fails.
local STUCK = [[step("three", { undo = function() if fs.exists "stuck" then error { kind = "command", message = "it is stuck" } end
    world.line "undo three" end }, function() world.line "three" end)
  step("four", function() error "bad" end)]]

local function stuck()
  local p = project.new { book = source(STUCK) }
  fs.mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/world.lua", LIBRARY)
  t.write_file(p.dir .. "/stuck", "")
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  p.id = p:newest()
  return p
end

t.test("in a pipe an undo that fails stops, and is left out by name: the rest goes on, and it can be taken back later", function()
  local p = stuck()
  local code, _, err = p:run { "rollback" }
  t.eq(code, 1, err)
  t.has(err, "it is stuck")
  t.has(err, "almanac rollback " .. p.id .. ' --skip "three"')
  local status = select(2, p:run { "status", p.id })
  t.has(status, "its rollback rollback-of-book")
  t.has(status, "go back: almanac rollback " .. p.id)
  code, _, err = p:run { "rollback", p.id, "--skip", "tree" }
  t.eq(code, 2, err)
  t.has(err, "there is no undo of that step")
  t.has(err, "three")
  code, _, err = p:run { "rollback", p.id, "--skip", "three" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "two", "three", "undo two", "undo one" })
  t.has(err, "three: left as it is (--skip)")
  t.has(err, "NOT taken back: three; once more: almanac rollback " .. p.id)
  status = select(2, p:run { "status", p.id })
  t.has(status, "undone")
  t.has(status, "NOT taken back: left out by ")
  local said = report(p)
  t.eq({ effect_at(said, "three").status, effect_at(said, "three").undone, effect_at(said, "three").left }, { "done", nil, "skipped" })
  t.has(select(2, p:run { "log", p.id }), "step.left")
  t.has(markdown(p), "done, NOT taken back")
  t.must { "rm", p.dir .. "/stuck" }
  code, _, err = p:run { "rollback", p.id }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "two", "three", "undo two", "undo one", "undo three" })
  t.eq({ #report(p).run.left, effect_at(report(p), "three").undone }, { 0, true })
  t.lacks(select(2, p:run { "status", p.id }), "NOT taken back")
end)

local function at_terminal(p)
  local pty = ptys.open({ width = 100, height = 40 }, process.exe() .. " rollback " .. p.id, { cwd = p.dir })
  pty:wait "%[r%]etry +%[s%]kip +%[q%]uit"
  return pty
end

t.test("at a terminal it is named and asked: skip leaves it out, and the rest goes on", function()
  local p = stuck()
  local pty = at_terminal(p)
  t.has(pty.screen:text(), 'The undo of "three" failed')
  pty:type "s\n"
  t.eq(pty:ended(), 0)
  t.eq(p:lines "world", { "one", "two", "three", "undo two", "undo one" })
  t.eq(report(p).run.left[1].why, "it is stuck")
end)

t.test("at a terminal: retry tries it once more", function()
  local p = stuck()
  local pty = at_terminal(p)
  t.must { "rm", p.dir .. "/stuck" }
  pty:type "r\n"
  t.eq(pty:ended(), 0)
  t.eq(p:lines "world", { "one", "two", "three", "undo three", "undo two", "undo one" })
  t.eq(#report(p).run.left, 0)
end)

t.test("at a terminal: quit leaves the rest, and the rollback is gone on with", function()
  local p = stuck()
  local pty = at_terminal(p)
  pty:type "q\n"
  t.eq(pty:ended(), 1)
  t.eq(p:lines "world", { "one", "two", "three" })
  t.must { "rm", p.dir .. "/stuck" }
  local code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "two", "three", "undo three", "undo two", "undo one" })
end)

t.test("an undo's own words are shown: notes, what it prints, and what it returns", function()
  local p = ran([[effect.define("toy.on", { apply = function() world.line "three" end,
      undo = function() note "looking" sh.run { argv = { "echo", "printed" } } return "it is off" end })
    step("three", function() effect.perform("toy.on", {}) error "bad" end)]], { "one", "two", "three" })
  local code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  for _, words in ipairs { "looking", "| printed", "it is off" } do t.has(err, words) end
  local status = select(2, p:run { "status", p:newest() })
  t.has(status, "it is off")
end)

local CHECKED = [[
return runbook { on_failure = "undo", run = function()
  step("migrate", { undo = function() sh.run { "rm", "db" } end }, function()
    return sh.run { "sh", "-c", "echo migrated >db", check = { "test", "-e", "db" } }
  end)
  step("own", { undo = function() fs.remove "mark" end }, function() return fs.write("mark", "1") end)
  confirm "go on?"
end }]]

t.test("what was so before the run is not taken back, as its plan says; what the run did, and was killed in, is", function()
  local p = project.new { book = CHECKED }
  t.write_file(p.dir .. "/db", "by hand\n")
  t.write_file(p.dir .. "/mark", "1")
  t.lacks(select(2, p:run { "plan", "book" }), "migrate: its undo")
  t.eq((p:run { "run", "book", "--no-ask" }), 3)
  local _, said, why = p:run { "rollback", p:newest(), "--no-ask" }
  t.lacks(said .. why, "undo migrate")
  local code, out, err = p:run { "rollback" }
  t.eq(code, 2, out .. err)
  t.has(err, "no run to roll back")
  t.eq({ p:lines "db", p:lines "mark" }, { { "by hand" }, { "1" } })

  local whole = project.new { book = CHECKED }
  t.eq((whole:run { "run", "book", "--no-ask" }), 3)
  local _, log = whole:run { "log", "--json" }
  p = project.new { book = CHECKED }
  t.eq((p:run({ "run", "book", "--no-ask" }, killed.at(killed.outcomes(log)["sh.run"][1]))), -1)
  t.eq((p:run { "resume", "--no-ask" }), 3)
  p.id = p:newest()
  local made = effect_at(report(p), "migrate")
  t.eq({ made.status, made.result.already_done }, { "recovered" })
  t.has(markdown(p), "found so after a crash")
  code, _, err = p:run { "rollback", p.id, "--no-ask" }
  t.eq(code, 0, err)
  t.eq({ p:lines "db", p:lines "mark" }, { {}, {} })
end)

t.test("a rollback that names no run means one of which something was left, too", function()
  local p = project.new { old = [[return runbook { run = function()
    step("a", function() fs.write("a", "1") end) confirm "go on?" end }]],
    new = [[return runbook { run = function()
    step("b", function() fs.write("b", "1") end) step("c", function() fs.write("c", "1") end) end }]] }
  t.eq((p:run { "run", "old", "--no-ask" }), 3)
  t.eq((p:run { "abandon", "old", "--reason", "none" }), 0)
  t.eq((p:run { "run", "new" }), 0)
  t.eq((p:run { "rollback", "new", "--skip", "b" }), 0)
  t.eq({ p:lines "b", p:lines "c" }, { { "1" }, {} })
  local code, _, err = p:run { "rollback" }
  t.eq(code, 2, err)
  t.has(err, "there are several runs to roll back")
  t.has(err, "new-")
  t.eq(p:lines "a", { "1" })
  t.eq((p:run { "rollback", "old" }), 0)
  code, _, err = p:run { "rollback" }
  t.eq({ code, p:lines "b" }, { 0, {} }, err)
  t.eq((p:run { "rollback" }), 2)
end)

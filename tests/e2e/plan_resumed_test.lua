-- A run that keeps to a plan over several executions: what it changed in those before is its own change still, and what
-- somebody else changed meanwhile stops it.
local project = require "tests.project"
local t = require "tests.harness"

local TWICE = [[
return runbook { run = function()
  step("first", function() fs.write("f.txt", "1") end)
  confirm "go on"
  step("second", function()
    fs.write("f.txt", "2")
    fs.write("g.txt", "2")
  end)
end }]]

--- Plans a runbook, and runs it up to its question.
local function waiting(runbooks)
  local p = project.new(runbooks)
  t.write_file(p.dir .. "/f.txt", "0")
  t.eq(p:run { "plan", "book", "-o", "plan.json" }, 2)
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 3, err)
  t.eq(p:lines "f.txt", { "1" })
  return p, err:match "approve (book%S+)"
end

local function goes_on(code, p, id, ...)
  t.eq(p:run { "approve", id }, 0)
  local got, _, err = p:run { "resume", id, "--no-ask", ... }
  t.eq(got, code, err)
  return err
end

t.test("a run that waited for an answer goes on over what it changed itself", function()
  local p, id = waiting { book = TWICE }
  goes_on(0, p, id)
  t.eq({ p:lines "f.txt", p:lines "g.txt" }, { { "2" }, { "2" } })
end)

t.test("what somebody else changed while it waited stops it", function()
  local p, id = waiting { book = TWICE }
  t.write_file(p.dir .. "/g.txt", "theirs")
  t.has(goes_on(3, p, id), "g.txt has changed since the plan was made")
  t.eq({ p:lines "f.txt", p:lines "g.txt" }, { { "2" }, { "theirs" } })
end)

t.test("a step that is made once more stands on what it made itself", function()
  local p, id = waiting { book = TWICE }
  goes_on(3, p, id, "--redo", "first") -- the answer was about the step as it was made before
  goes_on(0, p, id)
  t.eq(p:lines "f.txt", { "2" })
end)

t.test("what a run changed that it made is its own change, too, on both sides of the call", function()
  local p, id = waiting {
    inner = [[return runbook { run = function() step("first", function() fs.write("f.txt", "1") end) end }]],
    book = [[
return runbook { run = function()
  runbook.call "inner"
  confirm "go on"
  runbook.call "other"
  step("last", function() fs.write("f.txt", "3") end)
end }]],
    other = [[return runbook { run = function() step("again", function() fs.write("f.txt", "2") end) end }]],
  }
  goes_on(0, p, id)
  t.eq(p:lines "f.txt", { "3" })
end)

t.test("a question within the run that it made is no other ground, too", function()
  local p, id = waiting { inner = TWICE, book = [[return runbook { run = function() runbook.call "inner" end }]] }
  goes_on(0, p, id)
  t.eq(p:lines "f.txt", { "2" })
end)

t.test("what was refused, and made without the plan, is not told to be as planned", function()
  local p, id = waiting { book = TWICE }
  t.write_file(p.dir .. "/g.txt", "theirs")
  goes_on(3, p, id)
  local code, _, err = p:run { "resume", id, "--no-ask", "--without-plan" }
  t.eq(code, 0, err)
  local _, shown = p:run { "show", id, "--plan" }
  t.has(shown, "write g.txt (1 bytes)  without the plan\n    it had been refused: g.txt has changed since the plan was made")
  local _, kept = shown:gsub("  as planned", "")
  t.eq(kept, 2, shown)
end)

t.test("a plan says of a second change to the same object that it stands on the first", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("away", function() fs.write("f.txt", "1") end)
  step("back", function() fs.write("f.txt", "0") end)
  step("same", function() fs.write("g.txt", "0") end)
end }]] }
  t.write_file(p.dir .. "/f.txt", "0")
  t.write_file(p.dir .. "/g.txt", "0")
  local code, out = p:run { "plan", "book" }
  t.eq(code, 2, out)
  local back = out:match "\nback\n(.-)\nsame\n"
  t.has(back, "on top of the planned change before: previewed as of now")
  t.lacks(back, "nothing would change")
  t.has(out, "3 effects, 1 of them would change nothing")
  t.has(out, "back: takes back write f.txt")
end)

t.test("a run that was made within a plan does not go on by itself without it", function()
  local p, id = waiting { inner = TWICE, book = [[return runbook { run = function() runbook.call "inner" end }]] }
  local inner = p:newest()
  t.ok(inner:find "^inner", inner)
  t.write_file(p.dir .. "/g.txt", "theirs")
  t.eq(p:run { "approve", id }, 0)
  local code, _, err = p:run { "resume", inner, "--no-ask" }
  t.eq(code, 2, err)
  t.has(err, "this run was made by " .. id .. ", which keeps to a plan")
  t.has(err, "almanac resume " .. id)
  t.eq({ p:lines "f.txt", p:lines "g.txt" }, { { "1" }, { "theirs" } })
  local stopped, _, why = p:run { "resume", id, "--no-ask" }
  t.eq(stopped, 3, why)
  t.has(why, "g.txt has changed since the plan was made")
end)

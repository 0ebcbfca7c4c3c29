-- What cannot be taken back is said so: by a plan, by the list of a rollback, and by a rollback of nothing else.
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local function rollback(p, want, ...)
  local code, out, err = p:run { "rollback", ... }
  t.eq(code, want, out .. err)
  return out .. err
end

t.test("a rollback of effects that nothing takes back lists them, fails, and means that run no more", function()
  local p = project.new {
    made = [[return runbook { run = function() step("make", function() sh.run { "mkdir", "made" } end) end }]],
    failed = [[return runbook { run = function()
      step("make", function() fs.mkdir "also" end)
      step("stop", function() if not fs.exists "go" then error "no" end end)
      step("more", { undo = function() fs.remove "undone" end }, function() fs.write("undone", "") end)
    end }]],
  }
  t.eq((p:run { "run", "made" }), 0)
  local made = p:newest()
  t.eq((p:run { "run", "failed" }), 1)
  local failed = p:newest()
  local said = rollback(p, 1, "made")
  t.has(said, made .. " (done): nothing that it did can be taken back")
  t.has(said, "  · nothing takes back: run mkdir made")
  t.has(said, failed .. " (failed) did something: almanac rollback " .. failed)
  said = rollback(p, 1, failed)
  t.has(said, "  · nothing takes back: make directory also")
  t.lacks(said, "did something")
  t.has(rollback(p, 2), "no run to roll back")
  t.has(rollback(p, 1, made), "nothing takes back")

  t.write_file(p.dir .. "/go", "")
  t.eq((p:run { "resume", failed }), 0)
  t.has(rollback(p, 0), "  ↩ more: its undo", "it did more since")
end)

t.test("what a part did and nothing takes back is said where the whole is taken back", function()
  local p = project.new {
    part = [[return runbook { run = function() step("make", function() sh.run { "mkdir", "made" } end) end }]],
    whole = [[return runbook { run = function() runbook.call "part" end }]],
  }
  t.eq((p:run { "run", "whole" }), 0)
  t.has(rollback(p, 0, "whole"), "nothing takes back: run mkdir made")
end)

t.test("a run that did nothing has nothing to undo", function()
  local p = project.new { idle = 'return runbook { run = function() step("look", function() return 1 end) end }' }
  t.eq((p:run { "run", "idle" }), 0)
  t.has(rollback(p, 0, "idle"), "(done): there is nothing to undo")
end)

t.test("on_failure = undo of what nothing takes back leaves the run failed", function()
  local p = project.new { book = [[return runbook { on_failure = "undo", run = function()
    step("make", function() sh.run { "mkdir", "made" } end)
    step("stop", function() error "no" end)
  end }]] }
  local code, out, err = p:run { "run", "book" }
  t.eq(code, 1, out .. err)
  t.has(err, "nothing takes back: run mkdir made")
  t.has(select(2, p:run { "runs" }), "failed")
end)

t.test("a file that is too big to keep, or holds a secret, is promised by no plan and no rollback", function()
  for _, case in ipairs {
    { text = ("x"):rep(70000), why = "its 70000 bytes were too many to keep" },
    { text = "DB=postgres://app:hunter22hunter@db/x", why = "it held a secret, which no journal keeps" },
  } do
    local p = project.new { book = [[return runbook { run = function()
      step("older", function() fs.write("older", "new") end)
      step("change", function() fs.write("file", "new") end)
    end }]] }
    t.write_file(p.dir .. "/file", case.text)
    local _, plan = p:run { "plan", "book" }
    t.has(plan, "↩ change: does not take back write file (3 bytes): " .. case.why)
    t.has(plan, "↩ older: takes back write older")
    t.eq((p:run { "run", "book" }), 0)
    local said = rollback(p, 1)
    t.has(said, "✗ change: CANNOT take back write file (3 bytes): " .. case.why)
    t.has(said, "--skip")
    rollback(p, 0, "book", "--skip", "change")
    t.eq(t.read_file(p.dir .. "/older"), nil)
  end
end)

--- A report as Markdown, and as data.
local function reported(p, id)
  local _, markdown = p:run { "report", id }
  local _, data = p:run { "report", id, "--format", "json" }
  return markdown, json.decode(data)
end

t.test("what nothing takes back of a run that is undone is said wherever it is shown", function()
  local p = project.new { book = [[return runbook { on_failure = "undo", run = function()
    step("write", function() fs.write("file", "x") end)
    step("make", function() sh.run { "mkdir", "made" } end)
    step("stop", function() if fs.exists "stop" then error "no" end end)
  end }]] }
  for _, code in ipairs { 0, 4 } do
    t.eq((p:run { "run", "book" }), code)
    local _, ids = p:run { "runs", "book", "--limit", "1", "--json=id" }
    local id = json.decode(ids).id
    if code == 0 then rollback(p, 0, id) end
    local markdown, data = reported(p, id)
    t.has(data.verdict.text, code == 0 and "It was undone by rollback-of-book"
      or "then it was undone by rollback-of-")
    t.has(data.verdict.text, ", but for run mkdir made, which nothing takes back")
    t.has(markdown, "done; nothing takes it back")
    t.eq(data.run.irreversible, { { path = "make", effect = data.effects[2].id, title = "run mkdir made" } })
    t.eq({ data.effects[1].undone, data.effects[2].left }, { true, "irreversible" })
    local _, status = p:run { "status", id }
    t.has(status, "run mkdir made (nothing takes it back)")
    t.has(status, "! make: nothing takes back run mkdir made")
    t.must { "rmdir", p.dir .. "/made" }
    t.write_file(p.dir .. "/stop", "")
  end
end)

t.test("of a run that another one made, too; and all is undone where the parts of an effect are", function()
  local OWN = [[return runbook { run = function() step("own", function() effect.perform("own.both", {}) end) end }]]
  local p = project.new {
    whole = [[effect.define("own.both", { apply = function() fs.write("other", "x") end })
    return runbook { run = function()
      step("part", function() runbook.call("part") end)
      step("own", function() effect.perform("own.both", {}) end)
    end }]],
    part = [[return runbook { run = function()
      step("write", function() fs.write("file", "x") end)
      step("make", function() sh.run { "mkdir", "made" } end)
    end }]],
    own = [[effect.define("own.both", { apply = function() fs.write("other", "x") end })
    ]] .. OWN,
    undone = [[effect.define("own.both", {
      apply = function() sh.run { "touch", "other" } end, undo = function() sh.run { "rm", "other" } end,
    })
    ]] .. OWN,
  }
  t.eq((p:run { "run", "whole" }), 0)
  local _, ids = p:run { "runs", "whole", "--json=id" }
  local id = json.decode(ids).id
  rollback(p, 0, id)
  local _, data = reported(p, id)
  t.has(data.verdict.text, ", but for run mkdir made, which nothing takes back")
  t.eq({ #data.run.irreversible, data.run.irreversible[1].path }, { 1, "part/part/make" })
  for _, book in ipairs { "own", "undone" } do
    t.eq((p:run { "run", book }), 0)
    id = p:newest()
    t.lacks(rollback(p, 0, id), "nothing takes back")
    _, data = reported(p, id)
    t.has(data.verdict.text, "All of it was undone")
    for _, effect in ipairs(data.effects) do
      if effect.op ~= "own.both" then t.eq(effect.undone, true, book) end
    end
  end
end)

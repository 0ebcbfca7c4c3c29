-- What was given to a run and holds a secret is in no journal: who goes on gives it again. A default never takes its place.
local fs = require "native.fs"
local projects = require "tests.project"
local t = require "tests.harness"

local PROD, LOCAL = "postgres://app:hunter22hunter@prod/x", "postgres://localhost/test"

local BOOK = [[
return runbook {
  params = { dsn = param.string { default = "postgres://localhost/test" }, token = param.secret {}, n = param.integer { default = 1 } },
  run = function(p)
    step("a", { undo = function() fs.write("undone", p.dsn) end }, function() fs.write("a", p.dsn) end)
    confirm "go on?"
    step("b", function() fs.write("b", p.dsn) fs.write("token", p.token and "given" or "none") end)
  end,
}
]]

local function begun(...)
  local p = projects.new { book = BOOK }
  t.eq((p:run { "run", "book", "--no-ask", ... }), 3)
  t.eq((p:run { "approve", p:newest() }), 0)
  return p, p:newest()
end

local function read(p, name) return fs.exists(p.dir .. "/" .. name) and fs.read(p.dir .. "/" .. name) or nil end

t.test("a text with a password in it, and an optional secret, are given again, with each resume", function()
  local p, id = begun("dsn=" .. PROD, "token=a-long-secret")
  local code, _, err = p:run { "resume", id, "--no-ask" }
  t.eq(code, 2, err)
  t.has(err, "parameter dsn has to be given again: no journal keeps the text of a secret")
  t.has(err, "parameter token has to be given again")
  t.eq((p:run { "resume", id, "--no-ask", "dsn=" .. PROD }), 2)
  t.eq(read(p, "b"), nil)
  code, _, err = p:run { "resume", id, "--no-ask", "dsn=" .. PROD, "token=a-long-secret" }
  t.eq(code, 0, err)
  t.eq({ read(p, "a"), read(p, "b"), read(p, "token") }, { PROD, PROD, "given" })
end)

t.test("what is a default, or is kept, is not asked for", function()
  local p, id = begun "n=2"
  local code, _, err = p:run { "resume", id, "--no-ask" }
  t.eq(code, 0, err)
  t.eq({ read(p, "a"), read(p, "b"), read(p, "token") }, { LOCAL, LOCAL, "none" })
end)

t.test("one that a resume gave is given to the next one as well; one without a secret is kept from then on", function()
  local p, id = begun()
  t.eq((p:run { "resume", id, "--no-ask", "dsn=" .. PROD }), 3, "the answer was for another")
  t.eq((p:run { "approve", id }), 0)
  local code, _, err = p:run { "resume", id, "--no-ask" }
  t.eq(code, 2, err)
  t.has(err, "parameter dsn has to be given again")
  t.eq((p:run { "resume", id, "--no-ask", "dsn=postgres://other/x" }), 3)
  t.eq((p:run { "approve", id }), 0)
  t.eq((p:run { "resume", id, "--no-ask" }), 0)
  t.eq(read(p, "b"), "postgres://other/x")
end)

t.test("a rollback is given it, too", function()
  local p, id = begun("dsn=" .. PROD)
  local code, _, err = p:run { "rollback", id }
  t.ok(code ~= 0, err)
  t.has(err, "dsn")
  t.eq(read(p, "undone"), nil)
  code, _, err = p:run { "rollback", id, "dsn=" .. PROD }
  t.eq(code, 0, err)
  t.eq(read(p, "undone"), PROD)
end)

t.test("a run that another one made has it from that one", function()
  local p = projects.new {
    outer = [[return runbook { params = { dsn = param.string {} }, run = function(p) runbook.call("inner", { dsn = p.dsn }) end }]],
    inner = BOOK,
  }
  local first, _, why = p:run { "run", "outer", "--no-ask", "dsn=" .. PROD }
  t.eq(first, 3, why)
  local _, runs = p:run { "runs", "--json" }
  local inner, outer = runs:match '"(inner%-[^"]*)"', runs:match '"(outer%-[^"]*)"'
  local answered, _, refused = p:run { "approve", inner or "?" }
  t.eq(answered, 0, runs .. refused)
  local code, _, err = p:run { "resume", outer, "--no-ask" }
  t.eq(code, 2, err)
  code, _, err = p:run { "resume", outer, "--no-ask", "dsn=" .. PROD }
  t.eq(code, 0, err)
  t.eq(read(p, "b"), PROD)
end)

t.test("a file gives again what no journal keeps, and nothing else; what the stopped run says names it", function()
  local p = projects.new { book = BOOK }
  t.write_file(p.dir .. "/params.yaml", "dsn: " .. PROD .. "\ntoken: a-long-secret\nn: 2\n")
  local code, _, err = p:run { "run", "book", "--no-ask", "--params", "params.yaml" }
  t.eq(code, 3, err)
  local id, with = p:newest(), "with:    dsn=… token=… (no journal keeps what holds a secret), or --params FILE"
  t.has(err, with)
  t.has(select(2, p:run { "status", id }), with)
  t.eq((p:run { "approve", id }), 0)
  t.write_file(p.dir .. "/params.yaml", t.read_file(p.dir .. "/params.yaml"):gsub("n: 2", "n: 3"))
  code, _, err = p:run { "resume", id, "--no-ask", "--params", "params.yaml" }
  t.eq(code, 0, err)
  t.eq({ read(p, "b"), read(p, "token") }, { PROD, "given" })
  t.lacks(err, "n=3")
  code, _, err = p:run { "rollback", id, "--params", "params.yaml" }
  t.eq(code, 0, err)
  t.eq(read(p, "undone"), PROD)
end)

t.test("a run that keeps to a plan is given again what no plan keeps", function()
  local p = projects.new { book = BOOK }
  t.eq((p:run { "plan", "book", "dsn=" .. PROD, "-o", "plan.json" }), 2)
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 2, err)
  t.has(err, "parameter dsn is " .. LOCAL .. " now, and the plan has none")
  t.has(err, "dsn=…, or --params FILE")
  t.eq((p:run { "run", "--plan", "plan.json", "--no-ask", "dsn=" .. PROD }), 3)
  t.eq((p:run { "approve", p:newest() }), 0)
  t.eq((p:run { "resume", "--no-ask", "dsn=" .. PROD, "n=2" }), 2, "the plan was made for another")
  code, _, err = p:run { "resume", "--no-ask", "dsn=" .. PROD }
  t.eq(code, 0, err)
  t.eq(read(p, "b"), PROD)
end)

t.test("a test and a rehearsal hand on to a resume and a rollback what they were given", function()
  local p = projects.new { book = BOOK }
  t.must { "mkdir", p.dir .. "/runbooks/tests" }
  p:edit("tests/book_test", string.format([[
    local given = { dsn = %q, token = "a-long-secret" }
    it("goes on", function()
      local run = world {}:run("book", given)
      run:approve()
      run:resume()
      assert.equal("done", run.status)
      run:rollback()
      assert.equal("undone", run.status)
    end)
    it("is killed", function() kill_at_every_effect(world {}, "book", given, { approve = true }) end)
  ]], PROD))
  local code, out, err = p:run { "test" }
  t.eq(code, 0, out .. err)
  code, out, err = p:run { "rehearse", "book", "dsn=" .. PROD, "token=a-long-secret", "--empty", "--yes", "--kill", "effect 2",
    "--rollback" }
  t.eq(code, 0, out .. err)
  t.has(err, "killed")
end)

t.test("a boolean that is false is kept as any other value", function()
  local p = projects.new { book = [[
return runbook {
  params = { loud = param.boolean { default = true } },
  run = function(p)
    step("a", { undo = function() fs.write("undone", tostring(p.loud)) end }, function() fs.write("a", tostring(p.loud)) return p.loud end)
    confirm "go on?"
  end,
}]] }
  t.eq((p:run { "plan", "book", "loud=no", "-o", "plan.json" }), 2)
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 3, err)
  t.lacks(err, "no journal keeps")
  t.has(select(2, p:run { "runs" }), "loud=false")
  t.eq((p:run { "approve", p:newest() }), 0)
  code, _, err = p:run { "resume", "--no-ask" }
  t.eq(code, 0, err)
  t.must { "rm", p.dir .. "/a" } -- a step that changes nothing is not taken back
  t.eq((p:run { "run", "book", "loud=no", "--no-ask" }), 3)
  code, _, err = p:run { "rollback", p:newest() }
  t.eq(code, 0, err)
  t.eq(read(p, "undone"), "false")
end)

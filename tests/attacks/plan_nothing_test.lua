-- A plan that says of an effect that nothing would change permits nothing by it.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local function run(p, code, ...)
  local got, out, err = p:run { ... }
  t.eq(got, code, table.concat({ ... }, " ") .. "\n" .. out .. err)
  return out .. err
end

local function book(...)
  local steps = {}
  for i, body in ipairs { ... } do steps[i] = string.format("step(\"s%d\", function() %s end)", i, body) end
  return "return runbook { run = function() " .. table.concat(steps, " ") .. " end }"
end

local CHECKED = 'sh.run { argv = { "touch", "evil" }, check = { "sh", "-c", "! test -e flag" } }'

t.test("a command that its check says is done is not started when it says otherwise", function()
  local p = project.new { book = book(CHECKED) }
  local said = run(p, 0, "plan", "book", "-o", "plan.json")
  t.has(said, "run touch evil  (nothing would change)")
  run(p, 0, "run", "--plan", "plan.json", "--no-ask")
  run(p, 0, "plan", "book", "-o", "plan.json")
  t.write_file(p.dir .. "/flag", "")
  said = run(p, 3, "run", "--plan", "plan.json", "--no-ask")
  t.has(said, "run touch evil: the plan says that nothing would change, and now it would")
  t.has(said, "planned: already done")
  t.eq(fs.exists(p.dir .. "/evil"), false)
end)

t.test("where an effect before it changes something the plan does not say so, and counts it", function()
  local p = project.new { book = book('fs.write("flag", "")', CHECKED) }
  local said = run(p, 2, "plan", "book", "-o", "plan.json")
  t.lacks(said, "nothing would change")
  t.has(said, "Plan: 2 effects")
  run(p, 0, "run", "--plan", "plan.json", "--no-ask")
  t.ok(fs.exists(p.dir .. "/evil"))
end)

t.test("so it is with an effect of the script's own, and with a branch that was there already", function()
  local own = [[effect.define("x.y", { input = function() return {} end, apply = function() fs.write("evil", "x") return {} end,
    preview = function() return { nothing = not fs.exists "flag" } end, title = function() return "x y" end })
  ]]
  local p = project.new { book = own .. book('effect.perform("x.y", {})') }
  run(p, 2, "plan", "book")
  p:edit("book", (own:gsub('fs.write%("evil", "x"%)', 'if fs.exists "flag" then fs.write("evil", "x") end'))
    .. book('effect.perform("x.y", {})'))
  run(p, 0, "plan", "book", "-o", "plan.json")
  t.write_file(p.dir .. "/flag", "")
  t.has(run(p, 3, "run", "--plan", "plan.json", "--no-ask"), "x y: the plan says that nothing would change, and now it would")
  t.eq(fs.exists(p.dir .. "/evil"), false)
end)

t.test("a branch that is where it belongs already is not pushed with a commit that came since", function()
  local p = project.new { book = book 'git.push { remote = "origin", ref = "main" }' }
  local function git(...) t.must { "git", "-C", p.dir, "-c", "user.name=a", "-c", "user.email=a@b", ... } end
  git("init", "-q", "-b", "main", ".")
  t.must { "git", "init", "-q", "--bare", "-b", "main", p.dir .. "/remote.git" }
  git("add", "runbooks")
  git("commit", "-q", "-m", "one")
  git("remote", "add", "origin", p.dir .. "/remote.git")
  git("push", "-q", "origin", "main")
  run(p, 0, "plan", "book", "-o", "plan.json")
  t.write_file(p.dir .. "/more", "x")
  git("add", "more")
  git("commit", "-q", "-m", "two")
  t.has(run(p, 3, "run", "--plan", "plan.json", "--no-ask"), "has changed since the plan was made")
end)

t.test("a file that was gone already is not removed when somebody has made it", function()
  local p = project.new { book = book 'fs.remove "gone"' }
  run(p, 0, "plan", "book", "-o", "plan.json")
  t.write_file(p.dir .. "/gone", "x")
  t.has(run(p, 3, "run", "--plan", "plan.json", "--no-ask"), "gone has changed since the plan was made")
  t.ok(fs.exists(p.dir .. "/gone"))
end)

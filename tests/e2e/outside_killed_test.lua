-- Issue, comment and annotation: killed at every write of the journal and gone on with, each is there once; and after
-- a rollback that is killed as often, each is taken back.
local fake_github = require "tests.fake_github"
local fake_grafana = require "tests.fake_grafana"
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  local issue = step("follow up", function() return github.issue { repo = "org/app", title = "Raise the quota" } end)
  step("comment", function() return github.comment { repo = "org/app", number = issue.number, body = "v2 is out" } end)
  step("mark", function() return grafana.annotate { text = "v2", tags = { "deploy" } } end)
end }]]

local function world()
  local w = { github = fake_github.start(), grafana = fake_grafana.start(), p = project.new { book = BOOK } }
  t.write_file(w.p.dir .. "/almanac.yaml", string.format([[
endpoints:
  github: { url: "%s", token: t0ken }
  grafana: { url: "%s", token: t0ken }
]], w.github.url, w.grafana.url))
  return w
end

local function state_of(w)
  local open = 0
  for _, issue in ipairs(w.github.issues) do open = open + (issue.state == "open" and 1 or 0) end
  return {
    issues = #w.github.issues, open = open, comments = #w.github.comments, annotations = #w.grafana.annotations,
    marks = w.grafana.made,
  }
end

--- Calls try(world, environment) with a kill at the first write, the second, …, until nothing is killed.
local function at_every_write(try)
  for _, point in ipairs { "journal.append", "journal.committed" } do
    local n = 1
    while try({ ALMANAC_FAULT = string.format("%s:%d:kill", point, n) }, point .. " " .. n) do n = n + 1 end
    t.ok(n > 5, "there were points to be killed at: " .. n)
  end
end

t.test("made once, at whatever write it was killed", function()
  at_every_write(function(fault, where)
    local w = world()
    if w.p:run({ "run", "book" }, fault) == 0 then return false end
    local known = w.p:newest()
    local code, _, err = w.p:run(known and { "resume", known, "--no-ask" } or { "run", "book" })
    t.eq(code, 0, where .. ": " .. err)
    t.eq(state_of(w), { issues = 1, open = 1, comments = 1, annotations = 1, marks = 1 }, where)
    return true
  end)
end)

t.test("taken back, at whatever write the rollback was killed", function()
  at_every_write(function(fault, where)
    local w = world()
    t.eq((w.p:run { "run", "book" }), 0)
    local first = w.p:newest()
    if w.p:run({ "rollback", first, "--plain" }, fault) == 0 then return false end
    local newest = w.p:newest()
    local code, _, err = w.p:run(newest ~= first and { "resume", newest, "--no-ask" } or { "rollback", first, "--plain" })
    t.eq(code, 0, where .. ": " .. err)
    t.eq(state_of(w), { issues = 1, open = 0, comments = 0, annotations = 0, marks = 1 }, where)
    return true
  end)
end)

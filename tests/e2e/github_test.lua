-- github: checks with one verdict; issues and comments that are made once, killed or not, and taken back.
local checks = require "almanac.http.github.checks"
local fake_github = require "tests.fake_github"
local project = require "tests.project"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local task = require "native.task"

local ENV = { GITHUB_TOKEN = "t0ken" }

local function start(book)
  local github = fake_github.start()
  settings.endpoints = { github = { url = github.url, token = "t0ken" } }
  t.defer(function() settings.endpoints = {} end)
  local p = project.new { book = book or "" }
  t.write_file(p.dir .. "/almanac.yaml", string.format('endpoints: { github: { url: "%s", token: "env:GITHUB_TOKEN" } }\n', github.url))
  return github, p
end

local function run(name, conclusion)
  return { name = name, status = conclusion and "completed" or "in_progress", conclusion = conclusion, head_sha = "abc" }
end

-- Checks -----------------------------------------------------------------------------------------

t.test("the verdict on runs and statuses", function()
  local green, running = run("lint", "success"), run "unit"
  local function verdict(runs, statuses) return checks.judge(runs, statuses or {}).verdict end
  t.eq(verdict {}, "none")
  t.eq(verdict { green, run("docs", "skipped"), run("size", "neutral") }, "green")
  t.eq(verdict { green, running }, "pending")
  t.eq(verdict({ green }, { { context = "ci", state = "pending" } }), "pending")
  for _, conclusion in ipairs { "failure", "timed_out", "cancelled", "action_required", "startup_failure", "stale", "new_word" } do
    t.eq(verdict { running, run("unit", conclusion) }, "red", conclusion)
  end
  t.eq(verdict({ running }, { { context = "ci", state = "error" } }), "red")
  t.eq(checks.judge({ running, run("b", "failure"), run("a", "failure") }, {}).red, { "a", "b" })
end)

t.test("all pages are read", function()
  local github = start()
  for i = 1, 250 do github.runs[i] = run("check " .. i, "success") end
  for i = 1, 101 do github.statuses[i] = { context = "status " .. i, state = i == 101 and "failure" or "success" } end
  local ci = checks.checks { repo = "org/app", ref = "release/v1" }
  t.eq({ ci.verdict, #ci.green, ci.red, ci.sha }, { "red", 350, { "status 101" }, "abc" })
end)

t.test("what may not be seen, what is no commit, and limits, in words", function()
  local github = start()
  local function refused(kind, options) return t.raises(kind, checks.checks, options or { repo = "org/app", ref = "v1" }) end
  t.has(refused("not_found", { repo = "org/other", ref = "v1" }).hint, "the token may not see it")
  t.has(refused("usage", { repo = "org/../app", ref = "v1" }).message, "repo must be OWNER/NAME")
  t.has(refused("usage", { repo = "org", ref = "v1" }).message, "repo must be OWNER/NAME")
  github.refuse = function() return 422, { message = "No commit found for SHA: v1" } end
  t.has(refused("not_found").message, "No commit found for SHA: v1")
  github.refuse = function()
    return 403, { message = "API rate limit exceeded" },
      { ["x-ratelimit-remaining"] = "0", ["x-ratelimit-limit"] = "60", ["x-ratelimit-reset"] = tostring(task.wall_ms() // 1000 + 600) }
  end
  local primary = refused "http"
  t.has(primary.message, "GitHub's rate limit is reached (60 requests an hour)")
  t.ok(primary.hint:find "try again in %d+m", primary.hint)
  github.refuse = function() return 429, { message = "secondary rate limit" }, { ["retry-after"] = "90" } end
  t.has(refused("http").hint, "try again in 1m30s")
  github.refuse = function() return 403, { message = "Resource not accessible by personal access token" } end
  t.has(refused("http").message, "answered 403: Resource not accessible")
  settings.endpoints.github.token = "wrong"
  github.refuse = nil
  local unknown = refused "http"
  t.eq(unknown.status, 401)
  t.lacks(unknown.message .. unknown.hint, "wrong")
end)

-- Issues and comments ----------------------------------------------------------------------------

local BOOK = [[
return runbook { allow = { github = { "org/app" } }, run = function()
  local issue = step("follow up", function()
    return github.issue { repo = "org/app", title = "Raise the quota", body = "After v2.", labels = { "follow-up" } }
  end)
  step("comment", function() return github.comment { repo = "org/app", number = issue.number, body = "v2 is out" } end)
end }]]

t.test("planned, made, and taken back", function()
  local github, p = start(BOOK)
  local code, out = p:run({ "plan", "book" }, ENV)
  t.eq(code, 2, out)
  t.has(out, "open an issue in org/app")
  t.has(out, "Raise the quota [follow-up]")
  t.eq(#github.issues, 0, "a plan makes nothing")
  local done, _, err = p:run({ "run", "book" }, ENV)
  t.eq(done, 0, err)
  t.ok(github.issues[1].body:find "^After v2%.\n\n<!%-%- almanac effect %x+ %-%->$", github.issues[1].body)
  t.eq({ github.issues[1].labels, #github.comments }, { { "follow-up" }, 1 })
  local undone, _, why = p:run({ "rollback", "--plain" }, ENV)
  t.eq(undone, 0, why)
  t.eq({ github.issues[1].state, github.issues[1].state_reason, #github.comments }, { "closed", "not_planned", 0 })
  local _, log = p:run { "log", "--json" }
  t.lacks(log, "t0ken")
end)

t.test("killed when the issue was made, and when the comment was, before either was journalled: made once", function()
  local github, p = start(BOOK)
  for i = 1, 120 do github.issues[i] = { number = i, title = "old", body = "old" } end
  for i = 1, 130 do github.comments[i] = { id = i, body = "old" } end
  for _, words in ipairs { { "run", "book" }, { "resume", "--no-ask" } } do
    local child
    github.on_post = function()
      github.on_post = nil
      for i = 1, 110 do table.insert(github.issues, { number = #github.issues + 1, title = "of others", body = "x" .. i }) end
      child:kill "KILL"
    end
    child = p:spawn(words, ENV)
    child:wait()
  end
  local code, _, err = p:run({ "resume", "--no-ask" }, ENV)
  t.eq(code, 0, err)
  local made = 0
  for _, issue in ipairs(github.issues) do made = made + (issue.title == "Raise the quota" and 1 or 0) end
  t.eq({ made, #github.comments }, { 1, 131 })
end)

t.test("a server that broke over it is in doubt, and asked on resume", function()
  local github, p = start(BOOK)
  local broken = true
  github.refuse = function(request)
    if broken and request.method == "POST" then return 502, { message = "Server Error" } end
  end
  local code, _, err = p:run({ "run", "book", "--no-ask" }, ENV)
  t.ok(code ~= 0, err)
  t.has(err, "answered 502: Server Error")
  broken = false
  local done, _, why = p:run({ "resume", "--no-ask" }, ENV)
  t.eq(done, 0, why)
  t.eq({ #github.issues, #github.comments }, { 1, 1 })
end)

t.test("a repository that has moved is named, and nothing is sent there", function()
  local github, p = start(BOOK)
  github.refuse = function(request)
    if request.method == "POST" then return 307, { message = "Moved" }, { Location = github.url .. "/repositories/1/issues" } end
  end
  local code, _, err = p:run({ "run", "book", "--no-ask" }, ENV)
  t.ok(code ~= 0, err)
  t.has(err, "it has moved to " .. github.url .. "/repositories/1/issues")
  t.eq(#github.issues, 0)
end)

t.test("what is optional fails nothing, wherever GitHub is", function()
  local github, p = start [[
return runbook { run = function()
  step("follow up", function() return github.issue { repo = "org/app", title = "x", optional = true } end)
  step("comment", function() return github.comment { repo = "org/app", number = 1, body = "x", optional = true } end)
end }]]
  github.refuse = function() return 500, { message = "down" } end
  local code, out, err = p:run({ "run", "book", "--no-ask" }, ENV)
  t.eq(code, 0, err)
  t.has(out .. err, "the issue in org/app may not have been made")
  t.has(out .. err, "the comment on #1 of org/app may not have been made")
end)

t.test("optional, killed when it was made, and GitHub is down afterwards: the run goes on", function()
  local github, p = start [[
return runbook { run = function()
  step("follow up", function() return github.issue { repo = "org/app", title = "x", optional = true } end)
end }]]
  local child
  github.on_post = function()
    github.refuse = function() return 500, { message = "down" } end
    child:kill "KILL"
  end
  child = p:spawn({ "run", "book" }, ENV)
  child:wait()
  local code, _, err = p:run({ "resume", "--no-ask" }, ENV)
  t.eq({ code, #github.issues }, { 0, 1 }, err)
end)

t.test("allow names the repositories", function()
  local github, p = start((BOOK:gsub('"org/app" } }', '"org/other" } }')))
  local code, _, err = p:run({ "run", "book" }, ENV)
  t.eq({ code, #github.issues }, { 1, 0 }, err)
  t.has(err, 'may not touch github "org/app"')
end)

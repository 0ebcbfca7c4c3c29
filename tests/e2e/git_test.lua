-- git in a runbook: planned, done once, provable after a crash, taken back.
local git_project = require "tests.git_project"
local project = require "tests.project"
local t = require "tests.harness"

local env, world = git_project.env, git_project.new

local RELEASE = [[
return runbook { run = function()
  step("tag", function()
    local head = git.head()
    git.tag { name = "v1-" .. head.short, message = "a release" }
    git.push { ref = "refs/tags/v1-" .. head.short }
  end)
end }]]

t.test("a tag is planned, made, pushed, and then there is nothing to do", function()
  local p = world { release = RELEASE }
  local head = p:git("rev-parse", "HEAD")
  local code, out = p:run({ "plan", "release" }, env)
  t.eq(code, 2, out)
  t.has(out, "git tag v1-" .. head:sub(1, 7))
  t.has(out, "(the first)")
  t.eq(p:git "tag", "", "a plan tags nothing")
  local done, _, err = p:run({ "run", "release" }, env)
  t.eq(done, 0, err)
  t.eq(p:git("rev-parse", "v1-" .. head:sub(1, 7) .. "^{commit}"), head)
  t.eq(p:git("--git-dir=origin.git", "rev-parse", "v1-" .. head:sub(1, 7) .. "^{commit}"), head)
  local again, plan = p:run({ "plan", "release" }, env)
  t.eq(again, 0, plan)
  t.has(plan, "already there")
  local back, _, why = p:run({ "rollback", "--plain" }, env)
  t.eq(back, 0, why)
  t.eq(p:git "tag", "", "the rollback deletes the tag here")
end)

t.test("a tag that is elsewhere is refused, by the plan and by the run", function()
  local p = world { book = [[return runbook { run = function() step("tag", function() git.tag { name = "v1" } end) end }]] }
  p:git("tag", "v1")
  p:git("commit", "-q", "--allow-empty", "-m", "the second")
  local code, out = p:run({ "plan", "book" }, env)
  t.eq(code, 1, out)
  t.has(out, "the tag v1 is at")
  local ran, _, err = p:run({ "run", "book" }, env)
  t.eq(ran, 1, err)
  t.has(err, "it is not moved")
end)

--- Kills almanac, and not git, at the next moment that a hook is told of; the first time only.
local function kill_in_hook(p, repository, hook)
  local path = p.dir .. "/" .. repository .. "/hooks/" .. hook
  t.write_file(path, string.format([[#!/bin/sh
[ "$1" = prepared ] && exit 0
pid=$(cat '%s/pid' 2>/dev/null) || exit 0
rm '%s/pid'
kill -9 "$pid"
]], p.dir, p.dir))
  t.must { "chmod", "+x", path }
end

--- A runbook with one effect, in a process whose number the hook finds.
local function killed_book(call)
  return string.format([[
return runbook { run = function()
  step("pid", function() sh.run { argv = { "sh", "-c", "test -e pid.was || { echo $PPID > pid; touch pid.was; }" } } end)
  step("act", function() return %s end)
end }]], call)
end

local function killed_and_resumed(p)
  t.eq(({ p:run({ "run", "book" }, env) })[1] == 0, false, "almanac was killed")
  local code, _, err = p:run({ "resume", "--no-ask" }, env)
  t.eq(code, 0, err)
  t.has(err, "found done after a crash")
end

t.test("killed while git commits: the commit is found by its trailer, and not made again", function()
  local p = world { book = killed_book 'git.commit { message = "Roll to v2", paths = { "values.yaml" } }' }
  t.write_file(p.dir .. "/values.yaml", "tag: v2\n")
  t.write_file(p.dir .. "/other", "not mine\n")
  kill_in_hook(p, ".git", "post-commit")
  killed_and_resumed(p)
  t.eq(p:git("rev-list", "--count", "HEAD"), "2")
  t.has(p:git("log", "-1", "--format=%B"), "Almanac-Effect: ")
  t.eq(p:git("show", "--format=", "--name-only", "HEAD"), "values.yaml")
end)

t.test("killed while git tags or pushes: both are found where they point", function()
  local p = world { book = killed_book 'git.tag { name = "v1", message = "a release" }' }
  kill_in_hook(p, ".git", "reference-transaction")
  killed_and_resumed(p)
  t.eq(p:git("rev-parse", "v1^{commit}"), p:git("rev-parse", "HEAD"))
  t.must { "rm", p.dir .. "/.git/hooks/reference-transaction", p.dir .. "/pid.was" }
  p:edit("book", killed_book 'git.push { ref = "refs/tags/v1" }')
  kill_in_hook(p, "origin.git", "post-receive")
  killed_and_resumed(p)
  t.eq(p:git("--git-dir=origin.git", "rev-parse", "v1^{commit}"), p:git("rev-parse", "HEAD"))
end)

t.test("a push never goes over commits of others; a checkout not over edited files", function()
  local p = world { push = [[return runbook { run = function() step("push", function() git.push { ref = "main" } end) end }]],
    out = [[return runbook { run = function() step("out", function() git.checkout { ref = "v1" } end) end }]] }
  p:git("tag", "v1")
  p:git("push", "-q", "origin", "main")
  p:git("commit", "-q", "--amend", "-m", "the first, amended")
  local code, _, err = p:run({ "run", "push" }, env)
  t.eq(code, 1, err)
  t.has(err, "has commits that")
  t.write_file(p.dir .. "/.gitignore", "edited\n.almanac\norigin.git\n")
  local refused, _, why = p:run({ "run", "out" }, env)
  t.eq(refused, 1, why)
  t.has(why, "edited and not committed")
  p:git("checkout", "-q", ".gitignore")
  t.eq(p:run({ "run", "out" }, env), 0)
  t.eq(p:git("rev-parse", "HEAD"), p:git("rev-parse", "v1"))
  t.eq(p:run({ "rollback", p:newest() }, env), 0)
  t.eq(p:git("symbolic-ref", "--short", "HEAD"), "main")
end)

t.test("what is no repository, no commit, or no argument is said so", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("a", function() note(tostring(errors.try(git.head))) ; git.head() end)
end }]], bad = [[return runbook { run = function() step("a", function() git.tag { name = "--force" } end) end }]] }
  local code, _, err = p:run({ "run", "book" }, env)
  t.eq(code, 1, err)
  t.has(err, "not a git repository")
  local bad, _, why = p:run({ "run", "bad" }, env)
  t.eq(bad, 1, why)
  t.has(why, "git.tag: name must be a line of text that does not begin with")
end)

local function commit_book(paths)
  return string.format([[return runbook { run = function()
    step("commit", function() return git.commit { message = "Roll", paths = { %s } } end)
  end }]], paths)
end

t.test("a path is the file of that name, not a pattern", function()
  local p = world { book = commit_book '":!t1.txt", "*.md", ":colon.txt", "日本.txt"' }
  for _, name in ipairs { ":!t1.txt", "*.md", ":colon.txt", "日本.txt", "t1.txt", "README.md" } do
    t.write_file(p.dir .. "/" .. name, name)
  end
  local code, out = p:run({ "plan", "book" }, env)
  t.eq(code, 2, out)
  t.has(out, "?? 日本.txt")
  local ran, _, err = p:run({ "run", "book" }, env)
  t.eq(ran, 0, err)
  t.eq(p:git("-c", "core.quotePath=false", "show", "--format=", "--name-only", "HEAD"), "*.md\n:!t1.txt\n:colon.txt\n日本.txt")
end)

t.test("a path that git knows nothing of is an error, and commits nothing", function()
  local p = world {
    absent = commit_book '"there.txt", "valeus.yaml"', ignored = commit_book '"plan.json"',
    same = commit_book '"there.txt", "empty"', gone = commit_book '"there.txt"',
  }
  t.write_file(p.dir .. "/there.txt", "1")
  t.write_file(p.dir .. "/plan.json", "{}")
  t.must { "mkdir", p.dir .. "/empty" }
  local head = p:git("rev-parse", "HEAD")
  for book, why in pairs { absent = "valeus.yaml is not there", ignored = "plan.json is ignored by .gitignore" } do
    local planned, out = p:run({ "plan", book }, env)
    t.eq(planned, 1, out)
    t.has(out, why)
    local ran, _, err = p:run({ "run", book }, env)
    t.eq(ran, 1, err)
    t.has(err, why)
  end
  t.eq(p:git("rev-parse", "HEAD"), head)
  t.eq(p:git("status", "--porcelain", "there.txt"), "?? there.txt", "nothing was even added")
  local ran, _, err = p:run({ "run", "same" }, env)
  t.eq(ran, 0, err)
  t.must { "rm", p.dir .. "/there.txt" }
  local deleted, _, why = p:run({ "run", "gone" }, env)
  t.eq(deleted, 0, why)
  t.eq(p:git("show", "--format=", "--name-status", "HEAD"), "D\tthere.txt")
  local again, out = p:run({ "plan", "gone" }, env)
  t.eq(again, 1, out)
end)

t.test("what an earlier effect of the plan makes need not be there yet", function()
  local p = world { book = [[return runbook { run = function()
    step("write", function() fs.write("new.txt", "1") end)
    step("commit", function() return git.commit { message = "Roll", paths = { "new.txt" } } end)
  end }]] }
  local code, out = p:run({ "plan", "book" }, env)
  t.eq(code, 2, out)
  t.has(out, "new.txt is not there yet")
  local ran, _, err = p:run({ "run", "book" }, env)
  t.eq(ran, 0, err)
  t.eq(p:git("show", "--format=", "--name-only", "HEAD"), "new.txt")
end)

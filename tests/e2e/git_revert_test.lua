-- git: a commit is taken back by another, and files are read as a commit has them.
local git_project = require "tests.git_project"
local t = require "tests.harness"

local env = git_project.env

local function world(runbooks)
  return git_project.new(runbooks, { version = "1\n" })
end

local RELEASE = [[
return runbook { run = function()
  step("write", function() fs.write("version", "2\n") end)
  local made = step("commit", function() return git.commit { message = "bump to 2", paths = { "version" } } end)
  step("tag", function() git.tag { name = "v2", message = "release v2" } end)
  step("push", function() sh.run { "echo", "v2-" .. made.short, idempotent = true } end)
end }]]

t.test("a release is planned whole, though its commit is not known yet, and runs as it was planned", function()
  local p = world { release = RELEASE }
  local code, out, err = p:run({ "plan", "release", "-o", "plan.json" }, env)
  t.eq(code, 2, out .. err)
  t.has(out, "echo '(known after commit)'")
  t.has(out, "4 effects")
  local ran, _, why = p:run({ "run", "release", "--plan", "plan.json" }, env)
  t.eq(ran, 0, why)
  t.has(why, "echo v2-" .. p:git("rev-parse", "--short", "HEAD"))
  t.eq(p:git("rev-parse", "v2^{commit}"), p:git("rev-parse", "HEAD"))
end)

t.test("a plan knows by their places which files a commit takes, and that a revert moves HEAD, too", function()
  local p = world { book = [[
return runbook { run = function()
  step("write", function() fs.write("./sub/../sub/version", "2") end)
  step("commit", function() git.commit { message = "bump", paths = { "version" }, dir = "sub" } end)
end }]], back = [[
return runbook { run = function()
  step("back", function() git.revert { commit = "HEAD" } end)
  step("tag", function() git.tag { name = "v3", message = "x" } end)
end }]] }
  t.must { "mkdir", p.dir .. "/sub" }
  t.write_file(p.dir .. "/sub/version", "1\n")
  p:git("add", "sub")
  p:git("commit", "-q", "-m", "sub")
  local code, out, err = p:run({ "plan", "book" }, env)
  t.eq(code, 2, out .. err)
  t.has(out, "what was changed before it")
  code, out, err = p:run({ "plan", "back" }, env)
  t.eq(code, 2, out .. err)
  t.has(out, "at the commit that is made before")
end)

t.test("a rollback deletes the tag, reverts the commit, and finds the files as they were", function()
  local p = world { release = RELEASE }
  t.eq((p:run({ "run", "release" }, env)), 0)
  local head = p:git("rev-parse", "HEAD")
  local code, _, err = p:run({ "rollback", "--plain" }, env)
  t.eq(code, 0, err)
  t.eq(p:git "tag", "")
  t.has(p:git("log", "-1", "--format=%B"), "This reverts commit " .. head)
  t.eq(t.read_file(p.dir .. "/version"), "1\n")
  t.eq(p:git("status", "--porcelain"), "")
end)

t.test("killed while git reverts: the commit is found by what git wrote into it", function()
  local p = world { book = RELEASE }
  t.eq((p:run({ "run", "book" }, env)), 0)
  t.write_file(p.dir .. "/.git/hooks/post-commit", string.format("#!/bin/sh\nread pid < '%s/almanac.pid' || exit 0\n"
    .. "rm '%s/almanac.pid'\nkill -9 $pid\n", p.dir, p.dir))
  t.must { "chmod", "+x", p.dir .. "/.git/hooks/post-commit" }
  local rollback = p:spawn({ "rollback", "--plain", p:newest() }, env)
  t.write_file(p.dir .. "/almanac.pid", rollback.pid .. "\n")
  t.ok(rollback:wait() ~= 0, "almanac was killed")
  local code, _, err = p:run({ "resume", "--no-ask" }, env)
  t.eq(code, 0, err)
  t.eq(p:git("rev-list", "--count", "HEAD"), "3", "the first, the bump, one revert")
end)

t.test("what was changed since is not reverted over, and nothing is left half done", function()
  local p = world { book = RELEASE }
  t.eq((p:run({ "run", "book" }, env)), 0)
  t.write_file(p.dir .. "/version", "3\n")
  p:git("commit", "-q", "-am", "someone else's")
  local code, _, err = p:run({ "rollback", "--plain" }, env)
  t.eq(code, 1, err)
  t.has(err, "files were changed since")
  t.eq(p:git("status", "--porcelain"), "")
  t.eq(t.read_file(p.dir .. "/version"), "3\n")
end)

t.test("a file as a commit has it, and where a remote is", function()
  local p = world { book = [[
return runbook { run = function()
  step("look", function()
    fs.write("version", "2\n")
    note("was " .. git.file "version" .. ", none: " .. tostring(git.file("nothing", { ref = "main" })))
    note(select(2, errors.try(git.file, "version", { ref = "no-such" })).kind)
    note("remote " .. tostring(git.remote("main") == git.head().commit) .. ", " .. tostring(git.remote "other"))
  end)
end }]] }
  p:git("push", "-q", "origin", "main")
  local code, _, err = p:run({ "run", "book" }, env)
  t.eq(code, 0, err)
  t.has(err, "remote true, nil")
  t.has(err, "was 1")
  t.has(err, "none: nil")
  t.has(err, "not_found")
end)

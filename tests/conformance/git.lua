--- git: what a commit of a path holds, whatever the path looks like, and which names a tag may have; done by Almanac
--- and by git itself, each in a repository of its own.
local calls = require "tests.helm_calls"
local git = require "almanac.public.git"
local t = require "tests.harness"

local M = { area = "git: paths and tags", against = "git 2.39" }

local env = {
  GIT_AUTHOR_NAME = "Tester", GIT_AUTHOR_EMAIL = "t@example.org", GIT_COMMITTER_NAME = "Tester",
  GIT_COMMITTER_EMAIL = "t@example.org", GIT_CONFIG_GLOBAL = "/dev/null", GIT_CONFIG_SYSTEM = "/dev/null", LC_ALL = "C",
}

--- Files that are there and changed; those behind "new" git does not know yet.
local files = { "a.txt", "b.txt", "dir/a.txt", "dir/deep/b.txt", "*.txt", "[ab].txt", "a?txt", ":colon.txt", ":!a.txt", ":(top)a.txt",
  "-x", "--all", "two words", "ünï", "quote\".txt", "back\\slash", "tab\there", "HEAD", "~", "$HOME", "#hash",
  "new/one", "new/two",
  "ignored.log", "kept.log" }

local paths = { "a.txt", "./a.txt", "dir", "dir/", "dir/deep", "dir/../a.txt", "*.txt", "[ab].txt", "a?txt", ":colon.txt", ":!a.txt",
  ":(top)a.txt", ":/a.txt", "-x", "--all", "two words", "ünï", "quote\".txt", "back\\slash", "tab\there", "HEAD", "~", "$HOME", "#hash",
  "new",
  "new/one", "kept.log", "ignored.log", "nothing", ":!nothing", "dir/*", "**", ".", "", "/", "..", "../outside" }

local tags = { "v1", "v1.0-rc.1", "a/b", "ünï", "x@y", "@x", "a+b", "a#b", "a%b", "a,b", "a;b", "a'b", "HEAD", "refs/tags/x", "a b", "a\tb",
  "",
  "-x", "--delete", ".x", "x.", "a/.b", "x.lock", "a.lock/b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "@", "@{", "a@{b",
  "/a",
  "a/", "a//b", "a\127b" }

local function run(dir, words)
  return t.run({ "git", table.unpack(words) }, { cwd = dir, env = env })
end

--- A repository in which all those files were changed.
local function repository(parent, name)
  local dir = parent .. "/" .. name
  t.must { "mkdir", "-p", dir .. "/dir/deep", dir .. "/new" }
  run(dir, { "init", "-q", "-b", "main" })
  run(dir, { "config", "user.name", "Tester" })
  run(dir, { "config", "user.email", "t@example.org" })
  t.write_file(dir .. "/.gitignore", "*.log\n")
  for _, file in ipairs(files) do
    if not file:find "^new/" and file ~= "ignored.log" then t.write_file(dir .. "/" .. file, "one\n") end
  end
  run(dir, { "add", "--all", "--force", "." })
  run(dir, { "commit", "-q", "-m", "the first" })
  for _, file in ipairs(files) do t.write_file(dir .. "/" .. file, "two\n") end
  return dir
end

local function copy(repo, name)
  local dir = repo:match "^(.*)/" .. "/" .. name
  t.must { "cp", "-r", repo, dir }
  return dir
end

--- The files of the newest commit, where it is another than the first.
local function committed(dir)
  local _, count = run(dir, { "rev-list", "--count", "HEAD", "--" })
  if tonumber(count) ~= 2 then return "nothing" end
  return (select(2, run(dir, { "show", "--format=", "--name-only", "HEAD", "--" })))
end

local function by_almanac(dir, fn)
  local settled = calls.in_step(function() return fn(dir) end)
  return settled.err and settled.err.message
end

local function commit_of(repo, i, path)
  local ours, theirs = copy(repo, "ours" .. i), copy(repo, "theirs" .. i)
  local why = by_almanac(ours, function(dir) return git.commit { message = "the second", paths = { path }, dir = dir } end)
  if run(theirs, { "--literal-pathspecs", "add", "--", path }) == 0 then
    run(theirs, { "--literal-pathspecs", "commit", "-q", "-m", "the second", "--", path })
  end
  return { name = "paths: " .. string.format("%q", path), ours = committed(ours), theirs = committed(theirs), why = why }
end

local function tag_of(ours, theirs, name)
  local function made(dir)
    local _, tag = run(dir, { "for-each-ref", "--format=%(refname)", "refs/tags" })
    if tag ~= "" then run(dir, { "update-ref", "-d", tag }) end -- for the next one
    return tag
  end
  local why = by_almanac(ours, function(dir) return git.tag { name = name, dir = dir } end)
  run(theirs, { "tag", "--", name })
  return { name = "tag: " .. string.format("%q", name), ours = made(ours), theirs = made(theirs), why = why }
end

function M.run()
  local parent, out = t.tmpdir(), {}
  local repo = repository(parent, "repository")
  for i, path in ipairs(paths) do out[#out + 1] = commit_of(repo, i, path) end
  local ours, theirs = copy(repo, "ours"), copy(repo, "theirs")
  for _, name in ipairs(tags) do out[#out + 1] = tag_of(ours, theirs, name) end
  return out
end

M.differ = {}

return M

-- A plan of git binds the branch that is committed on and where a remote leads; a path of a commit tells nothing of elsewhere.
local project = require "tests.project"
local t = require "tests.harness"

local function step_of(body, options)
  return string.format("return runbook { %s run = function() step(\"a\", function() %s end) end }", options or "", body)
end

--- A project that is a repository with one commit on main, and a bare one beside it.
local function repository(body, options)
  local p = project.new { book = step_of(body, options) }
  local function git(...) return t.must { "git", "-C", p.dir, "-c", "user.name=a", "-c", "user.email=a@b", ... } end
  git("init", "-q", "-b", "main", ".")
  t.write_file(p.dir .. "/.gitignore", ".almanac\n*.git\nplan.json\n")
  t.write_file(p.dir .. "/f", "one")
  git("add", ".")
  git("commit", "-q", "-m", "one")
  for _, name in ipairs { "one.git", "two.git" } do t.must { "git", "init", "-q", "--bare", "-b", "main", p.dir .. "/" .. name } end
  git("remote", "add", "origin", p.dir .. "/one.git")
  return p, git
end

local function refused(p, what)
  local code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 3, out .. err)
  t.has(out .. err, what)
end

t.test("a commit that was planned on a branch is not made on another one of the same commit", function()
  local p, git = repository 'git.commit { message = "two", paths = { "f" } }'
  t.write_file(p.dir .. "/f", "two")
  t.eq(p:run { "plan", "book", "-o", "plan.json" }, 2)
  git("checkout", "-q", "-b", "other")
  refused(p, "the branch of git HEAD has changed since the plan was made")
end)

t.test("a push shows where its remote leads, and goes nowhere else", function()
  local p, git = repository 'git.push { remote = "origin", ref = "main" }'
  local code, out = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2)
  t.has(out, " to " .. p.dir .. "/one.git, where origin is without it")
  git("remote", "set-url", "origin", p.dir .. "/two.git")
  refused(p, "where origin leads has changed since the plan was made")
end)

t.test("a path behind a link out of the repository says the same, whatever is there", function()
  local said = {}
  for _, name in ipairs { "there", "not-there" } do
    local p = repository('git.commit { dir = "in", message = "m", paths = { "l/' .. name .. '" } }', 'allow = { git = { "in" } },')
    t.must { "git", "init", "-q", p.dir .. "/in" }
    t.must { "git", "-C", p.dir .. "/in", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x" }
    t.must { "mkdir", p.dir .. "/out" }
    t.write_file(p.dir .. "/out/there", "x")
    t.must { "ln", "-s", "../out", p.dir .. "/in/l" }
    local _, out, err = p:run { "plan", "book" }
    said[#said + 1] = (out .. err):gsub("l/not%-there", "l/there")
    t.has(out .. err, "l/" .. name .. " lies outside of the repository")
  end
  t.eq(said[1], said[2])
end)

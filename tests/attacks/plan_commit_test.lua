-- A run that keeps to a plan commits what was there when the plan was made: those files, with that in them.
local git_project = require "tests.git_project"
local t = require "tests.harness"

local env = git_project.env

--- A project with a plan of these effects.
local function planned(effects)
  local p = git_project.new { book = "return runbook { run = function() step('x', function() " .. effects .. " end) end }" }
  t.write_file(p.dir .. "/f", "REVIEWED\n")
  local code, out, err = p:run({ "plan", "book", "-o", "plan.json" }, env)
  t.eq(code, 2, out .. err)
  return p
end

local function run(p, want)
  local code, out, err = p:run({ "run", "--plan", "plan.json", "--no-ask" }, env)
  t.eq(code, want, out .. err)
  return out .. err
end

local COMMIT = 'git.commit { message = "m", paths = { "f", "dir" } }'

t.test("another content, a file more, one less, one that may be run, a link: nothing is committed", function()
  for name, change in pairs {
    content = "echo EVIL >f", more = "echo EVIL >dir/evil", less = "rm dir/b", mode = "chmod +x f", link = "ln -sf /etc/passwd f",
  } do
    local p = git_project.new { book = "return runbook { run = function() step('x', function() " .. COMMIT .. " end) end }" }
    t.must({ "sh", "-ec", "mkdir dir; echo a >dir/a; echo b >dir/b; echo REVIEWED >f" }, { cwd = p.dir })
    t.eq(p:run({ "plan", "book", "-o", "plan.json" }, env), 2)
    local head = p:git("rev-parse", "HEAD")
    t.must({ "sh", "-ec", change }, { cwd = p.dir })
    t.has(run(p, 3), "what is to be committed of f, dir has changed since the plan was made", name)
    t.eq(p:git("rev-parse", "HEAD"), head, name)
  end
end)

t.test("what was planned is committed, and where there was nothing, there is to be nothing", function()
  local p = planned 'git.commit { message = "m", paths = { "f" } }'
  run(p, 0)
  t.eq(p:git("show", "HEAD:f"), "REVIEWED")
  t.eq(p:run({ "plan", "book", "-o", "plan.json" }, env), 0)
  t.write_file(p.dir .. "/f", "EVIL\n")
  t.has(run(p, 3), "has changed since the plan was made")
  t.eq(p:git("show", "HEAD:f"), "REVIEWED")
end)

t.test("what an effect before it writes, or commits, is the run's own", function()
  local p = planned 'fs.write("f", "MADE\\n") git.commit { message = "m", paths = { "f" } }'
  run(p, 0)
  t.eq(p:git("show", "HEAD:f"), "MADE")
  p = planned 'git.commit { message = "m", paths = { "f" } } git.commit { message = "n", paths = { "./f" } }'
  run(p, 0)
end)

-- Words that a script chooses become no option of the program that they are handed to.
local project = require "tests.project"
local t = require "tests.harness"

local SET_UP = [[
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
  mkdir -p bin stack chart; printf 'apiVersion: v2\nname: chart\nversion: 0.1.0\n' > chart/Chart.yaml
  git init -q -b main .; git -c user.name=x -c user.email=x@x commit -q --allow-empty -m first
  printf '#!/bin/sh\ntouch DIR/pwned\n' > post.sh; chmod +x post.sh
  for name in helm docker-compose kustomize kubectl; do
    cat > bin/$name <<'END'
#!/bin/sh
case "$*" in version*) echo v3.16.0; exit;; esac
for word; do case $word in --evil*|-e*) touch DIR/pwned;; esac; done
END
    chmod +x bin/$name
  done
]]

--- A call, and the words with which it is refused.
local CASES = {
  { [[helm.template { release = "mychart", namespace = "ns1", chart = "--post-renderer=./post.sh" }]], "must not begin with a dash" },
  { [[helm.template { release = "-x", namespace = "ns1", chart = "chart" }]], "release must be a name" },
  { [[helm.template { release = "x", namespace = "--evil", chart = "chart" }]], "namespace must be a name" },
  { [[helm.upgrade { release = "x", chart = "-evil" }]], "must not begin with a dash" },
  { [[helm.template { release = "x", chart = "chart", set = { ["a,b=c"] = 1 } }]], "is no path of a value" },
  { [[compose.up { dir = "stack", services = { "--evil" } }]], "dash" },
  { [[compose.pull { dir = "stack", services = { "a", "-e" } }]], "dash" },
  { [[compose.restart { dir = "stack", services = "-e" }]], "dash" },
  { [[compose.up { dir = "stack", files = "-evil" }]], "dash" },
  { [[compose.up { dir = "stack", project = "--evil" }]], 'does not begin with "-"' },
  { [[compose.run { dir = "stack", service = "--evil" }]], 'does not begin with "-"' },
  { [[kustomize.build "--evil"]], "must not begin with a dash" },
  { [[git.push { ref = "main", remote = "--receive-pack=./post.sh" }]], '"-"' },
  { [[git.push { ref = "--evil" }]], '"-"' },
  { [[git.tag { name = "-d" }]], '"-"' },
  { [[git.tag { name = "x", at = "--evil" }]], '"-"' },
  { [[git.checkout { ref = "-b" }]], '"-"' },
  { [[git.log("--output=pwned")]], '"-"' },
  { [[git.log("HEAD", { dir = "-C" })]], '"-"' },
  { [[git.revert { commit = "--abort" }]], '"-"' },
}

t.test("a word with a dash is refused where a name is meant", function()
  local p = project.new {}
  t.must({ "sh", "-ec", (SET_UP:gsub("DIR", p.dir)) }, { cwd = p.dir })
  local env = { PATH = p.dir .. "/bin:" .. t.getenv "PATH", GIT_CONFIG_GLOBAL = "/dev/null" }
  for _, case in ipairs(CASES) do
    p:edit("book", "return runbook { run = function() step(\"x\", function() " .. case[1] .. " end) end }")
    for _, words in ipairs { { "plan", "book" }, { "run", "book", "--no-ask" } } do
      local code, out, err = p:run(words, env)
      t.ok(code == 1 or code == 2, case[1] .. " ended with " .. tostring(code))
      t.has(out .. err, case[2], case[1])
      t.eq(require("native.fs").exists(p.dir .. "/pwned"), false, case[1])
    end
  end
end)

t.test("a path that begins with a dash is a path to git, and a command's dash its own", function()
  local p = project.new { book = [[return runbook { run = function()
    step("x", function()
      fs.write("-a", "x")
      git.commit { message = "-m", paths = { "./-a" } }
      note(sh.read("echo", "-x").stdout)
    end)
  end }]] }
  t.must({ "sh", "-ec", (SET_UP:gsub("DIR", p.dir)) }, { cwd = p.dir })
  local who = { GIT_AUTHOR_NAME = "x", GIT_AUTHOR_EMAIL = "x@x", GIT_COMMITTER_NAME = "x", GIT_COMMITTER_EMAIL = "x@x",
    GIT_CONFIG_GLOBAL = "/dev/null" }
  local code, out, err = p:run({ "run", "book", "--no-ask" }, who)
  t.eq(code, 0, out .. err)
  t.has(out .. err, "-x")
  t.has(t.must({ "git", "log", "-1", "--format=%s", "--name-only" }, { cwd = p.dir }), "-m\n\n-a")
end)

-- A child reads of Almanac's environment what is documented and what almanac.yaml or the runbook names: a
-- secret that Almanac got in a variable is in none of them. Nothing of a run is in a core dump.
local project = require "tests.project"
local t = require "tests.harness"

local TOKEN = "hunter2-of-the-environment"

--- A program that writes the names of its environment's variables to a file, and says what its caller wants.
local function spy(p, path, says)
  t.must { "mkdir", "-p", p.dir .. "/" .. path:match "^(.*)/" }
  t.write_file(p.dir .. "/" .. path, string.format("#!/bin/sh\nenv | sed 's/=.*//' | sort > %s/seen.%s\n%s\n", p.dir,
    path:match "[^/]*$", says or ""))
  t.must { "chmod", "+x", p.dir .. "/" .. path }
end

local function seen(p, name)
  local set = {}
  for _, line in ipairs(p:lines("seen." .. name)) do set[line] = true end
  return set
end

local ENV = {
  S_TOKEN = TOKEN, IMAGE_TAG = "v1", VAULT_ADDR = "https://vault", AWS_PROFILE = "ops", HELM_DRIVER = "secret", GIT_AUTHOR_NAME = "ann",
  DOCKER_HOST = "unix:///x", LC_MESSAGES = "C", https_proxy = "", NO_PROXY = "*", SSH_AUTH_SOCK = "/run/agent", LD_PRELOAD = "",
  ALMANAC_FAULT = "",
}

local function env_of(p, more)
  local env = { PATH = p.dir .. "/bin:" .. t.getenv "PATH" }
  for name, value in pairs(ENV) do env[name] = value end
  for name, value in pairs(more or {}) do env[name] = value end
  return env
end

local function expect(p, name, wanted, refused)
  local set = seen(p, name)
  t.ok(next(set), name .. " was not started")
  for word in wanted:gmatch "%S+" do t.ok(set[word], name .. " gets " .. word) end
  for word in ("S_TOKEN LD_PRELOAD ALMANAC_FAULT " .. refused):gmatch "%S+" do t.ok(not set[word], name .. " gets no " .. word) end
end

local FEW = "PATH HOME LC_MESSAGES https_proxy NO_PROXY SSH_AUTH_SOCK NO_COLOR"

t.test("every way to start a program: what is documented, what a program is there for, and nothing else", function()
  local p = project.new { book = [[
return runbook {
  params = { token = param.secret { required = true } },
  run = function(p)
    step("x", function()
      sh.read { "bin/read" }
      sh.run { "bin/run", check = { "bin/check" }, env = { GIVEN = "1", TOKEN = p.token } }
      sh.bash "bin/bashed"
      sh.read { "docker" }
      git.head {}
    end)
  end,
}]] }
  for _, name in ipairs { "read", "run", "bashed", "docker" } do spy(p, "bin/" .. name) end
  spy(p, "bin/check", "exit 1")
  spy(p, "bin/git", [[case $1 in
    config) printf 'command\0safe.barerepository\nexplicit\0';;
    ls-files) ;;
    *) echo 0123456789012345678901234567890123456789;;
  esac]])
  local code, out, err = p:run({ "run", "book", "token=env:S_TOKEN", "--no-ask" }, env_of(p))
  t.eq(code, 0, out .. err)
  local others = "IMAGE_TAG VAULT_ADDR AWS_PROFILE HELM_DRIVER"
  for _, name in ipairs { "read", "bashed" } do expect(p, name, FEW, others .. " GIT_AUTHOR_NAME DOCKER_HOST GIVEN") end
  for _, name in ipairs { "run", "check" } do expect(p, name, FEW .. " GIVEN TOKEN", others .. " DOCKER_HOST") end
  expect(p, "docker", FEW .. " DOCKER_HOST", others .. " GIT_AUTHOR_NAME")
  expect(p, "git", FEW .. " GIT_AUTHOR_NAME GIT_TERMINAL_PROMPT", others .. " DOCKER_HOST")
end)

t.test("a program of the script's own gets nothing more by being named as another", function()
  local p = project.new { book = [[
return runbook { run = function() step("x", function() sh.read { "bin/helm" } end) end }]] }
  spy(p, "bin/helm")
  t.eq((p:run({ "run", "book", "--no-ask" }, env_of(p))), 0)
  expect(p, "helm", FEW, "HELM_DRIVER AWS_PROFILE")
end)

t.test("helm and a credential plugin get their own, and the kubeconfig's env; helm is not sent elsewhere", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("helm", function() errors.try(helm.template, { release = "x", chart = "./chart" }) end)
  step("k8s", function() errors.try(k8s.get, "pod/x", { namespace = "x" }) end)
end }]] }
  spy(p, "bin/helm", "echo v3.16.0")
  t.must { "mkdir", p.dir .. "/chart" }
  spy(p, "bin/plugin", "exit 1")
  t.write_file(p.dir .. "/kubeconfig", [[
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: u, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: plugin, interactiveMode: Never,
  env: [{ name: FROM_CONFIG, value: x }] } } }]
contexts: [{ name: one, context: { cluster: c, user: u } }]
current-context: one
]])
  p:run({ "run", "book", "--no-ask" }, env_of(p, { KUBECONFIG = p.dir .. "/kubeconfig", HELM_NAMESPACE = "other" }))
  expect(p, "helm", FEW .. " KUBECONFIG HELM_DRIVER AWS_PROFILE", "IMAGE_TAG DOCKER_HOST HELM_NAMESPACE")
  expect(p, "plugin", FEW .. " KUBECONFIG FROM_CONFIG AWS_PROFILE KUBERNETES_EXEC_INFO", "IMAGE_TAG HELM_DRIVER DOCKER_HOST")
end)

local NAMES = [[
return runbook {
  pass_env = { "IMAGE_TAG", "NOT_SET" },
  run = function() step("x", function() sh.run { "bin/run" } end) end,
}]]

t.test("what the runbook and almanac.yaml name is passed on: in a run, a resume and an environment; show says it", function()
  local p = project.new { book = NAMES }
  spy(p, "bin/run", "test -e " .. p.dir .. "/go")
  t.write_file(p.dir .. "/almanac.yaml", [[
pass_env: [VAULT_*]
environments:
  prod: { pass_env: [AWS_PROFILE] }
]])
  local env = env_of(p)
  t.eq((p:run({ "run", "book", "--no-ask" }, env)), 1)
  expect(p, "run", FEW .. " IMAGE_TAG VAULT_ADDR", "AWS_PROFILE NOT_SET")
  t.must { "rm", p.dir .. "/seen.run" }
  t.write_file(p.dir .. "/go", "")
  t.eq((p:run({ "resume" }, env)), 0)
  expect(p, "run", FEW .. " IMAGE_TAG VAULT_ADDR", "AWS_PROFILE")
  t.eq((p:run({ "run", "book", "-e", "prod", "--no-ask" }, env)), 0)
  expect(p, "run", FEW .. " IMAGE_TAG AWS_PROFILE", "VAULT_ADDR")
  local _, shown = p:run { "show", "book" }
  t.has(shown, "its programs also read, of your environment: IMAGE_TAG, NOT_SET")
end)

t.test("a name that is none is refused where it stands; a runbook takes no patterns", function()
  local p = project.new { book = NAMES:gsub('"NOT_SET"', '"*"') }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 2)
  t.has(err, 'runbook: pass_env: "*" is no name of a variable')
  p:edit("book", NAMES)
  for _, wrong in ipairs { '"A=B"', '"*_TOKEN"', '""', '"A B"' } do
    t.write_file(p.dir .. "/almanac.yaml", "pass_env:\n- OK_*\n- " .. wrong .. "\n")
    code, _, err = p:run { "run", "book" }
    t.eq(code, 2, wrong)
    t.has(err, "is no name of a variable")
    t.has(err, "almanac.yaml, line 3")
  end
end)

-- What the children of a step read of IMAGE_TAG and of VAULT_ADDR, and what the script itself does.
local READS = [==[
local function read(name)
  local seen = sh.read({ "sh", "-c", "echo ${IMAGE_TAG:-no} ${VAULT_ADDR:-no}" }).stdout:gsub("%s+$", "")
  local own = {}
  for i, variable in ipairs { "IMAGE_TAG", "VAULT_ADDR" } do own[i] = pcall(os.getenv, variable) and "may" or "may not" end
  return name .. ": " .. seen .. ", " .. table.concat(own, " ")
end
]==]

t.test("what a called runbook names is its own children's: no caller's, nor another part's, at any time", function()
  local book = READS .. [==[
return runbook { pass_env = { "IMAGE_TAG" }, run = function()
  step("before", function() sh.run { "echo", read "before" } end)
  parallel("parts", {
    called = function() runbook.call "called" end,
    other = function() runbook.call "other" end,
    own = function() for i = 1, 3 do step("own " .. i, function() sh.run({ "echo", read("own " .. i) }) end) end end,
  })
  step("after", function() sh.run { "echo", read "after" } end)
  step("asks", function() sh.run { "sh", "-c", "test -n \"$IMAGE_TAG\" -a -z \"$VAULT_ADDR\" && exit 3" } end)
end }]==]
  local p = project.new { book = book, called = READS .. [==[return runbook { pass_env = { "VAULT_ADDR" }, run = function()
  step("within", function() sh.run { "echo", read "called" } end)
  parallel("both", { one = function() step("a", function() sh.run { "echo", read "called a" } end) end,
    two = function() step("b", function() sh.run { "echo", read "called b" } end) end })
end }]==],
    other = READS .. [==[return runbook { run = function() step("within", function() sh.run { "echo", read "other" } end) end }]==] }
  local env = env_of(p)
  local function check(code, text, wanted)
    t.eq(code, wanted, text)
    for _, line in ipairs { "before: v1 no, may may not", "own 1: v1 no, may may not", "own 3: v1 no, may may not",
      "after: v1 no, may may not", "called: no https://vault, may not may", "called a: no https://vault, may not may",
      "called b: no https://vault, may not may", "other: no no, may not may not" } do t.has(text, line) end
  end
  local code, out, err = p:run({ "plan", "book" }, env)
  check(code, out .. err, 2)
  code, out, err = p:run({ "run", "book", "--no-ask" }, env)
  check(code, out .. err, 1)
  t.has(err, "exited with code 3")
  p:edit("book", (book:gsub("&& exit 3", "&& exit 0")))
  code, out, err = p:run({ "resume" }, env)
  t.eq(code, 0, out .. err)
end)

t.test("a script that names more variables once it is edited says so where the run goes on", function()
  local book = [[return runbook { pass_env = { "IMAGE_TAG" }, run = function()
    step("x", function() sh.run { "test", "-e", "go" } end)
  end }]]
  local p = project.new { book = book }
  t.eq((p:run({ "run", "book", "--no-ask" }, env_of(p))), 1)
  p:edit("book", (book:gsub('"IMAGE_TAG"', '"IMAGE_TAG", "S_TOKEN"')))
  local _, _, err = p:run({ "resume", "--no-ask" }, env_of(p))
  t.has(err, "! runbooks/book.lua was edited: its programs also read, of your environment: S_TOKEN")
  p:edit("book", (book:gsub('"IMAGE_TAG"', "")))
  _, _, err = p:run({ "resume", "--no-ask" }, env_of(p))
  t.lacks(err, "of your environment")
end)

t.test("a caller has no secret read for a called runbook because that names its variable for its own children", function()
  local p = project.new { book = [[return runbook { run = function() runbook.call("called", { token = "env:S_TOKEN" }) end }]],
    called = [[return runbook { pass_env = { "S_TOKEN" }, params = { token = param.secret {} }, run = function() end }]] }
  local code, out, err = p:run({ "run", "book", "--no-ask" }, env_of(p))
  t.eq(code, 1, out .. err)
  t.has(err, "this runbook may not read the variable S_TOKEN for token")
end)

t.test("what a runbook names is there for the login plugin that is asked before its run begins", function()
  local p = project.new { book = [[return runbook { pass_env = { "VAULT_ADDR" }, lock = "lease/default/x", run = function() end }]] }
  spy(p, "bin/plugin", "exit 1")
  t.write_file(p.dir .. "/kubeconfig", [[
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: u, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: plugin, interactiveMode: Never } } }]
contexts: [{ name: one, context: { cluster: c, user: u } }]
current-context: one
]])
  p:run({ "run", "book", "--no-ask" }, env_of(p, { KUBECONFIG = p.dir .. "/kubeconfig" }))
  expect(p, "plugin", FEW .. " VAULT_ADDR", "IMAGE_TAG")
end)

-- Runs almanac with core dumps allowed, as nobody where it can: kills it by ABRT when a step is under way,
-- and says what became of it, and of a shell that aborts in the same place.
local ABORT = [[
import os, resource, signal, subprocess, sys
soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
def allow(): resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
def dumped(pid): return os.WCOREDUMP(os.waitpid(pid, 0)[1])
shell = subprocess.Popen(["sh", "-c", "kill -ABRT $$"], preexec_fn=allow)
print("shell", "dumped" if dumped(shell.pid) else "left nothing")
for name in os.listdir("."):
    if name.startswith("core"): os.remove(name)
run = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, preexec_fn=allow)
for line in run.stderr:
    if b"| ready" in line: break
os.kill(run.pid, signal.SIGABRT)
print("almanac", "dumped" if dumped(run.pid) else "left nothing")
]]

t.test("a script reads what its children get of the environment, and is refused the rest", function()
  local p = project.new { book = [[return runbook { pass_env = { "IMAGE_TAG" }, run = function() step("x", function()
    local ok, err = pcall(os.getenv, "S_TOKEN")
    local ok_aws, err_aws = pcall(os.getenv, "AWS_PROFILE")
    error(table.concat({ tostring(ok), tostring(err.kind), tostring(ok_aws), os.getenv "IMAGE_TAG", os.getenv "LC_MESSAGES",
      tostring(os.getenv "VAULT_ADDR"), err.message }, " "))
  end) end }]] }
  t.write_file(p.dir .. "/almanac.yaml", "pass_env: [VAULT_*]\n")
  local code, out, err = p:run({ "plan", "book" }, env_of(p))
  t.eq(code, 1, out .. err)
  t.has(out .. err, "false refused false v1 C https://vault os.getenv: this runbook may not read the variable S_TOKEN")
  t.lacks(out .. err, TOKEN)
end)

t.test("a script reads the environment of no process: neither almanac's nor that of who started it", function()
  local p = project.new { book = [[return runbook { run = function() step("x", function()
    local said = {}
    for _, path in ipairs(fs.list "/proc/[0-9]*/environ") do
      local ok, text = pcall(fs.read, path)
      if ok then said[#said + 1] = path end
    end
    for _, path in ipairs { "/proc/self/environ", "/proc/thread-self/environ", "/proc/self/cmdline", "/proc/self/../self/environ",
      "link" } do
      for _, look in ipairs { fs.read, fs.digest } do
        local ok, err = pcall(look, path)
        if ok or err.kind ~= "refused" then said[#said + 1] = path end
      end
    end
    error("read: " .. table.concat(said, ", ") .. "; " .. #fs.read("/proc/loadavg"))
  end) end }]] }
  t.must({ "ln", "-s", "/proc/self/environ", "link" }, { cwd = p.dir })
  local code, out, err = p:run({ "plan", "book" }, env_of(p))
  t.eq(code, 1, out .. err)
  t.has(out .. err, "read: ; ")
  t.lacks(out .. err, TOKEN)
end)

t.test("an almanac that is aborted leaves no core dump, where a shell leaves one", function()
  local p = project.new { book = [[
return runbook {
  params = { token = param.secret { required = true } },
  run = function(p)
    step("x", function() sh.run { argv = { "sh", "-c", "sleep 600 & echo $! > pid; echo ready >&2; wait" }, env = { T = p.token } } end)
  end,
}]] }
  local argv = { "python3", "-c", ABORT, require("native.process").exe(), "run", "book", "token=env:S_TOKEN", "--no-ask" }
  local code, out, err = t.run(argv, { cwd = p.dir, env = { S_TOKEN = TOKEN, HOME = p.dir, KUBECONFIG = false } })
  t.must { "kill", p:lines("pid")[1] }
  t.eq(code, 0, err)
  if not out:find "shell dumped" then print "skipped half: core dumps are off on this machine" end
  t.has(out, "almanac left nothing")
  for _, file in ipairs(require("native.fs").list(p.dir .. "/*")) do t.ok(not file:find "/core", file) end
end)

t.test("a child of the same user cannot read the environment or the memory of almanac", function()
  -- Not below the tests' own directory, which is closed to others.
  local dir = t.must({ "mktemp", "-d", "/tmp/almanac-test.XXXXXX" }):gsub("%s+$", "")
  t.defer(function() require("native.fs").remove_tree(dir) end)
  t.must { "mkdir", dir .. "/runbooks" }
  t.write_file(dir .. "/runbooks/book.lua", [[
return runbook { run = function()
  step("x", function()
    sh.run { argv = { "sh", "-c", "cat /proc/$PPID/environ /proc/$PPID/mem; true" } }
  end)
end }]])
  local argv = { require("native.process").exe(), "run", "book", "--no-ask" }
  if t.must { "id", "-u" } == "0" then -- who may read everything
    t.must { "chown", "-R", "nobody", dir }
    argv = { "setpriv", "--reuid=nobody", "--clear-groups", table.unpack(argv) }
  end
  local code, out, err = t.run(argv, { cwd = dir, env = { S_TOKEN = TOKEN, HOME = dir, TMPDIR = dir, KUBECONFIG = false } })
  if code ~= 0 and err:find "^setpriv: failed to execute" then
    print "skipped: nobody cannot reach the program"
    return
  end
  t.eq(code, 0, out .. err)
  t.has(err, "/environ: Permission denied")
  t.lacks(out .. err, TOKEN)
end)

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
  spy(p, "bin/git", "echo 0123456789012345678901234567890123456789")
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

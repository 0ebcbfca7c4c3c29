-- almanac test touches nothing real: whatever a runbook does, no service, cluster, program, file or journal of the
-- operator's is reached.
local fs = require "native.fs"
local httpd = require "native.httpd"
local projects = require "tests.project"
local t = require "tests.harness"

local TEST = [[
it("is tried", function()
  local w = world { namespaces = { "shop" }, http = { ["GET http://other.example/*"] = "fake" } }
  error("told: " .. w:run("attack").output)
end)
]]

--- A server that is real to the test, and what it was asked.
local function real_server()
  local asked = {}
  local server = httpd.listen { port = 0, handler = function(request, response)
    asked[#asked + 1] = request.method .. " " .. request.path
    response:send(200, {}, "real")
  end }
  t.defer(function() server:close() end)
  return "http://127.0.0.1:" .. server:port(), asked
end

--- Runs a test of a runbook whose step is that; what must be in what is said.
local function attack(step, want, options)
  options = options or {}
  local project = projects.new {
    attack = string.format("return runbook { summary = 'x', run = function() step('attack', function()\n%s\nend) end }", step),
  }
  t.must { "mkdir", project.dir .. "/runbooks/tests", project.dir .. "/data" }
  t.write_file(project.dir .. "/data/kept", "as it was")
  for name, text in pairs(options.files or {}) do t.write_file(project.dir .. "/" .. name, text) end
  project:edit("tests/attack_test", TEST)
  local code, out, err = project:run({ "test", "--timeout", "20s" }, options.env)
  t.eq(code, 1, out .. err)
  t.has(out .. err, want)
  t.eq(t.read_file(project.dir .. "/data/kept"), "as it was")
  t.eq(fs.exists(project.dir .. "/.almanac"), false, "there is no journal of the operator's")
  t.must { "sh", "-c", 'for d in "$TMPDIR"/almanac-test-*; do [ -e "$d/clock" ] && rm -rf "$d"; done; true' }
  return out
end

t.test("no service: by its address, through a proxy, behind a redirect, by a Unix socket", function()
  local url, asked = real_server()
  attack(string.format("http.post(%q, { body = 'x' })", url .. "/post"), "the test gives no answer for POST " .. url .. "/post")
  attack(string.format("http.get('http://other.example/x', { proxy = %q }) error 'it came back'", url), "it came back")
  attack("http.get('http://localhost/x', { unix_socket = '/run/docker.sock' })", "the test gives no answer for GET http://localhost/x")
  attack("http.get 'https://real.example/x'", 'in its world: http = { ["GET https://real.example/x"]')
  t.eq(#asked, 0, "the real service was asked " .. table.concat(asked, ", "))
end)

t.test("no service by a variable of the environment, and no endpoint of almanac.yaml", function()
  local url, asked = real_server()
  attack("http.get 'http://real.example/x'", "the test gives no answer for GET http://real.example/x",
    { env = { http_proxy = url, HTTPS_PROXY = url, ALL_PROXY = url } })
  attack("prom.query 'up'", 'the test gives no answer for prom up', {
    files = { ["almanac.yaml"] = string.format("endpoints: { prometheus: '%s' }\n", url) } })
  attack("notify.send { channel = 'ops', text = 'hello' }", "the test gives no answer for POST http://ops.test/channel", {
    files = { ["almanac.yaml"] = string.format("channels: { ops: { kind: webhook, url: '%s/hook' } }\n", url) } })
  t.eq(#asked, 0, "the real service was asked " .. table.concat(asked, ", "))
end)

t.test("no program: by a name, by a path, by a shell, of the standard library's own, and a kubeconfig's plugin", function()
  local mark = t.tmpdir() .. "/ran"
  local script = "#!/bin/sh\ntouch " .. mark .. "\n"
  attack("sh.run('touch', " .. string.format("%q", mark) .. ")", "the test gives no answer for sh touch")
  attack("sh.run('./ops.sh')", "the test gives no answer for sh ./ops.sh", { files = { ["ops.sh"] = script } })
  attack("sh.bash 'touch " .. mark .. "'", "the test gives no answer for sh bash -euo pipefail -c")
  attack("git.head()", "the test gives no answer for sh git")
  attack("sh.run('helm', 'version')", "the test gives no answer for sh helm version")
  t.eq(fs.exists(mark), false, "a program ran")
end)

t.test("no cluster but the simulated one, whatever the operator's kubeconfig says", function()
  local url, asked = real_server()
  local kubeconfig = string.format([[
apiVersion: v1
kind: Config
current-context: real
clusters: [{ name: real, cluster: { server: "%s" } }]
users: [{ name: real, user: {} }]
contexts: [{ name: real, context: { cluster: real, user: real } }]
]], url)
  local files = { kubeconfig = kubeconfig, [".kube/config"] = kubeconfig }
  local project = projects.new {
    attack = "return runbook { summary = 'x', run = function() step('a', function()\n" ..
      "local m = { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'm', namespace = 'shop' }, data = { a = 'b' } }\n" ..
      "return k8s.apply { m } end) end }",
  }
  t.must { "mkdir", project.dir .. "/runbooks/tests", project.dir .. "/.kube" }
  for name, text in pairs(files) do t.write_file(project.dir .. "/" .. name, text) end
  t.write_file(project.dir .. "/almanac.yaml", "kubeconfig: kubeconfig\ncontext: real\nenvironments: { live: { context: real } }\n")
  project:edit("tests/attack_test", [[
    it("applies", function()
      local w = world { namespaces = { "shop" } }
      assert.equal("done", w:run("attack", {}, { environment = "live" }).status)
      assert.equal("b", w:get("configmap/m", "shop").data.a)
    end)
  ]])
  local code, out = project:run({ "test" }, { KUBECONFIG = project.dir .. "/kubeconfig", HELM_KUBEAPISERVER = url })
  t.eq(code, 0, out)
  t.eq(#asked, 0, "the real cluster was asked " .. table.concat(asked, ", "))
end)

t.test("no file of the project: a run has a copy, and no link that leads out of it", function()
  local elsewhere = t.tmpdir()
  t.write_file(elsewhere .. "/x", "as it was")
  attack("fs.write('data/kept', 'changed') fs.remove 'data/kept' fs.mkdir 'data/new'", "is done")
  local refused = "a test touches no file outside of its own directory"
  attack(string.format("fs.write(%q, 'changed')", elsewhere .. "/x"), refused)
  attack(string.format("fs.remove(%q)", elsewhere .. "/x"), refused)
  attack("fs.write('../../../../x', 'x')", refused)
  local project = projects.new {
    attack = "return runbook { summary = 'x', run = function() step('a', function()\n" ..
      "if fs.exists 'out' then error 'it is there' end fs.mkdir 'out' fs.write('out/x', 'changed') end) end }",
    real = "return runbook { summary = 'x', run = function() step('a', function()\n" ..
      "return sh.run { 'sh', '-c', 'cat data/kept; echo changed > data/kept' }.stdout end) end }",
  }
  t.must { "mkdir", project.dir .. "/runbooks/tests", project.dir .. "/data" }
  t.must { "ln", "-s", elsewhere, project.dir .. "/out" }
  t.write_file(project.dir .. "/data/kept", "as it was")
  project:edit("tests/attack_test", [[
    it("writes to copies", function()
      assert.equal("done", world {}:run("attack").status)
      assert.equal("done", world { files = { ["data/more"] = "x" } }:run("attack").status)
      assert.equal("failed", world { files = { ["out/x"] = "x" } }:run("attack").status)
    end)
    it("has a program of its own, which writes where it stands", function()
      for _ = 1, 2 do assert.equal("as it was", world { real_sh = { "sh" } }:run("real").steps["a"].result) end
    end)
  ]])
  local code, out = project:run { "test", "--real", "sh" }
  t.eq(code, 0, out)
  t.eq(t.read_file(project.dir .. "/data/kept"), "as it was")
  t.eq(t.read_file(elsewhere .. "/x"), "as it was")
  t.eq(fs.exists(project.dir .. "/data/more"), false)
end)

t.test("a file of tests computes, and no more: it reaches nothing by itself", function()
  local project = projects.new { x = "return runbook { summary = 'x', run = function() end }" }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  project:edit("tests/x_test", [[
    it("reads a file", function() return fs.read "/etc/passwd" end)
    it("runs a program", function() return sh.run "true" end)
    it("does so in an answer", function()
      local w = world { sh = { ["true"] = function() return fs.read "/etc/passwd" end } }
      w:run("x")
    end)
    it("opens the engine", function() return io.open "/etc/passwd" end)
    it("looks into the world", function() return getmetatable(world {}).__index end)
  ]])
  local code, out = project:run { "test" }
  t.eq(code, 1, out)
  t.has(out, "1 passed, 4 failed")
end)

t.test("a stand-in is not had by a variable: a program of a run without a test runs", function()
  local book = "return runbook { summary = 'x', run = function() step('a', function() sh.run('touch', 'ran') end) end }"
  local project = projects.new { x = book }
  t.eq((project:run({ "run", "x" }, { ALMANAC_TEST_SECRET = "x" })), 0)
  t.eq(fs.exists(project.dir .. "/ran"), true)
end)

t.test("a world that is refused takes no place at the clock, whatever of it is; and a time zone is no file", function()
  local project = projects.new { book = "return runbook { summary = 'x', run = function() end }" }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  project:edit("tests/clock_test", [[
for i = 1, 70 do
  it("refused " .. i, function()
    assert.is_false((pcall(world, { env = { KUBECONFIG = "x" } })))
    assert.is_false((pcall(world, { env = { TZ = i % 2 == 0 and ":/a/fifo" or "../../a/fifo" } })))
  end)
end
it("goes on", function()
  local w = world { env = { TZ = "CET-1CEST,M3.5.0,M10.5.0/3" } }
  for _ = 1, 70 do assert.is_false((pcall(w.run, w, "book", {}, { env = { PATH = "x" } }))) end
  assert.equal("done", w:run("book").status)
end)
]])
  local code, out, err = project:run { "test", "--timeout", "30s" }
  t.eq(code, 0, out .. err)
end)

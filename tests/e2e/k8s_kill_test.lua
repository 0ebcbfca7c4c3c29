-- almanac is killed before and after the server carried out each kind of write; the resumed run has
-- every change exactly once, and asks where nobody can tell.
local http = require "native.http"
local httpd = require "native.httpd"
local json = require "native.json"
local t = require "tests.harness"
local task = require "native.task"

local sys = require "native.sys"
local ALMANAC = sys.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

local WEB = [[
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: team }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: "ghcr.io/x/web:v1.0.0-abc1234" } ] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: c, namespace: team }
data: { a: "1" }
]]

--- A server before the API server. `at` is nil, "before" or "after": where a write is held for ever.
local function gatekeeper(url)
  local self = { writes = 0, changed = task.signal() }
  local function held()
    self.is_held = true
    self.changed:notify()
    task.sleep(60)
  end
  self.httpd = httpd.listen {
    handler = function(request, response)
      local write = request.method ~= "GET"
      if write and self.at == "before" then held() end
      local answer = http.request {
        method = request.method, url = url .. request.raw_path .. "?" .. (request.raw_query or ""), body = request.body,
        headers = { ["Content-Type"] = request.headers["content-type"], Accept = request.headers.accept },
      }
      if write then
        self.writes = self.writes + 1
        if self.at == "after" then held() end
      end
      response:send(answer.status, { ["Content-Type"] = answer.headers["content-type"] }, answer.body)
    end,
  }
  t.defer(function() self.httpd:close() end)
  return self
end

--- A cluster with the namespace "team" and WEB in it, a gatekeeper before it, and a runbook.
local function setting(call)
  local dir = t.tmpdir()
  local sim = t.spawn { ALMANAC, "sim", "--kubeconfig", dir .. "/direct", "--with-namespace", "team" }
  local _, url = sim:wait_line "(http://127[%d.:]+)"
  local gate = gatekeeper(url)
  t.write_file(dir .. "/kubeconfig", (t.read_file(dir .. "/direct"):gsub(url, "http://127.0.0.1:" .. gate.httpd:port())))
  local function script(name, text)
    t.write_file(dir .. "/" .. name, 'return runbook { summary = "x", params = {}, run = function()\n' .. text .. "\nend }\n")
  end
  script("setup.lua", string.format('step("set up", function() return k8s.apply(%q) end)', WEB))
  script("change.lua", string.format('step("change it", function() return %s end)', call))
  gate.env = { cwd = dir, env = { KUBECONFIG = dir .. "/kubeconfig" } }
  local code, _, err = t.run({ ALMANAC, "run", "setup.lua" }, gate.env)
  t.eq(code, 0, err)
  gate.writes = 0
  function gate.get(path)
    return json.decode(http.request { url = url .. path }.body)
  end
  return gate
end

--- Runs the change, kills it there, and resumes it; gives the code and text of the resumed run.
local function kill_and_resume(gate, at, ...)
  gate.at = at
  local run = t.spawn({ ALMANAC, "run", "change.lua" }, gate.env)
  while not gate.is_held do gate.changed:wait() end
  run:kill "KILL"
  run:wait()
  gate.at = nil
  return t.run({ ALMANAC, "resume", "--plain", ... }, gate.env)
end

local DEPLOYMENT = "/apis/apps/v1/namespaces/team/deployments/web"
local CONFIG_MAP = "/api/v1/namespaces/team/configmaps/c"

--- call, then what must be true after the resume, then how many writes reach the server when it was
--- killed after the first: an idempotent one is simply done again.
local cases = {
  {
    "apply", [[k8s.apply({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c" }, data = { a = "2" } },
      { namespace = "team" })]],
    function(gate) t.eq(gate.get(CONFIG_MAP).data.a, "2") end, 2,
  },
  {
    "scale", [[k8s.scale("deploy/web", 3, { namespace = "team" })]],
    function(gate) t.eq(gate.get(DEPLOYMENT).spec.replicas, 3) end, 2,
  },
  {
    "restart", [[k8s.restart("deploy/web", { namespace = "team" })]],
    function(gate) t.eq(gate.get(DEPLOYMENT).metadata.generation, 2) end, 1,
  },
  {
    "create", [[k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "new" } }, { namespace = "team" })]],
    function(gate) t.ok(gate.get("/api/v1/namespaces/team/configmaps/new").metadata.uid) end, 1,
  },
  {
    "delete", [[k8s.delete("cm/c", { namespace = "team", wait = false })]],
    function(gate) t.eq(gate.get(CONFIG_MAP).code, 404) end, 1,
  },
}

for _, case in ipairs(cases) do
  local name, call, check, writes = table.unpack(case)
  t.test(name .. ", killed before the server got it: done once", function()
    local gate = setting(call)
    local code, _, err = kill_and_resume(gate, "before")
    t.eq(code, 0, err)
    t.eq(gate.writes, 1)
    check(gate)
  end)

  t.test(name .. ", killed after the server did it: found done, or done again to the same end", function()
    local gate = setting(call)
    local code, _, err = kill_and_resume(gate, "after")
    t.eq(code, 0, err)
    t.eq(gate.writes, writes)
    check(gate)
  end)
end

t.test("a JSON patch that may have been done is asked about, and not done again", function()
  local gate = setting [[k8s.patch("cm/c", { { op = "add", path = "/data/b", value = "2" } },
    { type = "json", namespace = "team" })]]
  local code, _, err = kill_and_resume(gate, "after")
  t.eq(code, 3, err)
  t.has(err, "patch cm/c")
  t.has(err, "--in-doubt redo|done|abort")
  t.eq(gate.writes, 1)
  code, _, err = t.run({ ALMANAC, "resume", "--in-doubt", "done" }, gate.env)
  t.eq(code, 0, err)
  t.eq(gate.writes, 1)
end)

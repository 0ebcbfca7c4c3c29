-- almanac is killed before and after the server carried out each kind of write; the resumed run has
-- every change exactly once, and asks where nobody can tell.
local http = require "native.http"
local httpd = require "native.httpd"
local json = require "native.json"
local t = require "tests.harness"
local task = require "native.task"

local process = require "native.process"
local ALMANAC = process.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

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

--- Passes a watch on, line by line.
local function relay(url, request, response)
  local stream = http.stream { url = url, headers = { Accept = request.headers.accept }, who = "k8s_kill_test" }
  response:start(stream:status(), { ["Content-Type"] = "application/json" })
  for line in function() return (stream:read_line()) end do
    if not response:write(line .. "\n") then break end
  end
  stream:close()
  response:finish()
end

--- A server before the API server. `at` is nil, "before" or "after": where the write number `nth` is held
--- for ever; dry runs are none. `log` has those that went through.
local function gatekeeper(url)
  local self = { writes = 0, came = 0, nth = 1, log = {}, watched = {}, changed = task.condition() }
  local function held()
    self.is_held = true
    self.changed:notify()
    task.sleep(60)
  end
  self.httpd = httpd.listen {
    handler = function(request, response)
      local write = request.method ~= "GET" and not request.query.dryRun
      local target = url .. request.raw_path .. "?" .. (request.raw_query or "")
      if request.query.watch then
        self.watched[request.path] = (self.watched[request.path] or 0) + 1
        self.changed:notify()
        return relay(target, request, response)
      end
      if write then self.came = self.came + 1 end
      local here = write and self.came == self.nth
      if here and self.at == "before" then held() end
      local answer = http.request {
        method = request.method, url = target, body = request.body,
        headers = { ["Content-Type"] = request.headers["content-type"], Accept = request.headers.accept },
      }
      if write then
        self.writes = self.writes + 1
        self.log[self.writes] = request.method .. " " .. request.path
        if here and self.at == "after" then held() end
      end
      response:send(answer.status, { ["Content-Type"] = answer.headers["content-type"] }, answer.body)
    end,
  }
  t.defer(function() self.httpd:close() end)
  return self
end

--- A cluster with the namespace "team" and WEB in it, a gatekeeper before it, and a runbook; `more` is
--- done beforehand.
local function setting(call, more)
  local dir = t.tmpdir()
  local sim = t.spawn { ALMANAC, "sim", "--kubeconfig", dir .. "/direct", "--with-namespace", "team",
    "--ready-time", "0.05" }
  local _, url = sim:wait_line "(http://127[%d.:]+)"
  local gate = gatekeeper(url)
  t.write_file(dir .. "/kubeconfig", (t.read_file(dir .. "/direct"):gsub(url, "http://127.0.0.1:" .. gate.httpd:port())))
  local function script(name, text)
    t.write_file(dir .. "/" .. name, 'return runbook { summary = "x", params = {}, run = function()\n' .. text .. "\nend }\n")
  end
  script("setup.lua", string.format('step("set up", function() k8s.apply(%q)\n%s\nend)', WEB, more or ""))
  script("change.lua", string.format('step("change it", function() return %s end)', call))
  gate.env = { cwd = dir, env = { KUBECONFIG = dir .. "/kubeconfig" } }
  local code, _, err = t.run({ ALMANAC, "run", "setup.lua" }, gate.env)
  t.eq(code, 0, err)
  gate.writes, gate.came, gate.log = 0, 0, {}
  function gate.get(path)
    return json.decode(http.request { url = url .. path }.body)
  end
  --- Changes an object behind the gatekeeper's back.
  function gate.merge(path, patch)
    local answer = http.request {
      method = "PATCH", url = url .. path, body = json.encode(patch),
      headers = { ["Content-Type"] = "application/merge-patch+json" },
    }
    t.eq(answer.status, 200, answer.body)
  end
  return gate
end

--- Runs the change and kills it there.
local function kill(gate, at)
  gate.at, gate.is_held = at, false
  local run = t.spawn({ ALMANAC, "run", "change.lua" }, gate.env)
  while not gate.is_held do gate.changed:wait() end
  run:kill "KILL"
  run:wait()
  gate.at = nil
end

--- Runs the change, kills it there, and resumes it; gives the code and text of the resumed run.
local function kill_and_resume(gate, at, ...)
  kill(gate, at)
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
  { -- done twice it would be back where it was
    "undo", [[k8s.undo("deploy/web", { namespace = "team" })]],
    function(gate) t.has(gate.get(DEPLOYMENT).spec.template.spec.containers[1].image, ":v1.0.0") end, 1, [[
      k8s.rollout("deployment/web", { namespace = "team" })
      k8s.patch("deploy/web", { spec = { template = { spec = { containers = { { name = "web", image = "x:v2" } } } } } },
        { namespace = "team" })
      k8s.rollout("deployment/web", { namespace = "team" })]],
  },
  {
    "evict", [[k8s.evict("pod/alone", { namespace = "team" })]],
    function(gate) t.eq(gate.get("/api/v1/namespaces/team/pods/alone").code, 404) end, 1, [[
      k8s.apply({ apiVersion = "v1", kind = "Pod", metadata = { name = "alone" },
        spec = { containers = { { name = "c", image = "x" } } } }, { namespace = "team" })
      k8s.wait("pod/alone", { namespace = "team", condition = "Ready" })]],
  },
}

for _, case in ipairs(cases) do
  local name, call, check, writes, more = table.unpack(case)
  t.test(name .. ", killed before the server got it: done once", function()
    local gate = setting(call, more)
    local code, _, err = kill_and_resume(gate, "before")
    t.eq(code, 0, err)
    t.eq(gate.writes, 1)
    check(gate)
  end)

  t.test(name .. ", killed after the server did it: found done, or done again to the same end", function()
    local gate = setting(call, more)
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

local NODE = [[
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: node, namespace: team }
spec:
  selector: { matchLabels: { app: node } }
  serviceName: node
  template:
    metadata: { labels: { app: node } }
    spec: { containers: [ { name: node, image: x } ] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
]]

local NODE_CLAIM = "/api/v1/namespaces/team/persistentvolumeclaims/data-node-0"

local function claim_wipe()
  return setting([[k8s.wipe_claims("sts/node", { namespace = "team" })]], string.format(
    'k8s.apply(%q)\nk8s.rollout("statefulset/node", { namespace = "team" })', NODE))
end

--- The claim was deleted once, and the set is back on a new one.
local function check_wiped(gate, before)
  local deletes = 0
  for _, line in ipairs(gate.log) do
    if line == "DELETE " .. NODE_CLAIM then deletes = deletes + 1 end
  end
  t.eq(deletes, 1)
  t.eq(gate.get("/apis/apps/v1/namespaces/team/statefulsets/node").spec.replicas, 1)
  t.eventually("it has a new claim", function()
    local now = gate.get(NODE_CLAIM).metadata
    return now.uid and now.uid ~= before and not now.deletionTimestamp
  end)
end

--- Scale to 0, delete the claim, scale back: killed around each of the three.
for nth = 1, 3 do
  for _, at in ipairs { "before", "after" } do
    t.test("the claim wipe, killed " .. at .. " its write " .. nth .. ": the claim goes once, the set comes back", function()
      local gate = claim_wipe()
      local before = gate.get(NODE_CLAIM).metadata.uid
      gate.nth = nth
      local code, _, err = kill_and_resume(gate, at)
      t.eq(code, 0, err)
      check_wiped(gate, before)
    end)
  end
end

t.test("the claim wipe, killed while the claim goes: it is waited for, and not deleted again", function()
  local gate = claim_wipe()
  local before = gate.get(NODE_CLAIM).metadata
  local finalizers = { "example.com/backup", table.unpack(before.finalizers or {}) }
  gate.merge(NODE_CLAIM, { metadata = { finalizers = finalizers } })
  gate.nth = 2
  kill(gate, "after")
  gate.watched = {}
  local resumed = t.spawn({ ALMANAC, "resume", "--plain" }, gate.env)
  while not gate.watched["/api/v1/namespaces/team/persistentvolumeclaims"] do gate.changed:wait() end
  gate.merge(NODE_CLAIM, { metadata = { finalizers = json.array {} } })
  t.eq(resumed:wait(), 0)
  check_wiped(gate, before.uid)
end)

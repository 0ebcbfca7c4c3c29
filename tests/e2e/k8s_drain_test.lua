-- A node is drained: planned pod by pod, held up by a disruption budget that is named, gone on with by a
-- resume, and taken back.
local http = require "native.http"
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local ALMANAC = process.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

local TEAM = [[
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: team }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: "x/web:v1" } ] }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: team }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec:
      tolerations: [ { operator: Exists } ]
      containers: [ { name: agent, image: "x/agent:v1" } ]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: team }
spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
]]

local function setting()
  local dir = t.tmpdir()
  local sim = t.spawn { ALMANAC, "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", "team", "--ready-time", "0.05" }
  local _, url = sim:wait_line "(http://127[%d.:]+)"
  local self = { env = { cwd = dir, env = { KUBECONFIG = dir .. "/kubeconfig", HOME = dir } } }
  function self.almanac(code, ...)
    local got, out, err = t.run({ ALMANAC, ... }, self.env)
    t.eq(got, code, out .. err)
    return out, err
  end
  function self.script(name, lua, more)
    t.write_file(dir .. "/" .. name .. ".lua", string.format(
      'return runbook { summary = "x", params = {}, %s run = function()\n%s\nend }\n', more or "", lua))
    return name .. ".lua"
  end
  function self.get(path) return json.decode(http.request { url = url .. path }.body) end
  function self.pods()
    local out = {}
    for _, pod in ipairs(self.get "/api/v1/namespaces/team/pods".items) do
      out[pod.metadata.labels.app] = (out[pod.metadata.labels.app] or 0) + (pod.spec.nodeName and 1 or 0)
    end
    return out
  end
  self.almanac(0, "run", "--no-ask", self.script("setup", string.format([[
    step("set up", function()
      k8s.apply(%q)
      k8s.rollout("deployment/web", { namespace = "team" })
      k8s.rollout("daemonset/agent", { namespace = "team" })
    end)
    step("by selector", function()
      local ready = k8s.wait("pods", { namespace = "team", selector = { app = "web" }, condition = "Ready" })
      if #ready ~= 1 then error "one pod" end
    end)]], TEAM)))
  self.node = self.get "/api/v1/nodes".items[1].metadata.name
  return self
end

t.test("a budget holds up a drain and is named; a resume goes on; the way back is uncordon", function()
  local cluster = setting()
  local file = cluster.script("drain", string.format(
    'step("drain", function() return k8s.drain(%q, { timeout = "3s" }) end)', cluster.node))
  local plan = cluster.almanac(2, "plan", file)
  t.has(plan, "cordon node/" .. cluster.node)
  t.has(plan, "evicted, as soon as its budget allows: The disruption budget web needs 1 healthy pods and has 1 currently")
  t.ok(not plan:find("evict pod/agent", 1, true), plan)
  t.eq(cluster.get("/api/v1/nodes/" .. cluster.node).spec.unschedulable, nil)

  local _, err = cluster.almanac(1, "run", "--no-ask", file)
  t.has(err, "allows no eviction: pod team/web-")
  t.has(err, "The disruption budget web needs 1 healthy pods and has 1 currently")
  t.has(err, "stays: team/agent-")
  t.eq(cluster.get("/api/v1/nodes/" .. cluster.node).spec.unschedulable, true)
  t.eq(cluster.pods(), { web = 1, agent = 1 })

  cluster.almanac(0, "run", "--no-ask", cluster.script("free",
    'step("free", function() k8s.delete("poddisruptionbudget.policy/web", { namespace = "team" }) end)'))
  cluster.almanac(0, "resume", (err:match "almanac resume (drain[%w-]+)"), "--no-ask")
  t.eq(cluster.pods(), { web = 0, agent = 1 })

  cluster.almanac(0, "rollback", (err:match "almanac resume (drain[%w-]+)"), "--no-ask")
  t.eq(cluster.get("/api/v1/nodes/" .. cluster.node).spec.unschedulable, nil)
  t.eventually("the pod has a node again", function() return cluster.pods().web == 1 end)
end)

t.test("a node that was cordoned before stays so on the way back; allow names nodes", function()
  local cluster = setting()
  cluster.almanac(0, "run", "--no-ask", cluster.script("cordon", string.format(
    'step("cordon", function() k8s.cordon(%q) end)', cluster.node)))
  local _, err = cluster.almanac(1, "run", "--no-ask", cluster.script("again", string.format(
    'step("cordon", function() k8s.cordon(%q) end)\nstep("fails", function() error "x" end)', "node/" .. cluster.node)))
  cluster.almanac(0, "rollback", (err:match "almanac rollback (%S+)"), "--no-ask")
  t.eq(cluster.get("/api/v1/nodes/" .. cluster.node).spec.unschedulable, true)

  local uncordon = string.format('step("uncordon", function() k8s.uncordon(%q) end)', cluster.node)
  local _, refused = cluster.almanac(1, "run", "--no-ask", cluster.script("refused", uncordon, 'allow = { k8s = { "team" } },'))
  t.has(refused, string.format('may not touch k8s "node/%s"', cluster.node))
  cluster.almanac(0, "run", "--no-ask", cluster.script("allowed", uncordon, 'allow = { k8s = { "node/*" } },'))
  t.eq(cluster.get("/api/v1/nodes/" .. cluster.node).spec.unschedulable, nil)
end)

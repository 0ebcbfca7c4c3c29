-- Runs that are bound to a plan, on one simulated cluster: what a run changed itself is no moved ground, an
-- effect of several effects is planned as one, and what a rollout may heal is planned with it.
local process = require "native.process"
local t = require "tests.harness"

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
    spec: { containers: [ { name: web, image: "x/web:v1" } ] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: node, namespace: team }
spec:
  selector: { matchLabels: { app: node } }
  serviceName: node
  template:
    metadata: { labels: { app: node } }
    spec: { containers: [ { name: node, image: "x/node:v1" } ] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
]]

--- A cluster with WEB in it. `run(code, name, lua)` runs a runbook of one step, `bound` with a plan of it.
local function setting(...)
  local dir = t.tmpdir()
  local sim = t.spawn { ALMANAC, "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", "team", "--ready-time", "0.05", ... }
  sim:wait_line "(http://127[%d.:]+)"
  local self = { env = { cwd = dir, env = { KUBECONFIG = dir .. "/kubeconfig", HOME = dir } } }
  function self.almanac(code, ...)
    local got, out, err = t.run({ ALMANAC, ... }, self.env)
    t.eq(got, code, out .. err)
    return out, err
  end
  function self.script(name, lua)
    t.write_file(dir .. "/" .. name .. ".lua", 'return runbook { summary = "x", params = {}, run = function()\n' .. lua .. "\nend }\n")
    return name .. ".lua"
  end
  function self.run(code, name, lua) return self.almanac(code, "run", "--no-ask", self.script(name, lua)) end
  function self.bound(code, name, lua)
    local file = self.script(name, lua)
    local plan = self.almanac(2, "plan", "-o", "plan.json", file)
    return plan, select(2, self.almanac(code, "run", "--no-ask", "--plan", "plan.json"))
  end
  self.run(0, "setup", string.format([[
    step("set up", function()
      k8s.apply(%q)
      k8s.rollout("deployment/web", { namespace = "team" })
      k8s.rollout("statefulset/node", { namespace = "team" })
    end)]], WEB))
  return self
end

t.test("scale, restart and patch of one Deployment in one planned run", function()
  local cluster = setting()
  local _, err = cluster.bound(0, "three", [[
    step("scale", function() k8s.scale("deploy/web", 2, { namespace = "team" }) end)
    step("restart", function() k8s.restart("deployment/web", { namespace = "team" }) end)
    step("patch", function() k8s.patch("deployments/web", { spec = { template = { spec = { containers = {
      { name = "web", image = "x/web:v2" } } } } } }, { namespace = "team" }) end)
    step("scale back", function() k8s.scale("deployment/web", 1, { namespace = "team" }) end)]])
  t.has(err, "done")
end)

t.test("a run that waited for an answer goes on over its own scale, patch and creation", function()
  local cluster = setting()
  local function half(replicas, image, value)
    return string.format([[
    step("scale %s", function() k8s.scale("deployment/web", %d, { namespace = "team" }) end)
    step("patch %s", function() k8s.patch("statefulset/node", { spec = { template = { spec = { containers = {
      { name = "node", image = %q } } } } } }, { namespace = "team" }) end)
    step("apply %s", function() k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c", namespace = "team" },
      data = { a = %q } } end)]], value, replicas, value, image, value, value)
  end
  local file = cluster.script("halves", half(2, "x/node:v2", "new") .. '\nconfirm "go on"\n' .. half(3, "x/node:v3", "newer"))
  cluster.almanac(2, "plan", "-o", "plan.json", file)
  local _, err = cluster.almanac(3, "run", "--no-ask", "--plan", "plan.json")
  local id = err:match "approve (%S+)"
  cluster.almanac(0, "approve", id)
  _, err = cluster.almanac(0, "resume", "--no-ask", id)
  t.has(err, "is done")
end)

t.test("somebody else's scale is still a moved ground, and what to do next are commands", function()
  local cluster = setting()
  local file = cluster.script("scale", 'step("scale", function() k8s.scale("deploy/web", 2, { namespace = "team" }) end)')
  cluster.almanac(2, "plan", "-o", "plan.json", file)
  cluster.run(0, "other", 'step("scale", function() k8s.scale("deployment/web", 5, { namespace = "team" }) end)')
  local _, err = cluster.almanac(3, "run", "--no-ask", "--plan", "plan.json")
  t.has(err, "deployment/web in team: replicas has changed")
  t.has(err, "planned on: 1")
  local id = err:match "almanac resume (%S+) %-%-without%-plan"
  t.ok(id, err)
  t.has(err, "almanac rollback " .. id)
  t.ok(not err:find "for what is left", err)
end)

t.test("a claim wipe in a planned run: its parts belong to it", function()
  local _, err = setting().bound(0, "wipe", [[
    step("wipe", function() k8s.wipe_claims("sts/node", { namespace = "team" }) end)
    step("ready", function() k8s.rollout("statefulset/node", { namespace = "team" }) end)]])
  t.has(err, "done")
end)

t.test("a claim that came since the plan is not wiped with the planned ones", function()
  local cluster = setting()
  local file = cluster.script("wipe", 'step("wipe", function() k8s.wipe_claims("sts/node", { namespace = "team" }) end)')
  cluster.almanac(2, "plan", "-o", "plan.json", file)
  cluster.run(0, "more", [[step("a claim", function() k8s.apply { apiVersion = "v1", kind = "PersistentVolumeClaim",
    metadata = { name = "data-node-7", namespace = "team" },
    spec = { accessModes = { "ReadWriteOnce" }, resources = { requests = { storage = "1Gi" } } } } end)]])
  local _, err = cluster.almanac(3, "run", "--no-ask", "--plan", "plan.json")
  t.has(err, "persistentvolumeclaim/data-node-7 is not in the plan")
  cluster.run(0, "look", 'step("it is there", function() k8s.get("pvc/data-node-7", { namespace = "team" }) end)')
end)

t.test("a rollout that may heal is planned so, and heals in the planned run", function()
  local cluster = setting("--backoff", "0.2")
  cluster.run(0, "break", [[
    step("a bad image", function() k8s.patch("statefulset/node", { spec = { template = { spec = { containers = {
      { name = "node", image = "x/node:v2-crash" } } } } } }, { namespace = "team" }) end)
    step("it crashes", function() k8s.wait("pod/node-0", { namespace = "team", timeout = "30s", what = "crashes",
      check = function(pod)
        local status = (pod.status.containerStatuses or {})[1]
        return status and status.state.waiting and status.state.waiting.reason == "CrashLoopBackOff"
      end }) end)]])
  local back = [[
    step("back", function() k8s.undo("statefulset/node", { namespace = "team" }) end)
    step("ready", function() k8s.rollout("statefulset/node", { namespace = "team", heal = true }) end)]]
  local plan, err = cluster.bound(0, "back", back)
  t.has(plan, "would delete a pod of an older revision")
  t.has(err, "waits for pod node-0")
end)

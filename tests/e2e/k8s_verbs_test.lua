-- The verbs of k8s in real runs, on one simulated cluster: undo, evict, the claim wipe, top, waits; their
-- plans, and what takes them back. The real kubectl says the same of the cluster.
local http = require "native.http"
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local ALMANAC = process.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"
local DEPS = process.cwd() .. "/.deps/bin/"

local function workload(kind, name, rest)
  return string.format([[
apiVersion: apps/v1
kind: %s
metadata: { name: %s, namespace: team }
spec:
  selector: { matchLabels: { app: %s } }
  template:
    metadata: { labels: { app: %s } }
    spec: { containers: [ { name: main, image: "ghcr.io/x/%s:v1" } ] }
%s---
]], kind, name, name, name, name, rest or "")
end

local WEB = workload("Deployment", "web", "  replicas: 2\n")
local AGENT = workload("DaemonSet", "agent")
local NODE = workload("StatefulSet", "node", [[
  replicas: 2
  serviceName: node
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
]])
local BUDGET = [[
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: team }
spec: { minAvailable: 2, selector: { matchLabels: { app: web } } }
]]

--- "apps/statefulsets/node", "pods?labelSelector=app%3Dweb"
local function path_of(what)
  local group, rest = what:match "^(%a+)/(.*)$"
  if group == "apps" or group == "policy" then return "/apis/" .. group .. "/v1/namespaces/team/" .. rest end
  return "/api/v1/namespaces/team/" .. what
end

--- A cluster with the manifest in it, rolled out; runbooks are written and run beside it.
local function start(manifest, refs)
  local world = { dir = t.tmpdir() }
  world.sim = t.spawn { ALMANAC, "sim", "--kubeconfig", world.dir .. "/kubeconfig", "--with-namespace", "team",
    "--ready-time", "0.05", "--request-log", world.dir .. "/requests" }
  local _, url = world.sim:wait_line "api=(%S+)"
  world.env = { cwd = world.dir, env = { KUBECONFIG = world.dir .. "/kubeconfig", HOME = world.dir } }
  function world.almanac(...) return t.run({ ALMANAC, ... }, world.env) end
  function world.kubectl(name, words)
    local argv = { DEPS .. name, "--namespace", "team" }
    for word in words:gmatch "%S+" do argv[#argv + 1] = word end
    return t.must(argv, world.env)
  end
  function world.get(what) return json.decode(http.request { url = url .. path_of(what) }.body) end
  function world.patch(what, patch)
    local answer = http.request { method = "PATCH", url = url .. path_of(what), body = json.encode(patch),
      headers = { ["Content-Type"] = "application/strategic-merge-patch+json" } }
    t.eq(answer.status, 200, answer.body)
  end
  function world.script(name, text)
    t.write_file(world.dir .. "/" .. name .. ".lua",
      'return runbook { summary = "x", params = {}, run = function()\n' .. text .. "\nend }\n")
  end
  --- Writes a runbook and runs it; gives its standard error.
  function world.run(name, text)
    world.script(name, text)
    local code, _, err = world.almanac("run", name .. ".lua")
    t.eq(code, 0, err)
    return err
  end
  --- Takes back the run that printed this: others in the journal could be meant too.
  function world.roll_back(printed) return world.almanac("rollback", (printed:match "almanac resume (%S-)%)")) end
  local waits = {}
  for i, ref in ipairs(refs) do waits[i] = string.format('k8s.rollout(%q, { namespace = "team", timeout = "20s" })', ref) end
  world.run("setup", string.format('step("set up", function()\nk8s.apply(%q)\n%s\nend)', manifest,
    table.concat(waits, "\n")))
  return world
end

t.test("undo: each kind goes back, forward again by a rollback, and kubectl reads the same history", function()
  local refs = { "deployment/web", "daemonset/agent", "statefulset/node" }
  local world = start((WEB .. AGENT .. NODE):gsub("replicas: 2", "replicas: 1"), refs)
  local function path(ref) return "apps/" .. ref:gsub("/", "s/") end
  local function image(ref) return world.get(path(ref)).spec.template.spec.containers[1].image:match ":(.*)" end
  for i, ref in ipairs(refs) do
    world.patch(path(ref), { spec = { template = { spec = { containers = { { name = "main", image = "ghcr.io/x/main:v2" } } } } } })
    world.run("wait", string.format('step("wait", function() k8s.rollout(%q, { namespace = "team" }) end)', ref))
    world.script("undo", string.format([[
step("go back", function() return k8s.undo(%q, { namespace = "team", observed = true }) end)
step("wait", function() k8s.rollout(%q, { namespace = "team", timeout = "20s" }) end)
]], ref, ref))
    local code, plan = world.almanac("plan", "undo.lua")
    t.eq(code, 2, plan)
    t.has(plan, "take " .. ref .. " back to the revision before")
    t.has(plan, "main:v2 → ghcr.io/x/" .. ref:match "/(.*)" .. ":v1")
    t.eq(image(ref), "v2", "a plan changes nothing")
    local _, err
    code, _, err = world.almanac("run", "undo.lua")
    t.eq(code, 0, err)
    t.eq(image(ref), "v1")
    local kubectl = i % 2 == 1 and "kubectl31" or "kubectl34"
    local history = world.kubectl(kubectl, "rollout history " .. ref)
    t.has(history, "\n3 ", "renumbered")
    t.lacks(history, "\n1 ")
    code, _, err = world.roll_back(err)
    t.eq(code, 0, err)
    t.eq(image(ref), "v2")
    world.kubectl(kubectl, "rollout undo " .. ref .. " --to-revision=3")
    t.eq(image(ref), "v1")
  end
end)

t.test("undo right after a change goes back by one: the controller has not made the newest revision yet", function()
  local world = start(WEB, { "deployment/web" })
  local function change(version)
    return string.format([[k8s.patch("deployment/web", { spec = { template = { metadata = { annotations = { v = %q } } } } },
  { namespace = "team" })]], version)
  end
  world.run("twice", string.format([[
step("change", function()
  %s
  k8s.rollout("deployment/web", { namespace = "team" })
end)
step("change again and regret it", function()
  %s
  local undone = k8s.undo("deployment/web", { namespace = "team" })
  assert(undone.from == 3 and undone.to == 2, undone.from)
end)]], change "2", change "3"))
  t.eq(world.get("apps/deployments/web").spec.template.metadata.annotations, { v = "2" })
end)

t.test("a rollback deletes what was created, that very object, and scales back", function()
  local world = start(WEB, { "deployment/web" })
  local printed = world.run("change", [[
step("change", function()
  k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "new" } }, { namespace = "team" })
  k8s.scale("deployment/web", 3, { namespace = "team" })
end)]])
  t.eq(world.get("apps/deployments/web").spec.replicas, 3)
  t.ok(world.get("configmaps/new").metadata.uid)
  local code, _, err = world.roll_back(printed)
  t.eq(code, 0, err)
  t.eq(world.get("apps/deployments/web").spec.replicas, 2)
  t.eq(world.get("configmaps/new").code, 404)
end)

t.test("a rollback says of an object that it made once more that it is another one", function()
  local world = start(WEB, { "deployment/web" })
  local manifest = '{ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "kept", namespace = "team" }, data = { a = "b" } }'
  world.run("before", 'step("make", function() k8s.apply(' .. manifest .. ") end)")
  local printed = world.run("change", 'step("take away", { undo = function() k8s.apply(' .. manifest .. [[) end }, function()
    k8s.delete("configmap/kept", { namespace = "team" }) end)]])
  local code, _, err = world.roll_back(printed)
  t.eq(code, 0, err)
  t.has(err, "configmap/kept was gone: it is made anew, with what it is given here")
  t.eq(world.get("configmaps/kept").data, { a = "b" })
  t.lacks(world.run("again", 'step("make", function() k8s.apply(' .. manifest .. ") end)"), "made anew")
end)

t.test("evict: the budget's words, the wait for it, the one pod by its uid", function()
  local world = start(WEB .. BUDGET, { "deployment/web" })
  local pod = world.get("pods?labelSelector=app%3Dweb").items[1].metadata
  local call = string.format('k8s.evict("pod/%s", { namespace = "team", uid = %q, timeout = ', pod.name, pod.uid)
  world.script("impatient", 'step("evict", function() return ' .. call .. '"0.2s" }) end)')
  local code, out, err = world.almanac("run", "impatient.lua", "--plain")
  t.eq(code, 1, out .. err)
  local words = err:match("\n(✗ k8s%.evict.-\n)  go on")
  words = words:gsub((pod.uid:gsub("%-", "%%-")), "UID"):gsub((pod.name:gsub("%-", "%%-")), "web-x")
  t.golden("k8s/evict_refused", words)
  t.eq(world.get("pods/" .. pod.name).metadata.deletionTimestamp, nil)

  world.script("patient", 'step("evict", function() return ' .. call .. '"20s" }) end)')
  code, out = world.almanac("plan", "patient.lua")
  t.eq(code, 2, out)
  t.has(out, "evicted, as soon as its budget allows: The disruption budget web needs 2 healthy pods and has 2 currently")
  local run = t.spawn({ ALMANAC, "run", "patient.lua", "--plain" }, world.env)
  run:wait_line "waits for up to 20s"
  world.patch("apps/deployments/web", { spec = { replicas = 3 } })
  t.eq(run:wait(), 0)
  local budget = world.get("policy/poddisruptionbudgets/web").status
  t.eq({ budget.desiredHealthy, budget.expectedPods ~= nil }, { 2, true })
  for _, other in ipairs(world.get("pods?labelSelector=app%3Dweb").items) do t.ok(other.metadata.uid ~= pod.uid, "it is gone") end
  world.run("again", 'step("evict", function() return ' .. call .. '"1s" }) end)') -- that one is gone already
end)

t.test("the claim wipe: the wrong order hangs, ours does not, its plan says what goes", function()
  local world = start(NODE, { "statefulset/node" })
  local function claims()
    local out = {}
    for _, claim in ipairs(world.get("persistentvolumeclaims").items) do out[claim.metadata.name] = claim.metadata end
    return out
  end
  local before = claims()
  world.script("wrong", [[
step("wipe", function() k8s.delete("pvc/data-node-1", { namespace = "team", timeout = "0.3s" }) end)
]])
  local code, _, err = world.almanac("run", "wrong.lua", "--plain")
  t.eq(code, 1, err)
  t.golden("k8s/claim_held", err:match "\n(✗ k8s%.wait.-\n)  go on")
  t.ok(claims()["data-node-1"].deletionTimestamp, "it hangs on its finalizer")

  world.script("wipe", [[
step("wipe", function() return k8s.wipe_claims("statefulset/node", { namespace = "team", timeout = "20s" }) end)
step("wait", function() k8s.rollout("statefulset/node", { namespace = "team", timeout = "20s" }) end)
]])
  local plan
  code, plan = world.almanac("plan", "wipe.lua")
  t.eq(code, 2, plan)
  t.golden("k8s/wipe_plan", plan)
  t.eq(world.get("apps/statefulsets/node").spec.replicas, 2)
  code, _, err = world.almanac("run", "wipe.lua", "--plain")
  t.eq(code, 0, err)
  local after = claims()
  for _, name in ipairs { "data-node-0", "data-node-1" } do
    t.ok(after[name].uid ~= before[name].uid, name .. " is a new one")
    t.eq(after[name].deletionTimestamp, nil)
  end
  t.eq(world.get("apps/statefulsets/node").status.readyReplicas, 2)
  local generation = world.get("apps/statefulsets/node").metadata.generation
  local rolled, _, said = world.roll_back(err)
  t.eq(rolled, 1)
  t.has(said, "nothing takes back")
  t.eq(world.get("apps/statefulsets/node").metadata.generation, generation, "its parts are not taken back alone")

  -- A pod of somebody else would hold a claim for ever: refused before anything happens.
  t.must({ DEPS .. "kubectl34", "--namespace", "team", "apply", "-f", "-" }, { env = world.env.env, stdin = json.encode {
    apiVersion = "v1", kind = "Pod", metadata = { name = "look" }, spec = {
      containers = { { name = "sh", image = "x" } },
      volumes = { { name = "d", persistentVolumeClaim = { claimName = "data-node-0" } } },
    },
  } })
  code, plan = world.almanac("plan", "wipe.lua")
  t.eq(code, 1, plan)
  t.has(plan, "pod/look, which is not of statefulset/node, uses the claim data-node-0: it would never go")
  code, _, err = world.almanac("run", "wipe.lua", "--plain")
  t.eq(code, 1, err)
  t.has(err, "end that pod first")
  t.eq(world.get("apps/statefulsets/node").spec.replicas, 2)
end)

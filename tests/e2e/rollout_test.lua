-- k8s.rollout against the simulated cluster: every kind, every way to fail, the trap and its healing.
local k8s = require "almanac.public.k8s"
local k8s_client = require "almanac.k8s.client"
local execute = require "almanac.run.mode.execute"
local runs = require "almanac.journal.run"
local settings = require "almanac.config.settings"
local step = require "almanac.run.step"
local t = require "tests.harness"
local task = require "native.task"

local build = (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"
local NS = "animica-devnet"

local function cluster(...)
  local dir = t.tmpdir()
  local sim = t.spawn { build, "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", NS, "--ready-time",
    "0.05", "--backoff", "1", ... }
  sim:wait_line "http"
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
end

local function template(tag, extra)
  return string.format([[
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: main, image: "ghcr.io/x/web:%s",
      readinessProbe: { httpGet: { path: /readyz, port: 80 }, periodSeconds: 1 } } ] %s }
]], tag, extra or "")
end

local function deployment(tag, more)
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: 1\n" .. (more or "")
    .. template(tag)
end

local function statefulset(tag)
  return "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: web }\nspec:\n  replicas: 1\n  serviceName: web\n"
    .. template(tag)
end

local GOOD, BETTER, CRASH, MISSING = "v1.0.0-abc1234", "v1.0.1-abc1235", "v1.0.2-dead001", "v1.0.3-404404a"

--- Runs fn as a step of a run; progress and effects are kept.
local function in_step(fn)
  local run = runs.unrecorded({}, execute)
  local seen = { progress = {}, intents = {} }
  run:observe(function(event)
    if event.kind == "progress" then seen.progress[#seen.progress + 1] = event.data.text end
    if event.kind == "effect.intent" then seen.intents[#seen.intents + 1] = event.data.title end
  end)
  local handle = task.spawn(function()
    return task.with({ context = { run = run } }, step.run, "it", {}, fn)
  end)
  local ok, result = handle:join()
  if not ok then error(result, 0) end
  return result, seen
end

local function apply_and_follow(manifest, opts)
  opts = opts or {}
  opts.namespace, opts.timeout = NS, opts.timeout or "50s"
  return in_step(function()
    local made = k8s.apply(manifest, { namespace = NS })
    return k8s.rollout(made[1].kind:lower() .. "/web", opts)
  end)
end

t.test("a Deployment, then its next version", function()
  cluster()
  local r = apply_and_follow(deployment(GOOD))
  t.eq(r.message, 'deployment "web" successfully rolled out')
  r = apply_and_follow(deployment(BETTER))
  t.eq(r.generation, 2)
  t.eq(k8s.get("deployment/web", { namespace = NS }).status.updatedReplicas, 1)
end)

t.test("a crash loop of a Deployment fails it, with the log, long before the timeout", function()
  cluster()
  apply_and_follow(deployment(GOOD))
  local before = task.now()
  local err = t.raises("rollout", apply_and_follow, deployment(CRASH))
  t.eq({ err.reason, err.container, err.workload }, { "CrashLoopBackOff", "main", "deployment/web" })
  t.has(err.message, "deployment/web cannot become ready: pod web-")
  t.has(err.message, "container main: CrashLoopBackOff, exit code ")
  t.ok(err.logs and #err.logs > 0, "the container's last lines")
  t.ok(task.now() - before < 20, "not at the timeout")
  local r = apply_and_follow(deployment(GOOD))
  t.eq(r.message, 'deployment "web" successfully rolled out', "back again, the broken pods are of no account")
end)

t.test("a missing image fails it, with the registry's words", function()
  cluster()
  local err = t.raises("rollout", apply_and_follow, deployment(MISSING))
  t.eq(err.reason, "ImagePullBackOff")
  t.has(err.message, MISSING)
  t.has(err.hint, "is the tag right")
end)

t.test("a probe that fails is named at the timeout", function()
  cluster("--fault", "notready=web")
  local err = t.raises("rollout", apply_and_follow, deployment(GOOD), { timeout = "4s" })
  t.has(err.message, "deployment/web was not ready within 4s: 0 of 1 updated replicas are available")
  t.eq(err.reason, "ProbeFailing")
end)

t.test("what no node takes is named at the timeout", function()
  cluster("--fault", "unschedulable=web")
  local err = t.raises("rollout", apply_and_follow, deployment(GOOD), { timeout = "2s" })
  t.eq(err.reason, "Unschedulable")
  t.has(err.message, "nodes are available")
end)

t.test("the progress deadline ends it", function()
  cluster("--fault", "notready=web")
  -- Long enough for the pod to be running by then, on a slow machine too: its probe is what is told.
  local err = t.raises("rollout", apply_and_follow, deployment(GOOD, "  progressDeadlineSeconds: 4\n"))
  t.has(err.message, "exceeded its progress deadline; pod web-")
end)

t.test("a StatefulSet that rollback does not heal: found, explained, healed", function()
  cluster()
  apply_and_follow(statefulset(GOOD))
  local err = t.raises("rollout", apply_and_follow, statefulset(CRASH))
  t.eq({ err.reason, err.pod }, { "CrashLoopBackOff", "web-0" })
  err = t.raises("rollout", apply_and_follow, statefulset(GOOD))
  t.has(err.message, 'statefulset "web" waits for pod web-0')
  t.has(err.hint, "kubectl -n animica-devnet delete pod web-0")
  local uid = k8s.get("pod/web-0", { namespace = NS }).metadata.uid
  local r, seen = apply_and_follow(statefulset(GOOD), { heal = true })
  t.eq(r.healed, { "web-0" })
  t.eq(#seen.intents, 2, "the apply and one delete")
  local pod = k8s.get("pod/web-0", { namespace = NS })
  t.ok(pod.metadata.uid ~= uid, "the broken pod is gone")
  t.eq(pod.status.containerStatuses[1].ready, true)
end)

t.test("what does not exist is said at once", function()
  cluster()
  local err = t.raises("not_found", in_step, function() return k8s.rollout("deployment/none", { namespace = NS }) end)
  t.has(err.message, "there is no deployment/none in namespace animica-devnet")
end)

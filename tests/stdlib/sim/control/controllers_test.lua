-- The simulated cluster's controllers and node under a clock of the test's own.
local t = require "tests.harness"
local support = require "tests.stdlib.sim.control.support"
local value = require "almanac.sim.model.value"

local NS = support.NS
local new, template, deployment, statefulset = support.new, support.template, support.deployment, support.statefulset
local set_image, done, condition, reasons = support.set_image, support.done, support.condition, support.reasons
local DEPLOYMENTS, SETS, STS = "apps/v1/deployments", "apps/v1/replicasets", "apps/v1/statefulsets"

t.test("a Deployment comes up, with revision, conditions and events", function()
  local c = new()
  c.store:create(DEPLOYMENTS, deployment("web", "v1", 3))
  t.eq(value.dig(c.get(DEPLOYMENTS, "web"), "status", "observedGeneration"), nil, "observed only later")
  c.run_until("three replicas", function() return done(c, "web") end)
  local d = c.get(DEPLOYMENTS, "web")
  t.eq(d.metadata.annotations["deployment.kubernetes.io/revision"], "1")
  t.eq(d.metadata.generation, 1, "the controller's own writes do not count")
  t.eq(condition(d, "Progressing").reason, "NewReplicaSetAvailable")
  t.eq(condition(d, "Available").reason, "MinimumReplicasAvailable")
  local pod = c.pods("app=web")[1]
  t.eq(pod.status.phase, "Running")
  t.eq(pod.status.containerStatuses[1].ready, true)
  local rs = c.store:list(SETS, NS)[1]
  t.eq(condition(d, "Progressing").message, ('ReplicaSet "%s" has successfully progressed.'):format(rs.metadata.name))
  t.eq(reasons(c, "web").ScalingReplicaSet.message, ("Scaled up replica set %s from 0 to 3"):format(rs.metadata.name))
  local seen = reasons(c, pod.metadata.name)
  t.ok(seen.Scheduled and seen.Pulled and seen.Created and seen.Started, "the pod's events")
end)

t.test("a rolling update keeps what maxUnavailable demands, and rolls back to the old set", function()
  local c = new()
  c.store:create(DEPLOYMENTS, deployment("web", "v1", 4))
  c.run_until("up", function() return done(c, "web") end)
  local first = c.store:list(SETS, NS)[1]
  local fewest, most = 99, 0
  c.store:subscribe(function()
    local ready, total = 0, 0
    for _, p in ipairs(c.pods("app=web")) do
      if not p.metadata.deletionTimestamp then
        total = total + 1
        local r = condition(p, "Ready")
        if r and r.status == "True" then ready = ready + 1 end
      end
    end
    fewest, most = math.min(fewest, ready), math.max(most, total)
  end)
  set_image(c, DEPLOYMENTS, "web", "v2")
  t.ok(not done(c, "web"), "the old generation is not taken for the new")
  c.run_until("v2", function() return done(c, "web") end)
  t.ok(fewest >= 3, "never below replicas - maxUnavailable, was " .. fewest)
  t.ok(most <= 5, "never above replicas + maxSurge, was " .. most)
  t.eq(#c.store:list(SETS, NS), 2)
  set_image(c, DEPLOYMENTS, "web", "v1")
  c.run_until("v1 again", function() return done(c, "web") end)
  t.eq(#c.store:list(SETS, NS), 2, "the first set is taken up again")
  local notes = c.get(SETS, first.metadata.name).metadata.annotations
  t.eq(notes["deployment.kubernetes.io/revision"], "3")
  t.eq(notes["deployment.kubernetes.io/revision-history"], "1")
  t.eq(c.get(DEPLOYMENTS, "web").metadata.annotations["deployment.kubernetes.io/revision"], "3")
end)

t.test("a crashing image backs off, and the Deployment passes its deadline", function()
  local c = new()
  c.store:create(DEPLOYMENTS, deployment("web", "v1"))
  c.run_until("up", function() return done(c, "web") end)
  set_image(c, DEPLOYMENTS, "web", "v0.6.0-dead123")
  local broken
  c.run_until("crash loop", function()
    for _, p in ipairs(c.pods("app=web")) do
      local s = value.dig(p, "status", "containerStatuses", 1)
      if value.dig(s, "state", "waiting", "reason") == "CrashLoopBackOff" then broken = p end
    end
    return broken
  end)
  local s = broken.status.containerStatuses[1]
  t.eq(s.restartCount, 1)
  t.eq(s.lastState.terminated.exitCode, 1)
  t.eq(s.lastState.terminated.reason, "Error")
  t.eq(s.state.waiting.message, ("back-off 10s restarting failed container=main pod=%s_devnet(%s)"):format(
    broken.metadata.name, broken.metadata.uid))
  t.eq(condition(broken, "Ready").message, "containers with unready status: [main]")
  c.run(45)
  local back = reasons(c, broken.metadata.name, "Warning")
  t.ok(back.BackOff.count > 1, "counted, not repeated")
  t.ok(back.Unhealthy.message:find("connection refused", 1, true), "the probe fails too")
  local d = c.get(DEPLOYMENTS, "web")
  t.eq(condition(d, "Progressing").reason, "ProgressDeadlineExceeded")
  t.eq(d.status.availableReplicas, 1, "the old pod still serves")
  local lines = c.logs:read(broken, "main", { previous = true })
  t.ok(lines[#lines].text:find("panic", 1, true), "last words: " .. lines[#lines].text)
  set_image(c, DEPLOYMENTS, "web", "v1")
  c.run_until("healed", function() return done(c, "web") end)
end)

t.test("a missing image, a failing probe and no room are each told apart", function()
  local c = new()
  c.store:create(DEPLOYMENTS, deployment("gone", "v9-missing"))
  c.store:create(DEPLOYMENTS, deployment("sick", "v9-notready"))
  t.ok(c.faults:change { "unschedulable=big" })
  c.store:create(DEPLOYMENTS, deployment("big", "v1"))
  c.run(5)
  local waiting = c.pods("app=gone")[1].status.containerStatuses[1].state.waiting
  t.eq(waiting.reason, "ImagePullBackOff")
  t.ok(waiting.message:find('Back-off pulling image "ghcr.io/animica/gone:v9-missing": ErrImagePull', 1, true))
  local sick = c.pods("app=sick")[1]
  t.eq(sick.status.phase, "Running")
  t.eq(sick.status.containerStatuses[1].ready, false)
  local unhealthy = reasons(c, sick.metadata.name).Unhealthy
  t.eq(unhealthy.message, "Readiness probe failed: HTTP probe failed with statuscode: 503")
  t.ok(unhealthy.count >= 3)
  local big = c.pods("app=big")[1]
  t.eq(condition(big, "PodScheduled").reason, "Unschedulable")
  t.ok(reasons(c, big.metadata.name).FailedScheduling)
  t.ok(c.faults:change({}, { "unschedulable=big" }))
  c.run_until("placed", function() return done(c, "big") end)
end)

t.test("rolling back a crashing StatefulSet does not heal it; deleting the pod does", function()
  local c = new()
  c.store:create(STS, statefulset("node", "v1"))
  local function ready()
    local s = c.get(STS, "node")
    return value.dig(s, "status", "readyReplicas") == 1 and s.status.observedGeneration == s.metadata.generation
      and s.status.currentRevision == s.status.updateRevision and s.status.updatedReplicas == 1
  end
  c.run_until("up", ready)
  local good = c.get(STS, "node").status.currentRevision
  local pod = c.pods("app=node")[1]
  t.eq(pod.metadata.labels["apps.kubernetes.io/pod-index"], "0")
  t.eq(pod.spec.volumes[1].persistentVolumeClaim.claimName, "data-node-0")
  t.eq(c.get("v1/persistentvolumeclaims", "data-node-0").status.phase, "Bound")
  set_image(c, STS, "node", "v0.6.0-cra5hed")
  c.run_until("crash loop", function()
    local p = c.pods("app=node")[1]
    return value.dig(p, "status", "containerStatuses", 1, "state", "waiting", "reason") == "CrashLoopBackOff"
  end)
  local bad = c.get(STS, "node").status.updateRevision
  t.ok(bad ~= good)
  local broken = c.pods("app=node")[1]
  set_image(c, STS, "node", "v1")
  c.run(40)
  local s = c.get(STS, "node")
  t.eq(s.status.updateRevision, good, "the spec is rolled back")
  t.eq(s.status.observedGeneration, s.metadata.generation)
  t.eq(s.status.readyReplicas, nil, "and nothing is healed")
  t.eq(c.pods("app=node")[1].metadata.uid, broken.metadata.uid, "the broken pod is still there")
  c.store:delete("v1/pods", NS, "node-0")
  c.run_until("healed", ready)
  t.eq(c.pods("app=node")[1].metadata.labels["controller-revision-hash"], good)
  t.eq(#c.store:list("apps/v1/controllerrevisions", NS), 2)
end)

t.test("a StatefulSet grows in order, shrinks from the top, and heeds its partition", function()
  local c = new()
  c.store:create(STS, statefulset("node", "v1", 3))
  local order = {}
  c.store:subscribe(function(e)
    if e.gvr == "v1/pods" and e.type == "ADDED" then order[#order + 1] = e.object.metadata.name end
  end)
  c.run_until("up", function() return value.dig(c.get(STS, "node"), "status", "readyReplicas") == 3 end)
  t.eq(table.concat(order, " "), "node-0 node-1 node-2")
  c.store:modify(STS, NS, "node", function(o)
    o.spec.updateStrategy.rollingUpdate.partition = 2
    o.spec.template.spec.containers[1].image = "ghcr.io/animica/node:v2"
  end)
  c.run(10)
  local images = {}
  for _, p in ipairs(c.pods("app=node")) do images[#images + 1] = p.spec.containers[1].image:match(":(.*)$") end
  t.eq(table.concat(images, " "), "v1 v1 v2")
  local s = c.get(STS, "node").status
  t.eq(s.updatedReplicas, 1)
  t.ok(s.currentRevision ~= s.updateRevision)
  c.store:modify(STS, NS, "node", function(o) o.spec.replicas = 1 end)
  c.run_until("one left", function() return #c.pods("app=node") == 1 end)
  t.eq(c.pods("app=node")[1].metadata.name, "node-0")
  t.eq(#c.store:list("v1/persistentvolumeclaims", NS), 3, "claims stay")
end)

t.test("a claim in use hangs until its pod goes; then the set makes a new one", function()
  local c = new()
  c.store:create(STS, statefulset("node", "v1"))
  c.run_until("up", function() return value.dig(c.get(STS, "node"), "status", "readyReplicas") == 1 end)
  local claim = c.get("v1/persistentvolumeclaims", "data-node-0")
  t.eq(claim.metadata.finalizers[1], "kubernetes.io/pvc-protection")
  c.store:delete("v1/persistentvolumeclaims", NS, "data-node-0")
  c.run(20)
  local held = c.get("v1/persistentvolumeclaims", "data-node-0")
  t.ok(held and held.metadata.deletionTimestamp, "still there, marked")
  c.store:modify(STS, NS, "node", function(o)
    o.spec.template.metadata.annotations = { ["kubectl.kubernetes.io/restartedAt"] = "now" }
  end)
  c.run_until("a new claim", function()
    local other = c.get("v1/persistentvolumeclaims", "data-node-0")
    return other and other.metadata.uid ~= claim.metadata.uid and not other.metadata.deletionTimestamp
  end)
  c.run_until("up again", function() return value.dig(c.get(STS, "node"), "status", "readyReplicas") == 1 end)
end)

t.test("DaemonSet, Job, endpoints, and what a namespace is born with", function()
  local c = new()
  c.store:create("apps/v1/daemonsets", { metadata = { name = "agent", namespace = NS }, spec = {
    selector = { matchLabels = { app = "agent" } }, template = template("agent", "v1") } })
  local job = template("migrate", "v1")
  job.spec.restartPolicy = "Never"
  c.store:create("batch/v1/jobs", { metadata = { name = "migrate", namespace = NS }, spec = { template = job } })
  local bad = template("broken", "v1-crash")
  bad.spec.restartPolicy = "Never"
  c.store:create("batch/v1/jobs", { metadata = { name = "broken", namespace = NS },
    spec = { template = bad, backoffLimit = 1 } })
  c.store:create("v1/services", { metadata = { name = "agent", namespace = NS },
    spec = { selector = { app = "agent" }, ports = value.array { { port = 80, targetPort = "rpc" } } } })
  c.run(10)
  local ds = c.get("apps/v1/daemonsets", "agent").status
  t.eq(ds.numberAvailable, 1)
  t.eq(ds.updatedNumberScheduled, 1)
  t.eq(condition(c.get("batch/v1/jobs", "migrate"), "Complete").status, "True")
  t.eq(c.get("batch/v1/jobs", "migrate").status.succeeded, 1)
  t.eq(condition(c.get("batch/v1/jobs", "broken"), "Failed").reason, "BackoffLimitExceeded")
  local subset = c.get("v1/endpoints", "agent").subsets[1]
  t.eq(subset.ports[1].port, 8545)
  t.eq(#subset.addresses, 1)
  t.ok(c.get("v1/serviceaccounts", "default"), "service account")
  t.ok(c.get("v1/configmaps", "kube-root-ca.crt"), "root CA")
  c.faults:change { "notready=agent" }
  c.run(2)
  t.eq(c.get("v1/endpoints", "agent").subsets[1].addresses, nil, "not ready: not served")
end)

t.test("deleting a Deployment or its namespace leaves nothing", function()
  local c = new()
  c.store:create(DEPLOYMENTS, deployment("web", "v1", 2))
  c.store:create(STS, statefulset("node", "v1"))
  c.run_until("up", function() return done(c, "web") end)
  c.run(3)
  c.store:delete(DEPLOYMENTS, NS, "web", { propagation = "Background" })
  c.run_until("gone", function() return #c.pods("app=web") == 0 end)
  t.eq(#c.store:list(SETS, NS), 0)
  c.store:delete("v1/namespaces", nil, NS)
  c.run_until("namespace gone", function() return not c.store:get("v1/namespaces", nil, NS) end)
  t.eq(#c.store:list("v1/persistentvolumes"), 0)
end)

t.test("a fault put on and taken off at run time moves a running pod", function()
  local c = new()
  c.store:create(STS, statefulset("node", "v1"))
  local function ready() return value.dig(c.get(STS, "node"), "status", "readyReplicas") == 1 end
  c.run_until("up", ready)
  t.ok(c.faults:change { "crash=node" })
  c.run_until("down", function() return not ready() end)
  c.run(3)
  t.ok(not ready())
  t.ok(c.faults:change({}, { "crash=node" }))
  c.run_until("up again", ready)
  local _, why = c.faults:change { "crash" }
  t.ok(why:find("crash=WORKLOAD", 1, true), why)
  _, why = c.faults:change { "nonsense" }
  t.ok(why:find("no such fault", 1, true), why)
end)


t.test("a slow image becomes ready late, OnDelete waits for the operator, Recreate stops before it starts", function()
  local c = new()
  c.store:create(DEPLOYMENTS, deployment("web", "v1.0.0-decade1"))
  c.run(15)
  t.ok(not done(c, "web"))
  c.run_until("slowly up", function() return done(c, "web") end)

  local set = statefulset("node", "v1")
  set.spec.updateStrategy = { type = "OnDelete" }
  c.store:create(STS, set)
  c.run_until("node up", function() return value.dig(c.get(STS, "node"), "status", "readyReplicas") == 1 end)
  set_image(c, STS, "node", "v2")
  c.run(5)
  t.has(c.pods("app=node")[1].spec.containers[1].image, ":v1")
  c.store:delete("v1/pods", NS, "node-0")
  c.run_until("replaced", function()
    local p = c.pods("app=node")[1]
    return p and p.spec.containers[1].image:find(":v2", 1, true)
  end)

  local d = deployment("one", "v1", 2)
  d.spec.strategy = { type = "Recreate" }
  c.store:create(DEPLOYMENTS, d)
  c.run_until("one up", function() return done(c, "one") end)
  local mixed = false
  c.store:subscribe(function()
    local images = {}
    for _, p in ipairs(c.pods("app=one")) do images[p.spec.containers[1].image] = true end
    if images["ghcr.io/animica/one:v1"] and images["ghcr.io/animica/one:v2"] then mixed = true end
  end)
  set_image(c, DEPLOYMENTS, "one", "v2")
  c.run_until("one again", function() return done(c, "one") end)
  t.ok(not mixed, "old and new never together")
end)

t.test("a disruption budget: what its pods' controllers want, how many are healthy, what is left", function()
  local c = new()
  local budgets = "policy/v1/poddisruptionbudgets"
  c.store:create(DEPLOYMENTS, deployment("web", "v1", 4))
  local function status(spec)
    spec.selector = { matchLabels = { app = "web" } }
    c.store:create(budgets, { metadata = { name = "b", namespace = NS }, spec = spec })
    c.run(1)
    local s = c.get(budgets, "b").status
    c.store:delete(budgets, NS, "b")
    return { s.currentHealthy, s.desiredHealthy, s.disruptionsAllowed, s.expectedPods }, s
  end
  c.run_until("four replicas", function() return done(c, "web") end)
  t.eq(status { minAvailable = 3 }, { 4, 3, 1, 4 })
  t.eq(status { minAvailable = "60%" }, { 4, 3, 1, 4 })
  t.eq(status { maxUnavailable = 1 }, { 4, 3, 1, 4 })
  t.eq(status { maxUnavailable = "100%" }, { 4, 0, 4, 4 })
  c.faults:change({ "notready=web" }, {})
  c.run(5)
  local numbers, s = status { maxUnavailable = 1 }
  t.eq(numbers, { 0, 3, 0, 4 })
  t.eq({ s.conditions[1].type, s.conditions[1].status, s.conditions[1].reason },
    { "DisruptionAllowed", "False", "InsufficientPods" })
end)

t.test("revisions of a DaemonSet and a StatefulSet: numbered anew on the way back, cleared past the limit", function()
  local c = new()
  local DS, REVISIONS = "apps/v1/daemonsets", "apps/v1/controllerrevisions"
  local ds = deployment("agent", "v1")
  ds.spec = { selector = ds.spec.selector, template = ds.spec.template, revisionHistoryLimit = 1 }
  c.store:create(DS, ds)
  local set = statefulset("node", "v1")
  set.spec.revisionHistoryLimit = 1
  c.store:create(STS, set)
  local function revisions(app)
    local out = {}
    for _, r in ipairs((c.store:list(REVISIONS, NS, { labels = "app=" .. app }))) do
      out[#out + 1] = r.revision .. " " .. r.data.spec.template.spec.containers[1].image:match(":(.*)")
    end
    table.sort(out)
    return out
  end
  local function go(tag)
    set_image(c, DS, "agent", tag)
    set_image(c, STS, "node", tag)
    c.run(10)
    t.eq(revisions "agent", revisions "node")
    return revisions "agent"
  end
  c.run(5)
  t.eq(go "v2", { "1 v1", "2 v2" })
  t.eq(go "v1", { "2 v2", "3 v1" })
  t.eq(go "v3", { "3 v1", "4 v3" })
end)

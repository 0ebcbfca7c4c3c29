local t = require "tests.harness"
local timestamp = require "almanac.base.timestamp"
local recorded = require "tests.stdlib.k8s.rollout.recorded"
local rollout = require "almanac.k8s.rollout.diagnosis"
local stuck_set = require "almanac.k8s.rollout.stuck"

local exchanges, objects, find = recorded.exchanges, recorded.objects, recorded.find

local pods_of_crash = objects(exchanges "08-pods-crash"[1])
local events_of_crash = objects(exchanges "09-events"[1])

--- A Deployment as the API has it after a generation was observed, and its ReplicaSets.
local function deployment(name, revision)
  return {
    kind = "Deployment",
    metadata = { name = name, uid = "uid-" .. name, generation = revision,
      annotations = { ["deployment.kubernetes.io/revision"] = tostring(revision) } },
    spec = { replicas = 1 },
    status = { observedGeneration = revision, replicas = 2, updatedReplicas = 1, availableReplicas = 1 },
  }
end

local function replicaset(owner, hash, revision)
  return {
    kind = "ReplicaSet",
    metadata = { name = owner .. "-" .. hash, labels = { ["pod-template-hash"] = hash },
      annotations = { ["deployment.kubernetes.io/revision"] = tostring(revision) },
      ownerReferences = { { uid = "uid-" .. owner } } },
  }
end

local function pod(hash, status, more)
  local p = { kind = "Pod", metadata = { name = "web-" .. hash .. "-x", uid = "uid-pod", namespace = "ns",
    labels = { ["pod-template-hash"] = hash }, creationTimestamp = "2026-11-23T18:00:00Z" }, spec = {},
    status = status }
  for k, v in pairs(more or {}) do p[k] = v end
  return p
end

local NOW = timestamp.epoch "2026-11-23T18:01:00Z"

local function diagnose(status, more)
  local given = {
    workload = deployment("web", 2),
    replicasets = { replicaset("web", "old", 1), replicaset("web", "new", 2) },
    pods = { pod("new", status, more and more.pod) },
    events = more and more.events, claims = more and more.claims, now = more and more.now or NOW,
    late = more and more.late,
  }
  return rollout.diagnose(given)
end

t.test("what passes by itself has a grace; what a Job counts itself is no failure of ours", function()
  local function waiting(reason, message, restarts)
    return { phase = "Pending", containerStatuses = { { name = "app", restartCount = restarts or 0,
      state = { waiting = { reason = reason, message = message } }, lastState = {} } } }
  end
  local function fatal(status, more) return diagnose(status, more).fatal end
  t.eq(fatal(waiting("CrashLoopBackOff", "back-off", 0)), false, "one crash")
  t.eq(fatal(waiting("CrashLoopBackOff", "back-off", 1)), true)
  local away = waiting("ImagePullBackOff", "dial tcp 10.0.0.1:443: i/o timeout")
  t.eq(fatal(away, { now = timestamp.epoch "2026-11-23T18:00:30Z" }), false, "the registry is away")
  t.eq(fatal(away), true, "for a minute")
  t.eq(fatal(waiting("ImagePullBackOff", "manifest unknown"), { now = timestamp.epoch "2026-11-23T18:00:01Z" }), true)
  local job = { apiVersion = "batch/v1", kind = "Job", metadata = { name = "j", uid = "u" }, spec = {}, status = {} }
  local d = rollout.diagnose { workload = job, now = NOW, pods = { { metadata = { name = "j-1", uid = "p",
    labels = { ["batch.kubernetes.io/controller-uid"] = "u" } }, status = waiting("CrashLoopBackOff", "back-off", 3) } } }
  t.eq({ d.reason, d.fatal }, { "CrashLoopBackOff", false })
  local unscheduled = { phase = "Pending", conditions = { { type = "PodScheduled", status = "False",
    reason = "Unschedulable", message = "0/1 nodes are available", lastTransitionTime = "2026-11-23T18:00:00Z" } } }
  local given = { workload = deployment("web", 2), replicasets = { replicaset("web", "new", 2) }, now = NOW,
    pods = { pod("new", unscheduled) }, scaling = { ["uid-pod"] = true } }
  t.eq(rollout.diagnose(given).fatal, false, "a node is being made")
  given.scaling = {}
  t.eq(rollout.diagnose(given).fatal, true)
  -- the side of a pod that loops: a sidecar, killed by its probe
  local sidecar = pod("new", { phase = "Pending", initContainerStatuses = { { name = "proxy", restartCount = 2,
    state = { waiting = { reason = "CrashLoopBackOff" } }, lastState = { terminated = { exitCode = 137, reason = "Error" } } } } })
  sidecar.spec = { initContainers = { { name = "proxy", restartPolicy = "Always" } } }
  given.pods = { sidecar }
  given.events = { { reason = "Unhealthy", message = "Liveness probe failed: timeout", lastTimestamp = "2026-11-23T18:00:40Z",
    metadata = {}, involvedObject = { name = "web-new-x", uid = "uid-pod" } } }
  t.eq(rollout.describe(rollout.diagnose(given)), "pod web-new-x, sidecar proxy: CrashLoopBackOff, exit code 137, 2 restarts; "
    .. "Liveness probe failed: timeout")
  -- a probe, where the caller says how long it may fail
  given.pods = { pod("new", { phase = "Running", conditions = { { type = "Ready", status = "False",
    lastTransitionTime = "2026-11-23T18:00:00Z" } }, containerStatuses = {} }) }
  given.events[1].message = "Readiness probe failed: 503"
  t.eq(rollout.diagnose(given).fatal, false)
  given.probe_grace = 30
  t.eq(rollout.diagnose(given).fatal, true)
end)

t.test("refused pods, in their own words", function()
  local function refused(message, more)
    local set = { kind = "StatefulSet", metadata = { name = "db", uid = "u", generation = 1 },
      spec = { replicas = 1 }, status = { observedGeneration = 1, updateRevision = "db-1" } }
    local given = { workload = set, pods = {}, now = NOW, since = more and more.since, events = { { reason = "FailedCreate",
      firstTimestamp = "2026-11-23T18:00:00Z", lastTimestamp = "2026-11-23T18:00:30Z",
      involvedObject = { name = "db", uid = "u" }, message = message } } }
    local d = rollout.diagnose(given)
    return { d.reason, d.fatal }
  end
  t.eq(refused 'pods "db-0" is forbidden: exceeded quota: q, requested: pods=1', { "QuotaExceeded", true })
  t.eq(refused 'admission webhook "policy.example.org" denied the request: no', { "AdmissionRefused", true })
  t.eq(refused 'pods "db-0" is forbidden: violates PodSecurity "restricted:latest": privileged', { "AdmissionRefused", true })
  t.eq(refused 'failed calling webhook "w": i/o timeout', { "WebhookFailed", true })
  t.eq(refused('pods "db-0" is forbidden: exceeded quota: q', { since = NOW - 3 }), { "QuotaExceeded", false },
    "an event from before we looked")
end)

t.test("a real crash loop is found at once, in the pods of the new revision only", function()
  local workload = objects(exchanges "07-rollout-status-crash"[1])[1]
  local function rs(hash, revision)
    local r = replicaset("animica-miner", hash, revision)
    r.metadata.ownerReferences[1].uid = workload.metadata.uid
    return r
  end
  local current = tonumber(workload.metadata.annotations["deployment.kubernetes.io/revision"])
  local given = { workload = workload, pods = pods_of_crash, events = events_of_crash,
    replicasets = { rs("5cbfd466bd", current - 1), rs("8556446c89", current) } }
  local d = rollout.diagnose(given)
  t.eq({ d.reason, d.fatal, d.pod, d.container, d.exit_code, d.restarts },
    { "CrashLoopBackOff", true, "animica-miner-8556446c89-stzdm", "miner", 1, 2 })
  t.golden("rollout/crash.txt", rollout.describe(d) .. "\n")
  -- rolled back: the old pods are the new ones, and healthy
  given.replicasets = { rs("5cbfd466bd", current), rs("8556446c89", current - 1) }
  t.eq(rollout.diagnose(given), nil)
  -- the list of ReplicaSets is older than the Deployment: nothing is known yet
  given.replicasets = { rs("8556446c89", current - 1) }
  t.eq(rollout.diagnose(given), nil)
end)

t.test("a real missing image is found, with the registry's words", function()
  local pods
  for _, exchange in ipairs(exchanges "29-missing-image") do
    if exchange.request.path:find("/pods?", 1, true) then pods = objects(exchange) end
  end
  local d = rollout.diagnose { workload = deployment("e", 2), pods = pods,
    replicasets = { replicaset("e", "7bf545d6d", 2) } }
  t.eq({ d.reason, d.fatal, d.container }, { "ImagePullBackOff", true, "explorer" })
  t.golden("rollout/missing-image.txt", rollout.describe(d) .. "\n")
end)

t.test("transient states do not fail a rollout", function()
  local function container(state, last, restarts)
    return { phase = "Running", containerStatuses = { { name = "app", restartCount = restarts or 0, state = state,
      lastState = last or {} } } }
  end
  t.eq(diagnose(container { waiting = { reason = "ContainerCreating" } }), nil)
  t.eq(diagnose { phase = "Pending", initContainerStatuses = { { name = "init", restartCount = 0,
    state = { waiting = { reason = "PodInitializing" } } } } }, nil)
  t.eq(diagnose(container({ running = {} }, { terminated = { exitCode = 1, reason = "Error" } }, 1)), nil)
  local d = diagnose(container({ terminated = { exitCode = 1, reason = "Error" } }, nil, 0))
  t.eq({ d.reason, d.fatal }, { "Error", false })
  d = diagnose(container { waiting = { reason = "ErrImagePull", message = "timeout" } })
  t.eq({ d.reason, d.fatal }, { "ErrImagePull", false })
  t.eq(diagnose(container { terminated = { exitCode = 0, reason = "Completed" } }), nil)
  -- a pod that is going away says nothing
  t.eq(diagnose(container { waiting = { reason = "CrashLoopBackOff" } },
    { pod = { metadata = { name = "web-new-x", labels = { ["pod-template-hash"] = "new" },
      deletionTimestamp = "2026-11-23T18:00:00Z" } } }), nil)
end)

local function waiting(reason, message, last, restarts)
  return { phase = "Pending", containerStatuses = { { name = "app", restartCount = restarts or 0,
    state = { waiting = { reason = reason, message = message } }, lastState = { terminated = last } } } }
end

t.test("each reason, in words", function()
  local lines = {}
  local function say(d)
    lines[#lines + 1] = (d.fatal and "fatal: " or "wait:  ") .. rollout.describe(d)
  end
  say(diagnose(waiting("CrashLoopBackOff", "back-off 10s restarting failed container=app", { exitCode = 139,
    reason = "Error" }, 1)))
  say(diagnose(waiting("CrashLoopBackOff", "back-off", { exitCode = 137, reason = "OOMKilled" }, 3)))
  say(diagnose(waiting("ErrImagePull", "not found")))
  say(diagnose(waiting("InvalidImageName", 'Failed to apply default image tag "a b"')))
  say(diagnose(waiting("CreateContainerConfigError", 'configmap "chain-params" not found')))
  say(diagnose(waiting("CreateContainerConfigError", 'configmap "chain-params" not found'),
    { now = timestamp.epoch "2026-11-23T18:00:05Z" }))
  local init = waiting("CrashLoopBackOff", "back-off", { exitCode = 2 }, 1)
  init.initContainerStatuses, init.containerStatuses = init.containerStatuses, nil
  init.initContainerStatuses[1].name = "migrate"
  say(diagnose(init))
  local unscheduled = { phase = "Pending", conditions = { { type = "PodScheduled", status = "False",
    reason = "Unschedulable", message = "0/3 nodes are available: 3 Insufficient memory.",
    lastTransitionTime = "2026-11-23T18:00:20Z" } } }
  say(diagnose(unscheduled))
  say(diagnose(unscheduled, { now = timestamp.epoch "2026-11-23T18:00:30Z" }))
  local volume = { metadata = { name = "web-new-x", labels = { ["pod-template-hash"] = "new" } },
    spec = { volumes = { { name = "data", persistentVolumeClaim = { claimName = "data-web" } } } } }
  say(diagnose(unscheduled, { pod = volume, claims = { { metadata = { name = "data-web" },
    spec = { storageClassName = "fast" }, status = { phase = "Pending" } } } }))
  say(diagnose(unscheduled, { pod = volume, claims = { { metadata = { name = "data-web",
    deletionTimestamp = "2026-11-23T18:00:10Z" }, spec = {}, status = { phase = "Bound" } } } }))
  say(diagnose({ phase = "Running", conditions = { { type = "Ready", status = "False" } },
    containerStatuses = { { name = "app", restartCount = 0, state = { running = {} } } } },
    { events = { { reason = "Unhealthy", type = "Warning", lastTimestamp = "2026-11-23T18:00:40Z",
      message = "Readiness probe failed: HTTP probe failed with statuscode: 503",
      involvedObject = { name = "web-new-x", uid = "uid-pod", fieldPath = "spec.containers{app}" } },
      { reason = "Unhealthy", lastTimestamp = "2026-11-23T18:00:10Z", message = "older",
        involvedObject = { name = "web-new-x", uid = "uid-pod" } } } }))
  local unready = { phase = "Running", conditions = { { type = "Ready", status = "False",
    reason = "ContainersNotReady", message = "containers with unready status: [app]" } } }
  t.eq(diagnose(unready), nil)
  say(diagnose(unready, { late = true }))
  say(diagnose { phase = "Failed", reason = "Evicted", message = "The node was low on resource: memory." })
  local quota = deployment("web", 2)
  quota.status.conditions = { { type = "ReplicaFailure", status = "True", reason = "FailedCreate",
    lastTransitionTime = "2026-11-23T18:00:20Z",
    message = 'pods "web-new-y" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=5, '
      .. "limited: pods=5" } }
  say(rollout.diagnose { workload = quota, pods = {}, now = NOW })
  local late = deployment("web", 2)
  late.status.conditions = { { type = "Progressing", status = "False", reason = "ProgressDeadlineExceeded",
    message = 'ReplicaSet "web-new" has timed out progressing.' } }
  say(rollout.diagnose { workload = late, pods = {}, now = NOW })
  say(rollout.diagnose { workload = { kind = "StatefulSet", metadata = { name = "db", uid = "u", generation = 1 },
    spec = { replicas = 1 }, status = { observedGeneration = 1, updateRevision = "db-1" } }, pods = {}, now = NOW,
    events = { { reason = "FailedCreate", firstTimestamp = "2026-11-23T18:00:00Z",
      lastTimestamp = "2026-11-23T18:00:30Z", involvedObject = { name = "db", uid = "u" },
      message = 'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: no service account' } } })
  t.golden("rollout/reasons.txt", table.concat(lines, "\n") .. "\n")
end)

t.test("the StatefulSet that rollback does not heal is found, with the pod to delete", function()
  -- the set as it was after the rollback, the pod as it was during the crash: what the controller saw
  local set = objects(exchanges "11-rollout-status-after-rollback"[1])[1]
  local stuck = stuck_set.find { workload = set, pods = pods_of_crash }
  local node = find(pods_of_crash, "Pod", "animica-node-0")
  t.eq(stuck.pod, "animica-node-0")
  t.eq(stuck.uid, node.metadata.uid)
  t.eq(stuck.wanted, "animica-node-5bf69464c7")
  t.eq(stuck.diagnosis.reason, "CrashLoopBackOff")
  t.golden("rollout/stuck.txt", stuck.message .. "\n")
  -- its breakage is none of the new revision's
  t.eq(rollout.diagnose { workload = set, pods = pods_of_crash, events = {} }, nil)
  -- on its way out, or at the wanted revision, it holds nothing up
  node.metadata.deletionTimestamp = "2026-11-23T18:00:00Z"
  t.eq(stuck_set.find { workload = set, pods = pods_of_crash }, nil)
  node.metadata.deletionTimestamp = nil
  set.spec.podManagementPolicy = "Parallel"
  t.eq(stuck_set.find { workload = set, pods = pods_of_crash }, nil)
  set.spec.podManagementPolicy = nil
  node.metadata.labels["controller-revision-hash"] = stuck.wanted
  t.eq(stuck_set.find { workload = set, pods = pods_of_crash }, nil)
  t.eq(rollout.diagnose { workload = set, pods = pods_of_crash }.reason, "CrashLoopBackOff")
end)

t.test("times of the API", function()
  t.eq(timestamp.epoch "1970-01-01T00:00:00Z", 0)
  t.eq(timestamp.epoch "2026-11-23T17:56:06Z", 1795456566)
  t.eq(timestamp.epoch "2024-02-29T12:00:00.500000Z", 1709208000.5)
  t.eq(timestamp.epoch "yesterday", nil)
  t.eq(timestamp.epoch(nil), nil)
end)

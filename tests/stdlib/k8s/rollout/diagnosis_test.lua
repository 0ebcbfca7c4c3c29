local t = require "tests.harness"
local timestamp = require "almanac.base.timestamp"
local json = require "native.json"
local rollout = require "almanac.k8s.rollout.diagnosis"
local stuck_set = require "almanac.k8s.rollout.stuck"
local verdicts = require "almanac.k8s.rollout.verdict"

local function exchanges(name)
  local out = {}
  for line in t.read_file("tests/fixtures/recordings/" .. name .. ".jsonl"):gmatch "[^\n]+" do
    out[#out + 1] = json.decode(line, { big = "text", null = "absent" })
  end
  return out
end

--- Every object that an exchange answered with: its body, the items of a list, a watch's events.
local function objects(exchange)
  local out = {}
  local response = exchange.response
  if response.body and response.body ~= "" then
    local body = json.decode(response.body, { null = "absent" })
    if body.items then
      for _, item in ipairs(body.items) do
        item.kind = item.kind or body.kind:gsub("List$", "")
        out[#out + 1] = item
      end
    else
      out[1] = body
    end
  end
  for _, event in ipairs(response.stream or {}) do
    out[#out + 1] = json.decode(event.line, { null = "absent" }).object
  end
  return out
end

local function find(list, kind, name)
  for _, obj in ipairs(list) do
    if obj.kind == kind and obj.metadata.name == name then return obj end
  end
  error("no " .. kind .. " " .. name)
end

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

t.test("a finished Deployment, in kubectl's words", function()
  for _, exchange in ipairs(exchanges "04-rollout-status-deploy") do
    local v = verdicts.deployment(objects(exchange)[1])
    t.eq(v, { state = "done", message = 'deployment "animica-miner" successfully rolled out' })
  end
end)

t.test("a crash loop as kubectl saw it: it only waits", function()
  local v = verdicts.deployment(objects(exchanges "07-rollout-status-crash"[1])[1])
  t.eq(v, { state = "progressing",
    message = 'Waiting for deployment "animica-miner" rollout to finish: 1 old replicas are pending termination...' })
end)

t.test("a live rollout, event by event; kubectl printed the Deployment's lines", function()
  local said = { StatefulSet = {}, Deployment = {} }
  for _, exchange in ipairs(exchanges "12-live-rollout") do
    if exchange.request.path:find("?", 1, true) then
      for _, obj in ipairs(objects(exchange)) do
        local v = verdicts.verdict(obj)
        table.insert(said[obj.kind], v.state .. ": " .. v.message)
      end
    end
  end
  t.golden("rollout/live.txt", "StatefulSet\n" .. table.concat(said.StatefulSet, "\n")
    .. "\nDeployment\n" .. table.concat(said.Deployment, "\n") .. "\n")
end)

t.test("after a rollback that does not heal: waiting for ever", function()
  local all = exchanges "11-rollout-status-after-rollback"
  t.eq(verdicts.statefulset(objects(all[1])[1]),
    { state = "progressing", message = "Waiting for 1 pods to be ready..." })
  local miner = objects(all[#all])[1]
  t.eq(verdicts.verdict(miner).state, "done")
end)

t.test("an old generation is never done", function()
  local d = objects(exchanges "04-rollout-status-deploy"[1])[1]
  d.metadata.generation = d.metadata.generation + 1
  t.eq(verdicts.deployment(d),
    { state = "progressing", message = "Waiting for deployment spec update to be observed..." })
  local s = { kind = "StatefulSet", metadata = { name = "n", generation = 1 }, spec = { replicas = 0 }, status = {} }
  t.eq(verdicts.statefulset(s).message, "Waiting for statefulset spec update to be observed...")
  t.eq(rollout.diagnose { workload = d, pods = pods_of_crash }, nil)
end)

t.test("every state of each kind", function()
  local lines = {}
  local function say(obj)
    local v = verdicts.verdict(obj)
    lines[#lines + 1] = v.state .. ": " .. v.message
  end
  local function deploy(status)
    status.observedGeneration = 1
    say { kind = "Deployment", metadata = { name = "web", generation = 1 }, spec = { replicas = 3 }, status = status }
  end
  deploy { replicas = 3, updatedReplicas = 1, availableReplicas = 3 }
  deploy { replicas = 4, updatedReplicas = 3, availableReplicas = 3 }
  deploy { replicas = 3, updatedReplicas = 3, availableReplicas = 2 }
  deploy { replicas = 3, updatedReplicas = 3, availableReplicas = 3 }
  deploy { conditions = { { type = "Progressing", status = "False", reason = "ProgressDeadlineExceeded" } } }
  local function stateful(strategy, status)
    status.observedGeneration = 1
    say { kind = "StatefulSet", metadata = { name = "db", generation = 1 },
      spec = { replicas = 3, updateStrategy = strategy }, status = status }
  end
  local rolling = { type = "RollingUpdate" }
  local partition = { type = "RollingUpdate", rollingUpdate = { partition = 1 } }
  stateful(rolling, { readyReplicas = 2 })
  stateful(rolling, { readyReplicas = 3, updatedReplicas = 1, updateRevision = "db-2", currentRevision = "db-1" })
  stateful(rolling, { readyReplicas = 3, currentReplicas = 3, updateRevision = "db-2", currentRevision = "db-2" })
  stateful(partition, { readyReplicas = 3, updatedReplicas = 1 })
  stateful(partition, { readyReplicas = 3, updatedReplicas = 2 })
  stateful({ type = "OnDelete" }, { readyReplicas = 3, updatedReplicas = 1, updateRevision = "db-2" })
  stateful({ type = "OnDelete" }, { readyReplicas = 3, updatedReplicas = 3, updateRevision = "db-2" })
  local function daemon(status)
    status.observedGeneration = 1
    say { kind = "DaemonSet", metadata = { name = "agent", generation = 1 }, status = status }
  end
  daemon { desiredNumberScheduled = 3, updatedNumberScheduled = 1, numberAvailable = 3 }
  daemon { desiredNumberScheduled = 3, updatedNumberScheduled = 3, numberAvailable = 2 }
  daemon { desiredNumberScheduled = 3, updatedNumberScheduled = 3, numberAvailable = 3 }
  t.golden("rollout/verdicts.txt", table.concat(lines, "\n") .. "\n")
  t.eq(verdicts.verdict { kind = "ConfigMap" }, nil)
end)

t.test("a Job and custom resources: every state", function()
  local lines = {}
  local function say(obj, name)
    local v = verdicts.verdict(obj, name)
    lines[#lines + 1] = v.state .. ": " .. v.message .. (v.reason and " [" .. v.reason .. "]" or "")
  end
  local function job(status, spec)
    say { apiVersion = "batch/v1", kind = "Job", metadata = { name = "migrate", generation = 1 },
      spec = spec or { completions = 3, parallelism = 2 }, status = status }
  end
  local function cond(type, status, reason, message, generation)
    return { type = type, status = status, reason = reason, message = message, observedGeneration = generation }
  end
  job {}
  job { startTime = "t", active = 2, succeeded = 1 }
  job({ startTime = "t", active = 1, failed = 2 }, { parallelism = 1 })
  job({ conditions = { cond("Suspended", "True", "JobSuspended", "Job suspended") } }, { suspend = true })
  job { startTime = "t", conditions = { cond("SuccessCriteriaMet", "True", "CompletionsReached") }, succeeded = 3 }
  job { succeeded = 3, conditions = { cond("Complete", "True", "CompletionsReached", "Reached expected number") } }
  job { conditions = { cond("FailureTarget", "True", "PodFailurePolicy",
    "Container main for pod ns/migrate-x failed with exit code 42 matching FailJob rule at index 0") } }
  job { conditions = { cond("Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit") } }
  job { conditions = { cond("Failed", "True", "DeadlineExceeded", "Job was active longer than specified deadline") } }
  local function custom(status, name, deleted)
    say({ apiVersion = "example.org/v1", kind = "Chain", metadata = { name = "main", generation = 3,
      deletionTimestamp = deleted }, status = status }, name)
  end
  custom(nil)
  custom { observedGeneration = 2, conditions = { cond("Ready", "True") } }
  custom { observedGeneration = "2", conditions = { cond("Ready", "True") } }
  custom { observedGeneration = "3", conditions = { cond("Ready", "True", nil, nil, 2) } }
  custom { observedGeneration = "3", conditions = { cond("Ready", "False", "Syncing", "12 blocks behind") } }
  custom { observedGeneration = "3", conditions = { cond("Ready", "True") } }
  custom { observedGeneration = "85f7bd5d9", conditions = { cond("Available", "True") } }
  custom { conditions = { cond("Ready", "Unknown", "", "") } }
  custom({ conditions = { cond("Ready", "True"), cond("Synced", "False", "Behind") } }, "Synced")
  custom({ conditions = { cond("Ready", "True") } }, "Synced")
  custom { conditions = { cond("Ready", "True"), cond("Reconciling", "True", "NewSpec") } }
  custom { conditions = { cond("Stalled", "True", "BadGenesis", "genesis does not match"), cond("Ready", "False") } }
  custom({ conditions = { cond("Ready", "True") } }, nil, "2026-11-23T18:00:00Z")
  t.golden("rollout/custom.txt", table.concat(lines, "\n") .. "\n")
  t.eq(verdicts.verdict { apiVersion = "v1", kind = "Service", metadata = { name = "s" }, status = { loadBalancer = {} } }, nil)
  t.eq(verdicts.verdict({ apiVersion = "batch.volcano.sh/v1", kind = "Job", metadata = { name = "j" },
    status = { conditions = { cond("Ready", "True") } } }).message, 'job "j": Ready', "another group's Job")
end)

t.test("no prefix of what kubectl watched is done before kubectl said so", function()
  for _, name in ipairs { "04-rollout-status-deploy", "11-rollout-status-after-rollback", "12-live-rollout" } do
    local seen = {}
    for _, exchange in ipairs(exchanges(name)) do
      for _, obj in ipairs(objects(exchange)) do
        local v = verdicts.verdict(obj)
        local key = v and obj.metadata.uid
        if v then
          -- the newest generation that is known of; what is seen of it decides
          local newest = math.max(seen[key] and seen[key].generation or 0, obj.metadata.generation)
          local old = seen[key] and obj.metadata.generation < newest
          local done = v.state == "done"
          local observed = (obj.status.observedGeneration or 0) >= obj.metadata.generation
          t.ok(not done or old or observed, name .. ": done of a generation that nobody has seen")
          if done and obj.kind == "Deployment" then
            t.eq({ obj.status.updatedReplicas, obj.status.availableReplicas, obj.status.replicas },
              { obj.spec.replicas, obj.spec.replicas, obj.spec.replicas }, name)
          elseif done then
            t.eq({ obj.status.readyReplicas, obj.status.updatedReplicas }, { obj.spec.replicas, obj.spec.replicas }, name)
          end
          seen[key] = { generation = newest }
        end
      end
    end
    t.ok(next(seen), name)
  end
end)

t.test("verdicts of random statuses: done only when everything is new and ready, never for an old generation", function()
  math.randomseed(7)
  local n = math.random
  for _ = 1, 3000 do
    local wanted, generation = n(0, 4), n(1, 3)
    local obj = { kind = ({ "Deployment", "StatefulSet", "DaemonSet" })[n(3)],
      metadata = { name = "w", generation = generation }, spec = { replicas = wanted,
        updateStrategy = { type = "RollingUpdate", rollingUpdate = { partition = 0 } } },
      status = { observedGeneration = n(0, 3), replicas = n(0, 5), updatedReplicas = n(0, 4), availableReplicas = n(0, 4),
        readyReplicas = n(0, 4), desiredNumberScheduled = wanted, updatedNumberScheduled = n(0, 4), numberAvailable = n(0, 4) } }
    local s, v = obj.status, verdicts.verdict(obj)
    if v.state == "done" then
      t.ok(s.observedGeneration >= generation, "generation")
      if obj.kind == "Deployment" then
        t.ok(s.updatedReplicas >= wanted and s.replicas <= s.updatedReplicas and s.availableReplicas >= s.updatedReplicas)
      elseif obj.kind == "StatefulSet" then
        t.ok(s.readyReplicas >= wanted and s.updatedReplicas >= wanted)
      else
        t.ok(s.updatedNumberScheduled >= wanted and s.numberAvailable >= wanted)
      end
    else
      t.eq(v.state, "progressing")
    end
  end
end)

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

t.test("each reason, in words", function()
  local lines = {}
  local function say(d)
    lines[#lines + 1] = (d.fatal and "fatal: " or "wait:  ") .. rollout.describe(d)
  end
  local function waiting(reason, message, last, restarts)
    return { phase = "Pending", containerStatuses = { { name = "app", restartCount = restarts or 0,
      state = { waiting = { reason = reason, message = message } }, lastState = { terminated = last } } } }
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

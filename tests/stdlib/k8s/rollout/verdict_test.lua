-- Verdicts on a workload's status: kubectl's words, and never a generation too early.
local t = require "tests.harness"
local recorded = require "tests.stdlib.k8s.rollout.recorded"
local rollout = require "almanac.k8s.rollout.diagnosis"
local verdicts = require "almanac.k8s.rollout.verdict"

local exchanges, objects = recorded.exchanges, recorded.objects
local pods_of_crash = objects(exchanges "08-pods-crash"[1])

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

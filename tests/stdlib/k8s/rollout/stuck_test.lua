-- The pod that a StatefulSet waits for: as a real Kubernetes 1.36 had it after a rollback from an image that
-- runs and is never ready (fixture never_ready.json), and each way in which it is none.
local json = require "native.json"
local stuck = require "almanac.k8s.rollout.stuck"
local t = require "tests.harness"
local timestamp = require "almanac.base.timestamp"

local STARTED = timestamp.epoch "2026-11-28T16:21:07Z"

--- What is known `seconds` after the pod's start; its probe allows 3 times 1 s.
local function given(seconds, change)
  local g = json.decode(t.read_file "tests/fixtures/rollout/never_ready.json", { null = "absent" })
  local out = { workload = g.set, pods = { g.pod }, events = g.events, now = STARTED + seconds }
  if change then change(out, g.pod) end
  return out
end

t.test("a pod that is never ready is waited for as long as its probe allows, then named in the probe's words", function()
  local found, waiting = stuck.find(given(7))
  t.eq({ found, waiting }, { nil, "animica-node-0" })
  found, waiting = stuck.find(given(18))
  t.eq(waiting, nil)
  t.eq({ found.pod, found.uid, found.certain }, { "animica-node-0", "1a2594af-e12c-4a62-9b41-aae301598da7", false })
  t.eq({ found.revision, found.wanted }, { "animica-node-7f86949bb7", "animica-node-5bf69464c7" })
  t.eq({ found.diagnosis.reason, found.diagnosis.container }, { "ProbeFailing", "node" })
  t.has(found.message, 'statefulset "animica-node" waits for pod animica-node-0 of revision animica-node-7f86949bb7')
  t.has(found.message, "that pod has not become ready in the 8s that its probes allow: container node: ProbeFailing: "
    .. "Readiness probe failed: HTTP probe failed with statuscode: 503")
  t.eq(stuck.find(given(300)).message, found.message, "the same words, however long it takes: each new line would be printed")
end)

t.test("a startup probe is given its time too", function()
  local function slow(_, pod) pod.spec.containers[1].startupProbe = { periodSeconds = 10, failureThreshold = 6 } end
  t.eq(stuck.find(given(60, slow)), nil)
  t.ok(stuck.find(given(70, slow)))
end)

t.test("a container that has not started is not judged by its probes", function()
  local function pulling(_, pod) pod.status.containerStatuses[1].state = { waiting = { reason = "ContainerCreating" } } end
  t.eq(stuck.find(given(600, pulling)), nil)
  local found = stuck.find(given(600, function(g, pod)
    pulling(g, pod)
    g.events[2].reason, g.events[2].message = "FailedMount", 'MountVolume.SetUp failed: configmap "c" not found'
  end))
  t.has(found.message, 'FailedMount: MountVolume.SetUp failed: configmap "c" not found')
end)

t.test("without events its own condition says what is known", function()
  local found = stuck.find(given(60, function(g) g.events = {} end))
  t.has(found.message, "ContainersNotReady: containers with unready status: [node]")
end)

t.test("a readiness gate that nobody opens counts after a minute", function()
  local function gated(_, pod) pod.status.containerStatuses[1].ready = true end
  t.eq(stuck.find(given(50, gated)), nil)
  t.ok(stuck.find(given(70, gated)))
end)

t.test("what the set does not wait for is left alone", function()
  local cases = {
    ["it is ready"] = function(_, pod) pod.status.conditions[3].status = "True" end,
    ["it is of the newest revision"] = function(g, pod)
      pod.metadata.labels["controller-revision-hash"] = g.workload.status.updateRevision
    end,
    ["it is on its way out"] = function(_, pod) pod.metadata.deletionTimestamp = "2026-11-28T16:21:30Z" end,
    ["it is another's"] = function(_, pod) pod.metadata.ownerReferences[1].uid = "other" end,
    ["pods are replaced all at once"] = function(g) g.workload.spec.podManagementPolicy = "Parallel" end,
    ["pods are replaced by hand"] = function(g) g.workload.spec.updateStrategy = { type = "OnDelete" } end,
    ["the partition keeps its revision"] = function(g)
      g.workload.spec.updateStrategy = { type = "RollingUpdate", rollingUpdate = { partition = 1 } }
    end,
    ["the controller has not seen the newest spec"] = function(g) g.workload.metadata.generation = 99 end,
    ["a pod before it is waited for"] = function(g, pod)
      local before = json.decode(json.encode(pod))
      before.metadata.labels["controller-revision-hash"] = g.workload.status.updateRevision
      pod.metadata.name, before.metadata.name = "animica-node-1", "animica-node-0"
      g.pods[2] = before
    end,
  }
  for name, change in pairs(cases) do t.eq(stuck.find(given(600, change)), nil, name) end
end)

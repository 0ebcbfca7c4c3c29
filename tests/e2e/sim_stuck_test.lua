-- The real kubectl and helm against the simulator: a StatefulSet whose new pod starts and never becomes ready stays
-- so after a rollback, until its pod is deleted (recording 32).
local t = require "tests.harness"
local clients = require "tests.sim_clients"

local GOOD, BAD = "v0.5.0-a1b2c3d", "v0.7.0-bad0001"

--- The devnet on the good image, and the bad one not ready.
local function start()
  local sim = clients.start("--fault", "notready=animica-node:" .. BAD)
  sim.must("helm4", clients.upgrade(GOOD) .. " --wait --timeout 30s")
  return sim
end

local function times_out(sim, kubectl)
  local code, out, err = sim.run(kubectl, "rollout status statefulset/animica-node --timeout=3s")
  t.eq(code, 1, out .. err)
  t.has(out, "Waiting for 1 pods to be ready...")
  t.has(err, "timed out waiting for the condition")
end

local function heals(sim, kubectl, broken)
  t.eq(sim.get("pod animica-node-0").metadata.uid, broken.metadata.uid, "the pod of the bad revision is still there")
  local set = sim.get("statefulset animica-node").status
  t.eq({ set.currentRevision == set.updateRevision, set.readyReplicas, set.updatedReplicas }, { true, nil, nil })
  sim.must(kubectl, "delete pod animica-node-0")
  sim.must(kubectl, "rollout status statefulset/animica-node --timeout=15s")
  t.has(sim.get("pod animica-node-0").spec.containers[1].image, GOOD)
end

local function broken_pod(sim)
  local pod
  t.eventually("the new pod runs", function()
    local code, out = sim.run("kubectl34", "get pod animica-node-0 -o json") -- not there while it is replaced
    pod = code == 0 and require("native.json").decode(out)
    return pod and pod.spec.containers[1].image:find(BAD, 1, true) and pod.status.phase == "Running"
  end)
  t.eq(pod.status.containerStatuses[1].ready, false)
  t.eq(pod.status.containerStatuses[1].restartCount, 0)
  return pod
end

for _, kubectl in ipairs { "kubectl31", "kubectl34" } do
  t.test(kubectl .. ": set image, undo, and the pod that has to be deleted", function()
    local sim = start()
    sim.must(kubectl, "set image statefulset/animica-node node=ghcr.io/animica/animica-node:" .. BAD)
    local broken = broken_pod(sim)
    times_out(sim, kubectl)
    t.has(sim.must(kubectl, "get events --field-selector involvedObject.name=animica-node-0,reason=Unhealthy"),
      "Readiness probe failed: HTTP probe failed with statuscode: 503")
    t.has(sim.must(kubectl, "rollout undo statefulset/animica-node"), "rolled back")
    times_out(sim, kubectl)
    heals(sim, kubectl, broken)
  end)
end

for _, helm in ipairs { "helm3", "helm4" } do
  t.test(helm .. ": a rollback says success and heals nothing", function()
    local sim = start()
    sim.must(helm, clients.upgrade(BAD))
    local broken = broken_pod(sim)
    t.has(sim.must(helm, "rollback animica-devnet 1"), "Rollback was a success")
    sim.must("kubectl34", "rollout status deployment/animica-miner --timeout=15s")
    times_out(sim, "kubectl34")
    heals(sim, "kubectl34", broken)
  end)
end

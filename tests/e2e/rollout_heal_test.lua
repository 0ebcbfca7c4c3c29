-- The way back from each kind of bad release: the StatefulSet waits for a pod that will not become ready, as
-- the real controller does, and the rollback ends with the node up all the same, within half a minute.
local devnet = require "tests.devnet"
local t = require "tests.harness"
local task = require "native.task"

local LIMIT = 30 -- seconds

--- What the node's pod shows of each, before the way back is taken.
local kinds = {
  { "fade001", "it runs and is never ready", function(pod)
    local status = (pod.status.containerStatuses or {})[1]
    return status and status.state.running and not status.ready
  end },
  { "dead001", "it crashes", function(pod)
    local status = (pod.status.containerStatuses or {})[1]
    return status and status.state.waiting and status.state.waiting.reason == "CrashLoopBackOff"
  end },
  { "unschedulable", "no node takes it", function(pod)
    for _, c in ipairs(pod.status.conditions or {}) do
      if c.type == "PodScheduled" then return c.reason == "Unschedulable" end
    end
  end },
  { "404404", "its image is missing", function(pod)
    local status = (pod.status.containerStatuses or {})[1]
    return status and status.state.waiting and status.state.waiting.reason == "ImagePullBackOff"
  end },
}

--- Rolls out what takes the node down, and goes back.
local function go_back(helm, tag, words, is_down)
  local world = devnet.start { helm = helm }
  world:run_helm { "upgrade", devnet.release, "ops/helm/animica-devnet", "--set", "global.imageTag=" .. tag }
  t.eventually(words, function()
    local pod = world:node_pod()
    return pod and pod.spec.containers[1].image:find(tag, 1, true) and is_down(pod)
  end)
  local began = task.now()
  local _, err = world:almanac(0, { "run", "rollback", "revision=1" })
  local took = task.now() - began
  t.ok(took < LIMIT, string.format("%.1f s", took))
  t.has(err, "waits for pod animica-node-0 of revision")
  t.eq(world:node_tag(), devnet.old)
  t.ok(devnet.is_ready(world:node_pod()), "the node is ready")
end

for _, helm in ipairs(devnet.helms()) do
  for _, kind in ipairs(kinds) do
    local suffix, words, is_down = table.unpack(kind)
    t.test(helm .. ": a release rolled back while the node is down, for " .. words .. ": the node is up again", function()
      go_back(helm, "v0.5.1-" .. suffix, words, is_down)
    end)
  end
end

--- Whether what a cluster was told to run is up: one that is restored has its objects at once, and makes their pods.
local pods = require "almanac.sim.control.pods"

local settling = {}

local LOOK_SECONDS = 0.1

--- How many pods of a workload are up, and how many are wanted; nil: its controller has not seen it yet.
local function count(object)
  local status = object.status or {}
  if status.observedGeneration ~= object.metadata.generation then return 0, nil end
  if object.kind == "DaemonSet" then return status.numberReady or 0, status.desiredNumberScheduled or 0 end
  return status.availableReplicas or status.readyReplicas or 0, object.spec.replicas or 1
end

local function is_of_another(pod) return pod.kind == "Pod" and (pods.controller(pod) or pods.finished(pod)) end

local function count_pod(pod) return pods.ready(pod) and 1 or 0, 1 end

local WORKLOADS = { "apps/v1/deployments", "apps/v1/statefulsets", "apps/v1/daemonsets", "v1/pods" }

--- What is not what it is to be yet.
---@param store table
---@return string[] left  "deployment/web"
---@return integer up     pods that are, of all
local function unsettled(store)
  local left, all = {}, 0
  for _, gvr in ipairs(WORKLOADS) do
    for _, object in ipairs((store:list(gvr))) do
      if not is_of_another(object) then
        local up, wanted = (object.kind == "Pod" and count_pod or count)(object)
        if not wanted or up < wanted then left[#left + 1] = string.format("%s/%s", object.kind:lower(), object.metadata.name) end
        all = all + up
      end
    end
  end
  return left, all
end

--- Waits until all of it is up, in a task beside the one in which the cluster lives.
---@param store table
---@param patience number  seconds without one more pod that is up, after which it does not wait for what is left
---@return string[] left
function settling.wait(store, patience)
  local task = require "native.task"
  local most, limit = -1, nil
  while true do
    local left, up = unsettled(store)
    if up > most then most, limit = up, task.now() + patience end
    if #left == 0 or task.now() > limit then return left end
    task.sleep(LOOK_SECONDS)
  end
end

return settling

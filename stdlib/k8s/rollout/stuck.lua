--- The StatefulSet that waits for ever. With ordered pods its controller waits for each to become ready
--- before it replaces any, also for one that is broken or never ready and of another revision than the
--- wanted one: the rollout (of a rollback too) does not end until somebody deletes that pod. Pure.
--- https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
local diagnosis = require "almanac.k8s.rollout.diagnosis"
local duration = require "almanac.base.duration"
local fields = require "almanac.k8s.rollout.fields"
local findings = require "almanac.k8s.rollout.findings"
local readiness = require "almanac.k8s.rollout.readiness"
local revision = require "almanac.k8s.rollout.revision"
local timestamp = require "almanac.base.timestamp"
local verdicts = require "almanac.k8s.rollout.verdict"

local M = {}

---@class almanac.rollout.Stuck
---@field pod string
---@field uid string
---@field namespace string
---@field revision string   that the pod has
---@field wanted string     that it should have
---@field certain boolean   it cannot become ready; else it only had longer than its probes allow
---@field diagnosis almanac.rollout.Diagnosis
---@field message string
---@field remedy string    how the pod gets deleted

local number, get, condition = fields.number, fields.get, fields.condition

local LABEL = "controller-revision-hash"

-- A pod in one of these states does not become ready by itself.
local BROKEN = {
  CrashLoopBackOff = true, ImagePullBackOff = true, ErrImagePull = true, InvalidImageName = true,
  ErrImageNeverPull = true, CreateContainerConfigError = true, OOMKilled = true, Unschedulable = true,
  UnboundClaim = true, CreateContainerError = true, RunContainerError = true,
}

-- Seconds that what a container needs before it starts may be missing: a volume may just be on its way.
local MOUNT_GRACE = 30
local BEFORE_START = { FailedMount = true, FailedAttachVolume = true, FailedCreatePodSandBox = true }

local function ordinal(pod)
  return math.tointeger(tonumber(pod.metadata.name:match "%-(%d+)$")) or -1
end

--- Whether the controller goes on pod by pod, so that one can hold up the others.
local function is_ordered(workload)
  return workload.kind == "StatefulSet" and get(workload, "spec", "podManagementPolicy") ~= "Parallel"
    and get(workload, "spec", "updateStrategy", "type") ~= "OnDelete"
end

--- The pod that the controller waits for: of those that are not ready, the one of the lowest ordinal.
local function waited_for(workload, pods)
  local first
  for _, pod in ipairs(pods) do
    if revision.is_owned_by(pod, workload.metadata.uid) and not readiness.is_ready(pod)
      and (not first or ordinal(pod) < ordinal(first)) then
      first = pod
    end
  end
  return first
end

local function broken(pod, given)
  for _, finding in ipairs(findings.of_pod(pod, given)) do
    if BROKEN[finding.reason] then return finding end
  end
  return nil
end

--- What a pod that had its time says for itself, and how long that is; nil while it may still become ready.
local function overdue(pod, given)
  if not given.now then return nil end
  local finding = findings.of_pod(pod, {
    workload = given.workload, pods = given.pods, events = given.events, claims = given.claims, now = given.now, late = true,
  })[1]
  if not finding then return nil end
  local due, allowed = readiness.due(pod)
  if not due and BEFORE_START[finding.reason] then
    local ready = condition(pod, "Ready")
    local since = timestamp.epoch(get(ready, "lastTransitionTime") or pod.metadata.creationTimestamp)
    due, allowed = since and since + MOUNT_GRACE, MOUNT_GRACE
  end
  if not due or given.now < due then return nil end
  return finding, allowed
end

--- The same words at each look, however long it takes: they are shown, and a line for each would be a flood.
local function describe(workload, stuck, allowed)
  local why = stuck.certain and "that pod cannot"
    or string.format("that pod has not become ready in the %s that its probes allow", duration.format(allowed))
  return string.format('statefulset "%s" waits for pod %s of revision %s to become ready before it replaces it by '
    .. "revision %s, and %s: %s", workload.metadata.name, stuck.pod, stuck.revision, stuck.wanted, why,
    diagnosis.describe(stuck.diagnosis, true))
end

--- The pod that keeps a StatefulSet from moving on, of another revision than the wanted one.
---@param given almanac.rollout.Given
---@return almanac.rollout.Stuck? stuck
---@return string? waiting  the name of such a pod that may still become ready by itself
function M.find(given)
  local workload = given.workload
  local wanted = get(workload, "status", "updateRevision")
  if not wanted or not is_ordered(workload) or not verdicts.is_observed(workload) then return nil end
  local pod = waited_for(workload, given.pods or {})
  local has = pod and get(pod, "metadata", "labels", LABEL)
  -- Below the partition, pods keep their revision: deleting one would bring it back as it is.
  local partition = number(get(workload, "spec", "updateStrategy", "rollingUpdate", "partition"))
  if not has or has == wanted or revision.is_terminating(pod) or ordinal(pod) < partition then return nil end
  local finding, allowed = broken(pod, given), nil
  local certain = finding ~= nil
  if not certain then finding, allowed = overdue(pod, given) end
  if not finding then return nil, pod.metadata.name end
  local stuck = {
    pod = pod.metadata.name, uid = pod.metadata.uid, namespace = pod.metadata.namespace, revision = has, wanted = wanted,
    certain = certain, diagnosis = finding,
  }
  stuck.message = describe(workload, stuck, allowed)
  stuck.remedy = string.format("k8s.rollout(…, { heal = true }) does so, or: kubectl -n %s delete pod %s", stuck.namespace, stuck.pod)
  return stuck
end

return M

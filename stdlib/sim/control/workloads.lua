--- The DaemonSet (on the one node) and Job controllers, as pure functions: objects in, writes out.
local timestamp = require "almanac.base.timestamp"
local value = require "almanac.sim.model.value"
local histories = require "almanac.sim.control.histories"
local pods = require "almanac.sim.control.pods"

local workloads = {}

local REVISION_LABEL = "controller-revision-hash"
local BACKOFF_LIMIT = 6

local function pod_made(pod) return "SuccessfulCreate", "Created pod: " .. pod.metadata.name end

local function delete_of(pod)
  return { op = "delete", gvr = "v1/pods", ns = pod.metadata.namespace, name = pod.metadata.name,
    uid = pod.metadata.uid }
end

local function write_status(actions, gvr, object, status)
  if value.equal(status, object.status or {}) then return end
  local changed = value.shallow(object)
  changed.status = status
  actions[#actions + 1] = { op = "status", gvr = gvr, object = changed }
end

local function daemon_status(ds, alive, hash, now)
  local n = { updatedNumberScheduled = 0, numberAvailable = 0, numberUnavailable = 0 }
  local ready = 0
  for _, pod in ipairs(alive) do
    if pod.metadata.labels[REVISION_LABEL] == hash then n.updatedNumberScheduled = n.updatedNumberScheduled + 1 end
    if pods.ready(pod) then ready = ready + 1 end
    if pods.available(pod, ds.spec.minReadySeconds, now) then n.numberAvailable = n.numberAvailable + 1 end
  end
  n.numberUnavailable = 1 - math.min(1, n.numberAvailable)
  local status = pods.omit_zero(n)
  status.currentNumberScheduled, status.desiredNumberScheduled = math.min(1, #alive), 1
  status.numberMisscheduled, status.numberReady = 0, ready
  status.observedGeneration = ds.metadata.generation
  return status
end

-- What its pods tolerate of a node, by effect.
local TOLERATED = { NoExecute = { "not-ready", "unreachable" },
  NoSchedule = { "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable" } }

local function daemon_pod(ds, hash)
  local pod = pods.from_template(ds.spec.template, ds, { generate = ds.metadata.name .. "-", labels = {
    [REVISION_LABEL] = hash,
    ["pod-template-generation"] = value.dig(ds, "metadata", "annotations", "deprecated.daemonset.template.generation"),
  } })
  local list = value.array(value.copy(pod.spec.tolerations or {}))
  for _, effect in ipairs { "NoExecute", "NoSchedule" } do
    for _, trouble in ipairs(TOLERATED[effect]) do
      list[#list + 1] = { key = "node.kubernetes.io/" .. trouble, operator = "Exists", effect = effect }
    end
  end
  pod.spec.tolerations = list
  return pod
end

--- What a DaemonSet needs done, on a cluster of one node. A pod of an older template is replaced at
--- once: with one node, maxUnavailable allows it.
---@param ds table
---@param owned table[]
---@param revisions table[] the ControllerRevisions it controls
---@param now number
---@return table[] actions
function workloads.reconcile_daemonset(ds, owned, revisions, now)
  local actions, alive, ending = {}, {}, 0
  local hash = histories.hash(ds, revisions, REVISION_LABEL)
  for _, pod in ipairs(owned) do
    if pods.active(pod) then alive[#alive + 1] = pod end
    if pods.terminating(pod) then ending = ending + 1 end
  end
  local used = { [ds.metadata.name .. "-" .. hash] = true }
  for _, pod in ipairs(owned) do used[ds.metadata.name .. "-" .. (pod.metadata.labels[REVISION_LABEL] or "")] = true end
  for _, action in ipairs(histories.sync(ds, revisions, hash, REVISION_LABEL)) do actions[#actions + 1] = action end
  for _, action in ipairs(histories.prune(ds, revisions, used)) do actions[#actions + 1] = action end
  write_status(actions, "apps/v1/daemonsets", ds, daemon_status(ds, alive, hash, now))
  if ds.metadata.deletionTimestamp then return actions end
  if #alive == 0 and ending == 0 then
    actions[#actions + 1] = { op = "create", gvr = "v1/pods", object = daemon_pod(ds, hash), created = pod_made, about = ds,
      component = "daemonset-controller" }
  end
  if value.dig(ds, "spec", "updateStrategy", "type") ~= "OnDelete" then
    for _, pod in ipairs(alive) do
      if pod.metadata.labels[REVISION_LABEL] ~= hash then
        actions[#actions + 1] = delete_of(pod)
        actions[#actions + 1] = { op = "event", about = ds, type = "Normal", reason = "SuccessfulDelete",
          message = "Deleted pod: " .. pod.metadata.name, component = "daemonset-controller" }
      end
    end
  end
  return actions
end

local function job_condition(kind, reason, message, now)
  local stamp = value.timestamp(now)
  return { type = kind, status = "True", lastProbeTime = stamp, lastTransitionTime = stamp, reason = reason,
    message = message }
end

local function job_end(job, status, failed, now, actions)
  local conditions = value.array {}
  if failed then
    local why = failed.why
    conditions[1] = job_condition("FailureTarget", failed.reason, why, now)
    conditions[2] = job_condition("Failed", failed.reason, why, now)
    actions[#actions + 1] = { op = "event", about = job, type = "Warning", reason = failed.reason,
      message = why, component = "job-controller" }
  else
    local why = "Reached expected number of succeeded pods"
    conditions[1] = job_condition("SuccessCriteriaMet", "CompletionsReached", why, now)
    conditions[2] = job_condition("Complete", "CompletionsReached", why, now)
    status.completionTime = value.timestamp(now)
    actions[#actions + 1] = { op = "event", about = job, type = "Normal", reason = "Completed",
      message = "Job completed", component = "job-controller" }
  end
  status.conditions = conditions
end

local function rule_matches(rule, code)
  local on = rule.onExitCodes
  if not on or code == 0 then return false end
  local found = false
  for _, v in ipairs(on.values or {}) do found = found or v == code end
  return found == (on.operator == "In")
end

--- The rule of the Job's podFailurePolicy that a failed pod meets, where it says FailJob.
local function policy_failure(job, pod)
  for _, status in ipairs(value.dig(pod, "status", "containerStatuses") or {}) do
    local code = value.dig(status, "state", "terminated", "exitCode")
    for i, rule in ipairs(code and value.dig(job, "spec", "podFailurePolicy", "rules") or {}) do
      if rule_matches(rule, code) then
        if rule.action ~= "FailJob" then return nil end
        return { reason = "PodFailurePolicy", why = ("Container %s for pod %s/%s failed with exit code %d matching "
          .. "FailJob rule at index %d"):format(status.name, pod.metadata.namespace, pod.metadata.name, code, i - 1) }
      end
    end
  end
end

--- How often the containers of a Job's pods were started again: with OnFailure that counts as failures.
local function restarts_of(job, owned)
  local n = 0
  if value.dig(job, "spec", "template", "spec", "restartPolicy") ~= "OnFailure" then return n end
  for _, pod in ipairs(owned) do
    for _, list in ipairs { "initContainerStatuses", "containerStatuses" } do
      for _, c in ipairs(pods.active(pod) and value.dig(pod, "status", list) or {}) do n = n + (c.restartCount or 0) end
    end
  end
  return n
end

--- Why a Job has failed for good, or nil.
local function job_failure(job, owned, failures, now, actions)
  for _, pod in ipairs(owned) do
    local failure = value.dig(pod, "status", "phase") == "Failed" and policy_failure(job, pod)
    if failure then return failure end
  end
  local limit = job.spec.backoffLimit or BACKOFF_LIMIT
  local restarts = restarts_of(job, owned)
  if failures > limit or restarts > 0 and restarts >= limit then
    return { reason = "BackoffLimitExceeded", why = "Job has reached the specified backoff limit" }
  end
  local deadline = job.spec.activeDeadlineSeconds
  local started = timestamp.epoch(value.dig(job, "status", "startTime"))
  if not deadline or not started then return nil end
  if now - started >= deadline then
    return { reason = "DeadlineExceeded", why = "Job was active longer than specified deadline" }
  end
  actions[#actions + 1] = { op = "requeue", after = deadline - (now - started) }
end

--- A suspended Job's pods are deleted, and it says so.
local function suspend(job, owned, now, actions)
  for _, pod in ipairs(owned) do
    if pods.active(pod) then actions[#actions + 1] = delete_of(pod) end
  end
  local condition = pods.condition(job, "Suspended") or job_condition("Suspended", "JobSuspended", "Job suspended", now)
  write_status(actions, "batch/v1/jobs", job, { ready = 0, terminating = 0, uncountedTerminatedPods = {},
    conditions = value.array { condition } })
  return actions
end

--- What a Job needs done. Failed pods are replaced at once, up to the back-off limit.
---@param job table
---@param owned table[]
---@param now number
---@return table[] actions
function workloads.reconcile_job(job, owned, now)
  local actions = {}
  if pods.condition(job, "Complete") or pods.condition(job, "Failed") or job.metadata.deletionTimestamp then
    return actions
  end
  if job.spec.suspend then return suspend(job, owned, now, actions) end
  local n, ready = { active = 0, succeeded = 0, failed = 0 }, 0
  for _, pod in ipairs(owned) do
    local phase = value.dig(pod, "status", "phase")
    if phase == "Succeeded" then
      n.succeeded = n.succeeded + 1
    elseif phase == "Failed" then
      n.failed = n.failed + 1
    elseif not pods.terminating(pod) then
      n.active = n.active + 1
      if pods.ready(pod) then ready = ready + 1 end
    end
  end
  local wanted = job.spec.completions or 1
  local parallel = math.min(job.spec.parallelism or 1, wanted - n.succeeded)
  local failed = job_failure(job, owned, n.failed, now, actions)
  local status = pods.omit_zero(n)
  status.ready, status.terminating = ready, 0
  status.startTime = value.dig(job, "status", "startTime") or value.timestamp(now)
  status.uncountedTerminatedPods = {}
  if failed then
    for _, pod in ipairs(owned) do
      if pods.active(pod) then actions[#actions + 1] = delete_of(pod) end
    end
    status.active = nil
  end
  if failed or n.succeeded >= wanted then
    job_end(job, status, failed, now, actions)
  else
    for _ = n.active + 1, parallel do
      actions[#actions + 1] = { op = "create", gvr = "v1/pods", created = pod_made, about = job,
        component = "job-controller",
        object = pods.from_template(job.spec.template, job, { generate = job.metadata.name .. "-", labels = {
          ["batch.kubernetes.io/job-name"] = job.metadata.name, ["job-name"] = job.metadata.name,
          ["batch.kubernetes.io/controller-uid"] = job.metadata.uid,
          ["controller-uid"] = job.metadata.uid,
        } }) }
    end
  end
  write_status(actions, "batch/v1/jobs", job, status)
  return actions
end

return workloads

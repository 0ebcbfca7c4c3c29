--- When a rollout is done: pure functions from an object to a verdict.
---
--- For Deployment, StatefulSet and DaemonSet the conditions and the words are kubectl's, so that both
--- always agree: https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/rollout_status.go
--- Jobs and custom resources follow kstatus, but wait for the end of a Job:
--- https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus
local fields = require "almanac.k8s.rollout.fields"

local M = {}

---@class almanac.rollout.Verdict
---@field state "done"|"progressing"|"failed"
---@field message string  one line; kubectl's where it has one
---@field reason? string  of a failure: the API's word

local number, get, condition = fields.number, fields.get, fields.condition

local function verdict(state, fmt, ...)
  return { state = state, message = string.format(fmt, ...) }
end

-- Kinds whose controller always says which generation it has seen.
local OBSERVED = { Deployment = true, StatefulSet = true, DaemonSet = true, ReplicaSet = true }

--- Whether the controller has seen the newest spec. A generation is a number in the API's own kinds; some
--- custom resources write it as text. One that says nothing (a Job), or no number (a hash), is believed.
---@param obj table
---@return boolean
function M.is_observed(obj)
  local seen = get(obj, "status", "observedGeneration")
  if seen == nil then return not OBSERVED[obj.kind] end
  local generation = tonumber(seen)
  return generation == nil or generation >= number(get(obj, "metadata", "generation"))
end

local is_observed = M.is_observed

--- A Deployment, by kubectl's conditions.
---@param obj table
---@return almanac.rollout.Verdict
function M.deployment(obj)
  local name, status = obj.metadata.name, obj.status or {}
  if not is_observed(obj) then
    return verdict("progressing", "Waiting for deployment spec update to be observed...")
  end
  local progressing = condition(obj, "Progressing")
  if progressing and progressing.reason == "ProgressDeadlineExceeded" then
    local v = verdict("failed", 'deployment "%s" exceeded its progress deadline', name)
    v.reason = progressing.reason
    return v
  end
  local wanted, updated = get(obj, "spec", "replicas"), number(status.updatedReplicas)
  local replicas, available = number(status.replicas), number(status.availableReplicas)
  if wanted and updated < wanted then
    return verdict("progressing",
      'Waiting for deployment "%s" rollout to finish: %d out of %d new replicas have been updated...',
      name, updated, wanted)
  end
  if replicas > updated then
    return verdict("progressing",
      'Waiting for deployment "%s" rollout to finish: %d old replicas are pending termination...',
      name, replicas - updated)
  end
  if available < updated then
    return verdict("progressing",
      'Waiting for deployment "%s" rollout to finish: %d of %d updated replicas are available...',
      name, available, updated)
  end
  return verdict("done", 'deployment "%s" successfully rolled out', name)
end

--- OnDelete is for the person: kubectl refuses to follow it, we say what is left to delete.
local function on_delete(name, revision, updated, ready, wanted)
  if updated < wanted then
    return verdict("progressing", "%s is updated on delete: %d of %d pods are at revision %s",
      name, updated, wanted, revision)
  end
  if ready < wanted then return verdict("progressing", "Waiting for %d pods to be ready...", wanted - ready) end
  return verdict("done", "%s: all %d pods are at revision %s", name, wanted, revision)
end

--- A StatefulSet, by kubectl's conditions.
---@param obj table
---@return almanac.rollout.Verdict
function M.statefulset(obj)
  local status, spec = obj.status or {}, obj.spec or {}
  local wanted, ready = spec.replicas, number(status.readyReplicas)
  local updated = number(status.updatedReplicas)
  if number(status.observedGeneration) == 0 or not is_observed(obj) then
    return verdict("progressing", "Waiting for statefulset spec update to be observed...")
  end
  if get(spec, "updateStrategy", "type") == "OnDelete" then
    return on_delete(string.format('statefulset "%s"', obj.metadata.name), tostring(status.updateRevision),
      updated, ready, wanted or 1)
  end
  if wanted and ready < wanted then
    return verdict("progressing", "Waiting for %d pods to be ready...", wanted - ready)
  end
  local rolling = get(spec, "updateStrategy", "rollingUpdate")
  if rolling then
    local partition = get(rolling, "partition")
    if wanted and partition and updated < wanted - partition then
      return verdict("progressing",
        "Waiting for partitioned roll out to finish: %d out of %d new pods have been updated...",
        updated, wanted - partition)
    end
    return verdict("done", "partitioned roll out complete: %d new pods have been updated...", updated)
  end
  if status.updateRevision ~= status.currentRevision then
    return verdict("progressing", "waiting for statefulset rolling update to complete %d pods at revision %s...",
      updated, tostring(status.updateRevision))
  end
  return verdict("done", "statefulset rolling update complete %d pods at revision %s...",
    number(status.currentReplicas), tostring(status.currentRevision))
end

--- A DaemonSet, by kubectl's conditions.
---@param obj table
---@return almanac.rollout.Verdict
function M.daemonset(obj)
  local name, status = obj.metadata.name, obj.status or {}
  local desired, updated = number(status.desiredNumberScheduled), number(status.updatedNumberScheduled)
  local available = number(status.numberAvailable)
  if not is_observed(obj) then
    return verdict("progressing", "Waiting for daemon set spec update to be observed...")
  end
  if get(obj, "spec", "updateStrategy", "type") == "OnDelete" then
    return on_delete(string.format('daemon set "%s"', name), "of generation " .. number(obj.metadata.generation),
      updated, number(status.numberReady), desired)
  end
  if updated < desired then
    return verdict("progressing",
      'Waiting for daemon set "%s" rollout to finish: %d out of %d new pods have been updated...',
      name, updated, desired)
  end
  if available < desired then
    return verdict("progressing",
      'Waiting for daemon set "%s" rollout to finish: %d of %d updated pods are available...',
      name, available, desired)
  end
  return verdict("done", 'daemon set "%s" successfully rolled out', name)
end

local function is_true(obj, kind)
  local c = condition(obj, kind)
  return c ~= nil and c.status == "True" and c or nil
end

local function because(v, c)
  v.reason = type(c.reason) == "string" and c.reason ~= "" and c.reason or nil
  local said = type(c.message) == "string" and c.message
  if v.reason then v.message = v.message .. ": " .. v.reason end
  if said and said ~= "" then v.message = v.message .. ": " .. said end
  return v
end

--- A Job: done when it is complete. It has failed as soon as the controller has decided so
--- (FailureTarget), while its last pods are still ending. One that is suspended waits for whoever
--- suspended it (a queue resumes its Jobs by itself).
---@param obj table
---@return almanac.rollout.Verdict
function M.job(obj)
  local name, status = obj.metadata.name, obj.status or {}
  local wanted = get(obj, "spec", "completions")
  local failed = is_true(obj, "Failed") or is_true(obj, "FailureTarget")
  if failed then return because(verdict("failed", 'job "%s" failed', name), failed) end
  if is_true(obj, "Complete") then
    return verdict("done", 'job "%s" complete: %d succeeded', name, number(status.succeeded))
  end
  if is_true(obj, "Suspended") or get(obj, "spec", "suspend") == true then
    return verdict("progressing", 'job "%s" is suspended', name)
  end
  if not get(status, "startTime") then return verdict("progressing", 'job "%s" has not started', name) end
  return verdict("progressing", 'job "%s": %d of %d succeeded, %d active, %d failed', name, number(status.succeeded),
    number(wanted or get(obj, "spec", "parallelism") or 1), number(status.active), number(status.failed))
end

-- The condition that says a custom resource is ready, where the caller names none: the first that is there.
local USUAL = { "Ready", "Available", "Established", "Complete", "Succeeded" }

local function ready_condition(obj, name)
  if name then return condition(obj, name) end
  for _, usual in ipairs(USUAL) do
    local c = condition(obj, usual)
    if c then return c end
  end
  return nil
end

--- Anything that has status.conditions: done when the condition is True, of the newest generation. It
--- has failed when it says that it is stalled (kstatus), or past its progress deadline.
---@param obj table
---@param name? string of the condition; default Ready, Available, Established, Complete or Succeeded
---@return almanac.rollout.Verdict
function M.conditions(obj, name)
  local shown = string.format('%s "%s"', obj.kind:lower(), obj.metadata.name)
  if get(obj, "metadata", "deletionTimestamp") then return verdict("progressing", "%s is being deleted", shown) end
  if not is_observed(obj) then return verdict("progressing", "Waiting for %s spec update to be observed...", shown) end
  local stalled = is_true(obj, "Stalled")
  if stalled then return because(verdict("failed", "%s is stalled", shown), stalled) end
  local progressing = condition(obj, "Progressing")
  if progressing and progressing.reason == "ProgressDeadlineExceeded" then
    return because(verdict("failed", "%s does not progress", shown), progressing)
  end
  local reconciling = is_true(obj, "Reconciling")
  if reconciling then return because(verdict("progressing", "%s is reconciling", shown), reconciling) end
  local c = ready_condition(obj, name)
  if not c then
    return verdict("progressing", "%s has no condition %s yet", shown, name or "Ready, Available or the like")
  end
  if number(tonumber(get(c, "observedGeneration") or math.maxinteger)) < number(get(obj, "metadata", "generation")) then
    return verdict("progressing", "%s: its condition %s is of an older generation", shown, c.type)
  end
  if c.status == "True" then return verdict("done", "%s: %s", shown, c.type) end
  return because(verdict("progressing", "%s: %s is %s", shown, c.type, tostring(c.status)), c)
end

--- A Pod of its own: done when it has ended well, or is ready (`to_end`: only then the former); failed when it has
--- ended otherwise.
---@param obj table
---@param to_end? boolean
---@return almanac.rollout.Verdict
function M.pod(obj, to_end)
  local name, phase = obj.metadata.name, get(obj, "status", "phase") or "Pending"
  if phase == "Failed" then
    local v = verdict("failed", 'pod "%s" failed', name)
    v.reason = get(obj, "status", "reason") or "PodFailed"
    return v
  end
  if phase == "Succeeded" then return verdict("done", 'pod "%s" has ended', name) end
  if to_end then return verdict("progressing", 'pod "%s" is %s', name, phase:lower()) end
  return M.conditions(obj)
end

local by_kind = { Deployment = M.deployment, StatefulSet = M.statefulset, DaemonSet = M.daemonset, Job = M.job }
local OWN = { apps = true, batch = true }

local function group_of(obj)
  return (obj.apiVersion or ""):match "^(.-)/" or ""
end

--- The verdict of an object of any kind that can be followed; nil for another kind. Kinds of a group of
--- their own, and all that have conditions, are followed by those.
---@param obj table
---@param condition_name? string
---@param to_end? boolean  a Pod is followed to its end
---@return almanac.rollout.Verdict?
function M.verdict(obj, condition_name, to_end)
  local group = group_of(obj)
  local judge = by_kind[obj.kind]
  if judge and (OWN[group] or obj.apiVersion == nil) then return judge(obj) end
  if obj.kind == "Pod" and group == "" and not condition_name then return M.pod(obj, to_end) end
  local custom = group:find(".", 1, true) and not group:find "%.k8s%.io$"
  if custom or get(obj, "status", "conditions") then return M.conditions(obj, condition_name) end
  return nil
end

--- Whether an object has a verdict of its own, so that no condition is asked for.
---@param obj table
function M.is_workload(obj)
  return by_kind[obj.kind] ~= nil and (OWN[group_of(obj)] or obj.apiVersion == nil)
end

return M

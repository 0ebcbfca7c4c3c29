--- Which pods are a workload's, and which of those are of its newest revision. Pure.
local fields = require "almanac.k8s.rollout.fields"

local M = {}

local get = fields.get

local REVISION = "deployment.kubernetes.io/revision"

--- Whether an object is one of its owner's.
---@param obj table
---@param uid string  of the owner
---@return boolean
function M.is_owned_by(obj, uid)
  for _, owner in ipairs(get(obj, "metadata", "ownerReferences") or {}) do
    if owner.uid == uid then return true end
  end
  return false
end

--- The label, and its value, that the pods of the workload's newest revision carry.
---@param workload table
---@param replicasets? table[]  of a Deployment; others are ignored
---@return string? label
---@return string? value  nil when the controller has not made it yet
function M.label(workload, replicasets)
  if workload.kind == "StatefulSet" then
    return "controller-revision-hash", get(workload, "status", "updateRevision")
  end
  if workload.kind == "DaemonSet" then
    local generation = get(workload, "metadata", "annotations", "deprecated.daemonset.template.generation")
    return "pod-template-generation", generation and tostring(generation)
  end
  if workload.kind == "Job" then return "batch.kubernetes.io/controller-uid", get(workload, "metadata", "uid") end
  -- By the time the generation is observed the Deployment carries the number of its ReplicaSet. A
  -- list of ReplicaSets that does not have it yet is older than the Deployment: nothing is known.
  local current = tonumber(get(workload, "metadata", "annotations", REVISION))
  local newest, hash = -1, nil
  for _, rs in ipairs(replicasets or {}) do
    local revision = tonumber(get(rs, "metadata", "annotations", REVISION))
    if revision and revision > newest and M.is_owned_by(rs, workload.metadata.uid)
      and (not current or revision == current) then
      newest, hash = revision, get(rs, "metadata", "labels", "pod-template-hash")
    end
  end
  return "pod-template-hash", hash
end

--- Whether a Deployment's condition that the deadline was exceeded is of a rollout before the newest: it keeps its words,
--- and names the ReplicaSet of then, until the first pod of the newest has made progress. After a rollback of what timed
--- out it would count as the rollback's own failure.
--- https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/deployment/progress.go (syncRolloutStatus)
---@param workload table
---@param replicasets table[]
---@param message string?  of the condition
---@return boolean
function M.is_deadline_of_another(workload, replicasets, message)
  local named = tostring(message):match 'ReplicaSet "([^"]+)"'
  local _, hash = M.label(workload, replicasets)
  if not named or not hash then return false end
  for _, rs in ipairs(replicasets) do
    if rs.metadata.name == named then return get(rs, "metadata", "labels", "pod-template-hash") ~= hash end
  end
  return false
end

---@param obj table
---@return boolean
function M.is_terminating(obj)
  return get(obj, "metadata", "deletionTimestamp") ~= nil
end

--- The pods of the newest revision that are to stay. A Pod is its own.
---@param workload table
---@param pods table[]
---@param replicasets? table[]
---@return table[]
function M.newest(workload, pods, replicasets)
  if workload.kind == "Pod" then return M.is_terminating(workload) and {} or { workload } end
  local label, value = M.label(workload, replicasets)
  local out = {}
  for _, pod in ipairs(value and pods or {}) do
    if get(pod, "metadata", "labels", label) == value and not M.is_terminating(pod) then out[#out + 1] = pod end
  end
  table.sort(out, function(a, b) return a.metadata.name < b.metadata.name end)
  return out
end

return M

--- The ReplicaSet controller as a pure function: objects in, writes out (see controllers.lua).
--- Follows https://github.com/kubernetes/kubernetes/tree/master/pkg/controller/replicaset
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"

local replicaset = {}

local function deletion_rank(pod)
  if value.is_nil(pod.spec.nodeName) or pod.spec.nodeName == "" then return 0 end
  if value.dig(pod, "status", "phase") == "Pending" then return 1 end
  return pods.ready(pod) and 3 or 2
end

--- The pods to delete first when `n` are too many: those that serve least, then the youngest.
local function victims(active, n)
  table.sort(active, function(a, b)
    local ra, rb = deletion_rank(a), deletion_rank(b)
    if ra ~= rb then return ra < rb end
    if a.metadata.creationTimestamp ~= b.metadata.creationTimestamp then
      return a.metadata.creationTimestamp > b.metadata.creationTimestamp
    end
    return a.metadata.name < b.metadata.name
  end)
  return table.move(active, 1, n, 1, {})
end

local function replicaset_status(rs, active, terminating, now)
  local ready, available, wait = 0, 0, nil
  for _, pod in ipairs(active) do
    if pods.ready(pod) then ready = ready + 1 end
    local ok, left = pods.available(pod, rs.spec.minReadySeconds, now)
    if ok then available = available + 1 end
    if left then wait = math.min(wait or left, left) end
  end
  local status = pods.omit_zero {
    fullyLabeledReplicas = #active, readyReplicas = ready, availableReplicas = available,
    observedGeneration = rs.metadata.generation,
  }
  status.replicas, status.terminatingReplicas = #active, terminating
  return status, wait
end

--- What a ReplicaSet needs done.
---@param rs table
---@param owned table[] the pods it controls
---@param now number
---@return table[] actions
---@param refused? string why its last pod could not be made
function replicaset.reconcile(rs, owned, now, refused)
  local actions, active, terminating = {}, {}, 0
  for _, pod in ipairs(owned) do
    if pods.active(pod) then active[#active + 1] = pod end
    if pods.terminating(pod) then terminating = terminating + 1 end
  end
  local status, wait = replicaset_status(rs, active, terminating, now)
  local diff = rs.metadata.deletionTimestamp and 0 or #active - (rs.spec.replicas or 1)
  if refused and diff < 0 then
    local have = pods.condition(rs, "ReplicaFailure")
    status.conditions = value.array { have and have.message == refused and have or { type = "ReplicaFailure", status = "True",
      lastTransitionTime = value.timestamp(now), reason = "FailedCreate", message = refused } }
    diff = -1 -- one is tried, and the rest when that went well
  end
  for _ = 1, -diff do
    actions[#actions + 1] = { op = "create", gvr = "v1/pods",
      object = pods.from_template(rs.spec.template, rs, { generate = rs.metadata.name .. "-" }),
      created = function(pod) return "SuccessfulCreate", "Created pod: " .. pod.metadata.name end,
      about = rs, component = "replicaset-controller" }
  end
  for _, pod in ipairs(diff > 0 and victims(active, diff) or {}) do
    actions[#actions + 1] = { op = "delete", gvr = "v1/pods", ns = pod.metadata.namespace,
      name = pod.metadata.name, uid = pod.metadata.uid }
    actions[#actions + 1] = { op = "event", about = rs, type = "Normal", reason = "SuccessfulDelete",
      message = "Deleted pod: " .. pod.metadata.name, component = "replicaset-controller" }
  end
  if not value.equal(status, rs.status or {}) then
    local changed = value.shallow(rs)
    changed.status = status
    actions[#actions + 1] = { op = "status", gvr = "apps/v1/replicasets", object = changed }
  end
  if wait then actions[#actions + 1] = { op = "requeue", after = wait } end
  return actions
end

return replicaset

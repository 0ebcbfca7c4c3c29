--- What the simulated cluster does beside workloads: binding and protection of claims, the taint of a cordoned
--- node, and what every namespace is born with. Pure functions: objects in, writes out.
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"

local plumbing = {}

local PROTECTION = "kubernetes.io/pvc-protection"

--- Whether a pod holds on to a claim: it names it, and has not ended.
---@param pod table
---@param claim string
---@return boolean
local function uses_claim(pod, claim)
  if pods.finished(pod) then return false end
  for _, volume in ipairs(pod.spec.volumes or {}) do
    if value.dig(volume, "persistentVolumeClaim", "claimName") == claim then return true end
  end
  return false
end

local function bind(claim)
  local volume = "pvc-" .. claim.metadata.uid
  local modes = claim.spec.accessModes or value.array { "ReadWriteOnce" }
  local capacity = { storage = value.dig(claim, "spec", "resources", "requests", "storage") or "1Gi" }
  local bound = value.copy(claim)
  bound.spec.volumeName = volume
  bound.metadata.annotations = bound.metadata.annotations or {}
  bound.metadata.annotations["pv.kubernetes.io/bind-completed"] = "yes"
  bound.metadata.annotations["pv.kubernetes.io/bound-by-controller"] = "yes"
  local status = { phase = "Bound", accessModes = value.copy(modes), capacity = capacity }
  return {
    { op = "create", gvr = "v1/persistentvolumes", object = {
      apiVersion = "v1", kind = "PersistentVolume", metadata = { name = volume },
      spec = {
        accessModes = value.copy(modes), capacity = value.copy(capacity),
        claimRef = { apiVersion = "v1", kind = "PersistentVolumeClaim", name = claim.metadata.name,
          namespace = claim.metadata.namespace, uid = claim.metadata.uid },
        hostPath = { path = "/var/lib/sim/" .. volume }, persistentVolumeReclaimPolicy = "Delete",
        storageClassName = claim.spec.storageClassName, volumeMode = "Filesystem",
      },
      status = { phase = "Bound" },
    } },
    { op = "update", gvr = "v1/persistentvolumeclaims", object = bound, status = status },
  }
end

--- What a claim needs done: protection when new, a volume, and its release when nothing uses it.
---@param claim table
---@param users table[] pods of its namespace
---@return table[] actions
function plumbing.claim(claim, users)
  if not claim.metadata.deletionTimestamp then
    if value.dig(claim, "status", "phase") ~= "Bound" then return bind(claim) end
    return {}
  end
  for _, pod in ipairs(users) do
    if uses_claim(pod, claim.metadata.name) then return {} end
  end
  local rest, held = value.array {}, false
  for _, f in ipairs(claim.metadata.finalizers or {}) do
    if f == PROTECTION then held = true else rest[#rest + 1] = f end
  end
  if not held then return {} end
  local changed = value.shallow(claim)
  changed.metadata = value.shallow(claim.metadata)
  changed.metadata.finalizers = rest
  local actions = { { op = "update", gvr = "v1/persistentvolumeclaims", object = changed } }
  if claim.spec.volumeName then
    actions[2] = { op = "delete", gvr = "v1/persistentvolumes", name = claim.spec.volumeName }
  end
  return actions
end

--- Puts the protection finalizer on a claim that is being created.
---@param claim table changed in place
function plumbing.protect(claim)
  local list = value.array {}
  for _, f in ipairs(claim.metadata.finalizers or {}) do
    if f == PROTECTION then return end
    list[#list + 1] = f
  end
  list[#list + 1] = PROTECTION
  claim.metadata.finalizers = list
end

local CORDONED = "node.kubernetes.io/unschedulable"

--- The taint of a node that takes no new pods, as long as it takes none.
---@param node table
---@param now number
---@return table[] actions
function plumbing.node(node, now)
  local rest, tainted = value.array {}, false
  for _, taint in ipairs(node.spec.taints or {}) do
    if taint.key == CORDONED then tainted = true else rest[#rest + 1] = taint end
  end
  local wanted = node.spec.unschedulable == true
  if wanted == tainted then return {} end
  if wanted then rest[#rest + 1] = { key = CORDONED, effect = "NoSchedule", timeAdded = value.timestamp(now) } end
  local changed = value.shallow(node)
  changed.spec = value.shallow(node.spec)
  changed.spec.taints = rest[1] and rest or nil
  return { { op = "update", gvr = "v1/nodes", object = changed } }
end

--- What a new namespace is given.
---@param namespace table
---@param ca string PEM text of the cluster's authority, "" when it has none
---@return table[] actions
function plumbing.namespace(namespace, ca)
  local name = namespace.metadata.name
  return {
    { op = "create", gvr = "v1/serviceaccounts", object = { apiVersion = "v1", kind = "ServiceAccount",
      metadata = { name = "default", namespace = name } } },
    { op = "create", gvr = "v1/configmaps", object = { apiVersion = "v1", kind = "ConfigMap",
      metadata = { name = "kube-root-ca.crt", namespace = name, annotations = {
        ["kubernetes.io/description"] = "Contains a CA bundle that can be used to verify the "
          .. "kube-apiserver when using internal endpoints such as the internal service IP or "
          .. "kubernetes.default.svc. No other usage is guaranteed across distributions of "
          .. "Kubernetes clusters.",
      } },
      data = { ["ca.crt"] = ca } } },
  }
end

return plumbing

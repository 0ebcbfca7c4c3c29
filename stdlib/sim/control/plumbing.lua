--- What the simulated cluster does beside workloads: endpoints of services, binding and protection of
--- claims, and what every namespace is born with. Pure functions: objects in, writes out.
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"

local plumbing = {}

local PROTECTION = "kubernetes.io/pvc-protection"

local function target_port(port, pod)
  local target = value.is_nil(port.targetPort) and port.port or port.targetPort
  if type(target) == "number" then return target end
  for _, container in ipairs(pod.spec.containers or {}) do
    for _, p in ipairs(container.ports or {}) do
      if p.name == target then return p.containerPort end
    end
  end
  return nil
end

local function address_of(pod)
  return {
    ip = pod.status.podIP, nodeName = pod.spec.nodeName,
    targetRef = { kind = "Pod", namespace = pod.metadata.namespace, name = pod.metadata.name,
      uid = pod.metadata.uid },
  }
end

local function ports_of(service, pod)
  local ports = value.array {}
  for _, port in ipairs(service.spec.ports or {}) do
    local number = target_port(port, pod)
    if number then ports[#ports + 1] = { name = port.name, port = number, protocol = port.protocol or "TCP" } end
  end
  return ports
end

--- The Endpoints of a service.
---@param service table
---@param selected table[] pods its selector matches
---@param have table|nil the Endpoints that exist
---@return table[] actions
function plumbing.endpoints(service, selected, have)
  local ready, not_ready, ports = value.array {}, value.array {}, nil
  for _, pod in ipairs(selected) do
    if value.dig(pod, "status", "podIP") and pods.active(pod) then
      local list = (pods.ready(pod) or service.spec.publishNotReadyAddresses) and ready or not_ready
      list[#list + 1] = address_of(pod)
      ports = ports or ports_of(service, pod)
    end
  end
  local subset = nil
  if #ready + #not_ready > 0 then
    subset = value.array { {
      addresses = #ready > 0 and ready or nil, notReadyAddresses = #not_ready > 0 and not_ready or nil,
      ports = ports,
    } }
  end
  if have and value.equal(have.subsets or {}, subset or {}) then return {} end
  local object = have and value.shallow(have) or {
    apiVersion = "v1", kind = "Endpoints",
    metadata = {
      name = service.metadata.name, namespace = service.metadata.namespace,
      labels = value.copy(service.metadata.labels or {}), ownerReferences = pods.owner_reference(service),
    },
  }
  object.subsets = subset
  return { { op = have and "update" or "create", gvr = "v1/endpoints", object = object } }
end

--- Whether a pod holds on to a claim: it names it, and has not ended.
---@param pod table
---@param claim string
---@return boolean
function plumbing.uses_claim(pod, claim)
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
    if plumbing.uses_claim(pod, claim.metadata.name) then return {} end
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

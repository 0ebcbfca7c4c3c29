--- The defaults of the API types, as a real API server fills them in: field managers own them when they
--- create an object. What admission adds is in admission.lua.
local value = require "almanac.sim.model.value"
local base64 = require "almanac.base.base64"

local defaults = {}

--- Sets `t[k]` where it is absent or null. Returns what is there then.
function defaults.default(t, k, v)
  if t[k] == nil or t[k] == value.null then t[k] = v end
  return t[k]
end

--- The table at `t[k]`, made where it is absent.
function defaults.sub(t, k) return defaults.default(t, k, {}) end

--- Calls `fn` for each object in a list; what is no list or no object is passed over.
function defaults.each(list, fn)
  if type(list) ~= "table" then return end
  for _, item in ipairs(list) do
    if type(item) == "table" then fn(item) end
  end
end

local default, sub, each = defaults.default, defaults.sub, defaults.each

local function probe(p)
  if type(p) ~= "table" then return end
  default(p, "timeoutSeconds", 1)
  default(p, "periodSeconds", 10)
  default(p, "successThreshold", 1)
  default(p, "failureThreshold", 3)
  if type(p.httpGet) == "table" then
    default(p.httpGet, "path", "/")
    default(p.httpGet, "scheme", "HTTP")
  end
  if type(p.grpc) == "table" then default(p.grpc, "service", "") end
end

local function pull_policy(image)
  local name = tostring(image or ""):gsub("@.*$", "")
  if tostring(image or ""):find("@", 1, true) then return "IfNotPresent" end
  local tag = name:match(":([^/:]+)$")
  return (tag == nil or tag == "latest") and "Always" or "IfNotPresent"
end

local function env_source(e)
  local ref = value.dig(e, "valueFrom", "fieldRef")
  if type(ref) == "table" then default(ref, "apiVersion", "v1") end
  local amount = value.dig(e, "valueFrom", "resourceFieldRef")
  if type(amount) == "table" then default(amount, "divisor", "0") end
end

local function container(c)
  default(c, "imagePullPolicy", pull_policy(c.image))
  default(c, "terminationMessagePath", "/dev/termination-log")
  default(c, "terminationMessagePolicy", "File")
  sub(c, "resources")
  each(c.ports, function(p) default(p, "protocol", "TCP") end)
  each(c.env, env_source)
  probe(c.livenessProbe)
  probe(c.readinessProbe)
  probe(c.startupProbe)
  for _, hook in ipairs { "postStart", "preStop" } do
    local get = value.dig(c, "lifecycle", hook, "httpGet")
    if type(get) == "table" then
      default(get, "path", "/")
      default(get, "scheme", "HTTP")
    end
  end
end

local function volume(v)
  local source = false
  for k in pairs(v) do source = source or k ~= "name" end
  if not source then v.emptyDir = {} end
  for _, k in ipairs { "secret", "configMap", "downwardAPI", "projected" } do
    if type(v[k]) == "table" then default(v[k], "defaultMode", 420) end
  end
  if type(v.hostPath) == "table" then default(v.hostPath, "type", "") end
  each(value.dig(v, "projected", "sources"), function(s)
    if type(s.serviceAccountToken) == "table" then default(s.serviceAccountToken, "expirationSeconds", 3600) end
  end)
end

local function pod_spec(spec)
  default(spec, "restartPolicy", "Always")
  default(spec, "dnsPolicy", "ClusterFirst")
  default(spec, "schedulerName", "default-scheduler")
  default(spec, "terminationGracePeriodSeconds", 30)
  sub(spec, "securityContext")
  if spec.serviceAccountName then default(spec, "serviceAccount", spec.serviceAccountName)
  elseif spec.serviceAccount then spec.serviceAccountName = spec.serviceAccount end
  each(spec.containers, container)
  each(spec.initContainers, container)
  each(spec.volumes, volume)
end

local function template(spec)
  local t = sub(spec, "template")
  sub(t, "metadata")
  pod_spec(sub(t, "spec"))
end

local function claim_spec(spec)
  default(spec, "volumeMode", "Filesystem")
end

local KINDS = {}

function KINDS.Pod(o)
  pod_spec(sub(o, "spec"))
  default(o.spec, "enableServiceLinks", true)
  each(o.spec.containers, function(c)
    local limits = value.dig(c, "resources", "limits")
    if limits then
      local requests = sub(c.resources, "requests")
      for k, v in pairs(limits) do default(requests, k, v) end
    end
  end)
end

function KINDS.PodTemplate(o) template(o) end

function KINDS.Deployment(o)
  local spec = sub(o, "spec")
  default(spec, "replicas", 1)
  local strategy = sub(spec, "strategy")
  default(strategy, "type", "RollingUpdate")
  if strategy.type == "RollingUpdate" then
    local rolling = sub(strategy, "rollingUpdate")
    default(rolling, "maxUnavailable", "25%")
    default(rolling, "maxSurge", "25%")
  end
  default(spec, "revisionHistoryLimit", 10)
  default(spec, "progressDeadlineSeconds", 600)
  template(spec)
end

function KINDS.ReplicaSet(o)
  local spec = sub(o, "spec")
  default(spec, "replicas", 1)
  template(spec)
end

KINDS.ReplicationController = KINDS.ReplicaSet

function KINDS.StatefulSet(o)
  local spec = sub(o, "spec")
  default(spec, "replicas", 1)
  default(spec, "podManagementPolicy", "OrderedReady")
  default(spec, "revisionHistoryLimit", 10)
  local strategy = sub(spec, "updateStrategy")
  default(strategy, "type", "RollingUpdate")
  if strategy.type == "RollingUpdate" then default(sub(strategy, "rollingUpdate"), "partition", 0) end
  local retention = sub(spec, "persistentVolumeClaimRetentionPolicy")
  default(retention, "whenDeleted", "Retain")
  default(retention, "whenScaled", "Retain")
  template(spec)
  each(spec.volumeClaimTemplates, function(c)
    c.kind, c.apiVersion = "PersistentVolumeClaim", "v1"
    claim_spec(sub(c, "spec"))
    default(sub(c, "status"), "phase", "Pending")
  end)
end

function KINDS.DaemonSet(o)
  local spec = sub(o, "spec")
  local strategy = sub(spec, "updateStrategy")
  default(strategy, "type", "RollingUpdate")
  if strategy.type == "RollingUpdate" then
    local rolling = sub(strategy, "rollingUpdate")
    default(rolling, "maxUnavailable", 1)
    default(rolling, "maxSurge", 0)
  end
  default(spec, "revisionHistoryLimit", 10)
  template(spec)
end

function KINDS.Job(o)
  local spec = sub(o, "spec")
  if value.is_nil(spec.completions) and value.is_nil(spec.parallelism) then spec.completions = 1 end
  default(spec, "parallelism", 1)
  default(spec, "backoffLimit", 6)
  default(spec, "completionMode", "NonIndexed")
  default(spec, "suspend", false)
  default(spec, "podReplacementPolicy", "TerminatingOrFailed")
  template(spec)
end

function KINDS.CronJob(o)
  local spec = sub(o, "spec")
  default(spec, "concurrencyPolicy", "Allow")
  default(spec, "suspend", false)
  default(spec, "successfulJobsHistoryLimit", 3)
  default(spec, "failedJobsHistoryLimit", 1)
  if type(spec.jobTemplate) == "table" then template(sub(spec.jobTemplate, "spec")) end
end

function KINDS.Service(o)
  local spec = sub(o, "spec")
  default(spec, "sessionAffinity", "None")
  default(spec, "type", "ClusterIP")
  each(spec.ports, function(p)
    default(p, "protocol", "TCP")
    default(p, "targetPort", p.port)
  end)
  if spec.type ~= "ExternalName" then default(spec, "internalTrafficPolicy", "Cluster") end
  if spec.type == "NodePort" or spec.type == "LoadBalancer" then default(spec, "externalTrafficPolicy", "Cluster") end
  if spec.type == "LoadBalancer" then default(spec, "allocateLoadBalancerNodePorts", true) end
end

function KINDS.Secret(o)
  default(o, "type", "Opaque")
  if type(o.stringData) == "table" then
    o.data = value.shallow(o.data)
    for k, v in pairs(o.stringData) do o.data[k] = base64.encode(tostring(v)) end
    o.stringData = nil
  end
end

function KINDS.PersistentVolumeClaim(o)
  claim_spec(sub(o, "spec"))
  default(sub(o, "status"), "phase", "Pending")
end

function KINDS.PersistentVolume(o)
  local spec = sub(o, "spec")
  default(spec, "persistentVolumeReclaimPolicy", "Retain")
  default(spec, "volumeMode", "Filesystem")
  default(sub(o, "status"), "phase", "Pending")
end

function KINDS.Namespace(o)
  sub(o.metadata, "labels")["kubernetes.io/metadata.name"] = o.metadata.name
  default(sub(o, "status"), "phase", "Active")
end

function KINDS.HorizontalPodAutoscaler(o)
  local spec = sub(o, "spec")
  default(spec, "minReplicas", 1)
  default(spec, "metrics", value.array { { type = "Resource",
    resource = { name = "cpu", target = { type = "Utilization", averageUtilization = 80 } } } })
end

function KINDS.NetworkPolicy(o)
  local spec = sub(o, "spec")
  if value.is_nil(spec.policyTypes) then
    spec.policyTypes = value.array { "Ingress" }
    if type(spec.egress) == "table" and #spec.egress > 0 then spec.policyTypes[2] = "Egress" end
  end
end

local function role_binding(o)
  if type(o.roleRef) == "table" then default(o.roleRef, "apiGroup", "rbac.authorization.k8s.io") end
  each(o.subjects, function(s)
    if s.kind == "User" or s.kind == "Group" then default(s, "apiGroup", "rbac.authorization.k8s.io") end
  end)
end

KINDS.RoleBinding, KINDS.ClusterRoleBinding = role_binding, role_binding

function KINDS.StorageClass(o)
  default(o, "reclaimPolicy", "Delete")
  default(o, "volumeBindingMode", "Immediate")
end

--- Sets the defaults of the object's type in place: the object must be the caller's own copy.
---@param object table
---@return table object
function defaults.set(object)
  local fn = KINDS[object.kind]
  object.metadata = object.metadata or {}
  if fn then fn(object) end
  return object
end

return defaults

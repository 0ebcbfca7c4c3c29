--- What a real API server fills in: first the defaults of the API types, which field managers own when
--- they create an object, then what admission and storage add, which nobody owns.
local value = require "almanac.sim.model.value"
local base64 = require("almanac.sim.model.protobuf").base64

local defaults = {}

--- Sets `t[k]` where it is absent or null.
local function default(t, k, v)
  if t[k] == nil or t[k] == value.null then t[k] = v end
  return t[k]
end

local function sub(t, k)
  return default(t, k, {})
end

local function each(list, fn)
  if type(list) ~= "table" then return end
  for _, item in ipairs(list) do
    if type(item) == "table" then fn(item) end
  end
end

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
    for k, v in pairs(o.stringData) do o.data[k] = base64(tostring(v)) end
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

-- The status a new object begins with, and what the strategies and admission plugins add.
local PREPARE = {}

local function qos(spec)
  local any, all = false, true
  each(spec.containers, function(c)
    local limits, requests = value.dig(c, "resources", "limits"), value.dig(c, "resources", "requests")
    for _, k in ipairs { "cpu", "memory" } do
      local limit, request = limits and limits[k], requests and requests[k]
      any = any or limit ~= nil or request ~= nil
      all = all and limit ~= nil and (request == nil or request == limit)
    end
  end)
  if not any then return "BestEffort" end
  return all and "Guaranteed" or "Burstable"
end

local NODE_TROUBLE = { "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable" }

local function tolerations(spec)
  local list = value.array {}
  each(spec.tolerations, function(t) list[#list + 1] = t end)
  for _, key in ipairs(NODE_TROUBLE) do
    local has = false
    each(list, function(t) has = has or t.key == key or (not t.key and t.operator == "Exists") end)
    if not has then
      list[#list + 1] = { key = key, operator = "Exists", effect = "NoExecute", tolerationSeconds = 300 }
    end
  end
  spec.tolerations = list
end

function PREPARE.Pod(o)
  local spec = o.spec
  default(spec, "serviceAccountName", "default")
  default(spec, "serviceAccount", spec.serviceAccountName)
  default(spec, "priority", 0)
  default(spec, "preemptionPolicy", "PreemptLowerPriority")
  tolerations(spec)
  local status = sub(o, "status")
  default(status, "phase", "Pending")
  default(status, "qosClass", qos(spec))
end

function PREPARE.Namespace(o)
  default(sub(o, "spec"), "finalizers", value.array { "kubernetes" })
end

local function finalizer(name)
  return function(o)
    local list = value.array {}
    for _, f in ipairs(o.metadata.finalizers or {}) do
      if f == name then return end
      list[#list + 1] = f
    end
    list[#list + 1] = name
    o.metadata.finalizers = list
  end
end

PREPARE.PersistentVolumeClaim = finalizer("kubernetes.io/pvc-protection")
PREPARE.PersistentVolume = finalizer("kubernetes.io/pv-protection")

function PREPARE.Deployment(o) o.status = o.status or {} end
PREPARE.Job, PREPARE.CronJob, PREPARE.Ingress = PREPARE.Deployment, PREPARE.Deployment, PREPARE.Deployment
function PREPARE.ReplicaSet(o) default(sub(o, "status"), "replicas", 0) end
PREPARE.ReplicationController = PREPARE.ReplicaSet

function PREPARE.StatefulSet(o)
  local status = sub(o, "status")
  default(status, "replicas", 0)
  default(status, "availableReplicas", 0)
end

local TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"

--- How often the template has changed: the pods' label pod-template-generation.
local function template_generation(o, old)
  local before = old and tonumber(value.dig(old, "metadata", "annotations", TEMPLATE_GENERATION)) or 0
  local same = old and value.equal(old.spec.template, o.spec.template)
  sub(o.metadata, "annotations")[TEMPLATE_GENERATION] = ("%d"):format(same and before or before + 1)
end

function PREPARE.DaemonSet(o, _, old)
  template_generation(o, old)
  if old then return end
  local status = sub(o, "status")
  for _, k in ipairs { "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady" } do
    default(status, k, 0)
  end
end

function PREPARE.PodDisruptionBudget(o)
  local status = sub(o, "status")
  for _, k in ipairs { "disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods" } do
    default(status, k, 0)
  end
end

function PREPARE.HorizontalPodAutoscaler(o)
  local status = sub(o, "status")
  default(status, "desiredReplicas", 0)
  default(status, "currentMetrics", value.null)
end

local function cluster_ip(store)
  local taken = {}
  for _, s in ipairs((store:list("v1/services"))) do taken[value.dig(s, "spec", "clusterIP") or ""] = true end
  for n = 2, 65000 do
    local ip = ("10.0.%d.%d"):format(n // 250, n % 250 + 1)
    if not taken[ip] then return ip end
  end
  return "None"
end

local function node_port(store)
  local taken = {}
  for _, s in ipairs((store:list("v1/services"))) do
    each(s.spec.ports, function(p) if p.nodePort then taken[p.nodePort] = true end end)
  end
  for port = 30000, 32767 do
    if not taken[port] then return port end
  end
  return nil
end

function PREPARE.Service(o, store, old)
  local spec = o.spec
  sub(sub(o, "status"), "loadBalancer")
  if spec.type == "ExternalName" then return end
  local was = old and old.spec or {}
  if value.is_nil(spec.clusterIP) or spec.clusterIP == "" then spec.clusterIP = was.clusterIP or cluster_ip(store) end
  default(spec, "clusterIPs", value.array { spec.clusterIP })
  default(spec, "ipFamilies", value.array { "IPv4" })
  default(spec, "ipFamilyPolicy", "SingleStack")
  if spec.type == "NodePort" or spec.type == "LoadBalancer" then
    each(spec.ports, function(p)
      if value.is_nil(p.nodePort) then
        each(was.ports, function(q) if q.port == p.port then p.nodePort = q.nodePort end end)
        default(p, "nodePort", node_port(store))
      end
    end)
  end
end

local function job_selector(o)
  local spec, uid = o.spec, o.metadata.uid
  if spec.manualSelector or spec.selector then return end
  spec.selector = { matchLabels = { ["batch.kubernetes.io/controller-uid"] = uid } }
  spec.template.metadata = sub(spec.template, "metadata")
  local labels = sub(spec.template.metadata, "labels")
  labels["batch.kubernetes.io/controller-uid"], labels["controller-uid"] = uid, uid
  labels["batch.kubernetes.io/job-name"], labels["job-name"] = o.metadata.name, o.metadata.name
end

-- What a create always starts with: the status is the server's.
local FRESH = { Deployment = true, ReplicaSet = true, StatefulSet = true, DaemonSet = true, Job = true,
  CronJob = true, Ingress = true, PodDisruptionBudget = true, HorizontalPodAutoscaler = true }

--- The admission step of the store: fills in what the API server's own plugins would. Changes `object`
--- but none of the tables it shares with what was given.
---@param store table
---@param res table
---@param object table
---@param old table|nil
---@param subresource string|nil
function defaults.admit(store, res, object, old, subresource)
  if subresource or res.custom then return nil end
  local fresh = not old
  if not fresh and res.kind ~= "Service" and res.kind ~= "DaemonSet" then return nil end
  local own = value.copy(object)
  defaults.set(own)
  if fresh and FRESH[res.kind] then own.status = nil end
  if PREPARE[res.kind] then PREPARE[res.kind](own, store, old) end
  if fresh and res.kind == "Job" then job_selector(own) end
  for k, v in pairs(own) do object[k] = v end
  return nil
end

return defaults

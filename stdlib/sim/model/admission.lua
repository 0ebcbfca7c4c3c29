--- What admission and storage add to an object on its way into the store, which no field manager owns:
--- statuses to begin with, finalizers, addresses, tolerations.
local value = require "almanac.sim.model.value"
local defaults = require "almanac.sim.model.defaults"

local admission = {}

local default, sub, each = defaults.default, defaults.sub, defaults.each

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
function admission.admit(store, res, object, old, subresource)
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

return admission

--- Drives the simulated controllers: which object's change wakes which reconcile, and how the writes
--- that a reconcile asks for are made. The reconciles themselves are pure (deployment.lua,
--- replicaset.lua, statefulset.lua, workloads.lua, endpoints.lua, plumbing.lua) and return actions:
---
---   { op = "create", gvr, object [, about, component, created = fn(object) -> reason, message] }
---   { op = "update", gvr, object [, status] }      { op = "status", gvr, object }
---   { op = "delete", gvr, ns, name [, uid] }       { op = "requeue", after = seconds }
---   { op = "event", about, type, reason, message, component }
local value = require "almanac.sim.model.value"
local disruption = require "almanac.sim.control.disruption"
local pods = require "almanac.sim.control.pods"
local deployment = require "almanac.sim.control.deployment"
local endpoints = require "almanac.sim.control.endpoints"
local replicaset = require "almanac.sim.control.replicaset"
local statefulset = require "almanac.sim.control.statefulset"
local workloads = require "almanac.sim.control.workloads"
local plumbing = require "almanac.sim.control.plumbing"
local quota = require "almanac.sim.control.quota"
local selectors = require "almanac.sim.model.selectors"

local controllers = {}

local Controllers = {}
Controllers.__index = Controllers

local PODS, SETS, CLAIMS = "v1/pods", "apps/v1/replicasets", "v1/persistentvolumeclaims"
local REVISIONS = "apps/v1/controllerrevisions"
local BUDGETS = "policy/v1/poddisruptionbudgets"
local SERVICES, ENDPOINTS, SLICES = "v1/services", "v1/endpoints", "discovery.k8s.io/v1/endpointslices"

--- The objects of one resource that `owner` controls.
function Controllers:controlled(owner, gvr)
  local out = {}
  for _, at in pairs(self.store.owned[owner.metadata.uid] or {}) do
    local object = at.gvr == gvr and self.store:get(gvr, at.ns, at.name)
    local ref = object and pods.controller(object)
    if ref and ref.uid == owner.metadata.uid then out[#out + 1] = object end
  end
  table.sort(out, function(a, b) return a.metadata.name < b.metadata.name end)
  return out
end

local OWNERS = {
  Deployment = "apps/v1/deployments", ReplicaSet = SETS, StatefulSet = "apps/v1/statefulsets",
  DaemonSet = "apps/v1/daemonsets", Job = "batch/v1/jobs", Service = "v1/services",
}

-- Seconds until a refused pod is tried again, and by which a controller that is behind sees things late.
local RETRY, BEHIND = 1, 5

--- What a fault makes wait for its controller.
local MAY_LAG = { ["apps/v1/deployments"] = true, ["apps/v1/statefulsets"] = true, ["apps/v1/daemonsets"] = true }

local reconcile = {}

reconcile["apps/v1/deployments"] = function(self, d)
  local sets, old = self:controlled(d, SETS), 0
  if value.dig(d, "spec", "strategy", "type") == "Recreate" then
    local new = deployment.set_of(d, sets, pods.hash(d.spec.template))
    for _, rs in ipairs(sets) do
      if rs ~= new then old = old + #self:controlled(rs, PODS) end
    end
  end
  return deployment.reconcile(d, sets, self.now(), old)
end

reconcile[SETS] = function(self, rs)
  return replicaset.reconcile(rs, self:controlled(rs, PODS), self.now(), self.refused[rs.metadata.uid])
end

reconcile["apps/v1/statefulsets"] = function(self, set)
  local claims = {}
  for _, claim in ipairs((self.store:list(CLAIMS, set.metadata.namespace))) do claims[claim.metadata.name] = claim end
  return statefulset.reconcile(set, self:controlled(set, PODS), self:controlled(set, REVISIONS), claims, self.now())
end

reconcile["apps/v1/daemonsets"] = function(self, ds)
  return workloads.reconcile_daemonset(ds, self:controlled(ds, PODS), self:controlled(ds, REVISIONS), self.now())
end

reconcile["batch/v1/jobs"] = function(self, job)
  return workloads.reconcile_job(job, self:controlled(job, PODS), self.now())
end

reconcile[SERVICES] = function(self, service)
  local selector = service.spec.selector
  if value.is_nil(selector) or next(selector) == nil then return {} end
  local ns = service.metadata.namespace
  local have = { endpoints = self.store:peek(ENDPOINTS, ns, service.metadata.name),
    slice = self:controlled(service, SLICES)[1] }
  local match, selected = selectors.object(selector), {}
  for _, pod in ipairs((self.store:list(PODS, ns))) do
    if match == nil or match(pod.metadata.labels) then selected[#selected + 1] = pod end
  end
  return endpoints.reconcile(service, selected, have, self.now())
end

--- How many pods the controllers of these pods want, each controller once.
function Controllers:expected(covered)
  local total, seen = 0, {}
  for _, pod in ipairs(covered) do
    local ref, owner = pods.controller(pod), nil
    while ref do
      local gvr = OWNERS[ref.kind]
      owner = gvr and self.store:peek(gvr, pod.metadata.namespace, ref.name)
      ref = owner and pods.controller(owner)
    end
    if owner and not seen[owner.metadata.uid] then
      seen[owner.metadata.uid] = true
      total = total + (value.dig(owner, "spec", "replicas") or 1)
    end
  end
  return total
end

reconcile[BUDGETS] = function(self, budget)
  local covered = {}
  for _, pod in ipairs((self.store:list(PODS, budget.metadata.namespace))) do
    if not pods.finished(pod) and disruption.covers(budget, pod.metadata.labels) then covered[#covered + 1] = pod end
  end
  local status = disruption.status(budget, covered, self:expected(covered), self.now())
  if value.equal(status, budget.status or {}) then return {} end
  local changed = value.shallow(budget)
  changed.status = status
  return { { op = "status", gvr = BUDGETS, object = changed } }
end

reconcile[CLAIMS] = function(self, claim)
  local class = value.dig(claim, "spec", "storageClassName")
  if class and class ~= "" and value.dig(claim, "status", "phase") ~= "Bound" and not claim.metadata.deletionTimestamp
    and not self.store:peek("storage.k8s.io/v1/storageclasses", "", class) then
    self.events:record(claim, { type = "Warning", reason = "ProvisioningFailed", component = "persistentvolume-controller",
      message = ('storageclass.storage.k8s.io "%s" not found'):format(class) })
    return { { op = "requeue", after = RETRY } }
  end
  return plumbing.claim(claim, (self.store:list(PODS, claim.metadata.namespace)))
end

reconcile["v1/nodes"] = function(self, node) return plumbing.node(node, self.now()) end

reconcile["v1/resourcequotas"] = function(self, q)
  return quota.reconcile(self.store, q)
end

reconcile["v1/namespaces"] = function(self, namespace)
  if namespace.metadata.deletionTimestamp then return {} end
  if self.store:peek("v1/serviceaccounts", namespace.metadata.name, "default") then return {} end
  return plumbing.namespace(namespace, self.ca)
end

local perform = {}

function perform.create(self, action)
  local object, status = self.store:create(action.gvr, action.object)
  if action.gvr == PODS then self:note_refusal(action.about, object == nil and status or nil) end
  if object and action.created then
    local reason, message = action.created(object)
    self.events:record(action.about, { type = "Normal", reason = reason, message = message,
      component = action.component })
  elseif not object and action.about and status.reason ~= "AlreadyExists" then
    self.events:record(action.about, { type = "Warning", reason = "FailedCreate",
      message = (action.failing or "Error creating: ") .. status.message, component = action.component })
  end
end

--- Remembers that a pod could not be made, and has it tried again.
function Controllers:note_refusal(owner, status)
  if not owner or status and status.reason == "AlreadyExists" then return end
  local uid = owner.metadata.uid
  local before = self.refused[uid]
  self.refused[uid] = status and status.message or nil
  local gvr = OWNERS[owner.kind]
  if status and gvr then self:wake(gvr, owner.metadata.namespace, owner.metadata.name, before and RETRY or self.lag) end
end

function perform.update(self, action)
  local object = self.store:update(action.gvr, action.object)
  if object and action.status then
    self.store:set_status(action.gvr, object.metadata.namespace, object.metadata.name, action.status)
  end
  return object ~= nil
end

function perform.status(self, action)
  return self.store:update(action.gvr, action.object, { subresource = "status" }) ~= nil
end

function perform.delete(self, action)
  self.store:delete(action.gvr, action.ns, action.name, { uid = action.uid, propagation = "Background" })
end

function perform.event(self, action) self.events:record(action.about, action) end

--- Runs the reconcile of one object now.
function Controllers:reconcile(gvr, ns, name)
  local object = self.store:get(gvr, ns, name)
  if not object then
    -- Endpoints have no owner that would take them along.
    if gvr == SERVICES then self.store:delete(ENDPOINTS, ns, name) end
    return
  end
  for _, action in ipairs(reconcile[gvr](self, object)) do
    if action.op == "requeue" then
      self:wake(gvr, ns, name, action.after)
    elseif perform[action.op](self, action) == false then
      self:wake(gvr, ns, name, self.lag)
    end
  end
end

--- Seconds until a change of an object is seen.
function Controllers:lag_of(gvr, ns, name)
  local object = self.faults and MAY_LAG[gvr] and self.store:peek(gvr, ns, name)
  local image = object and value.dig(object, "spec", "template", "spec", "containers", 1, "image")
  return object and self.faults:on_pod("unobserved", ns, name, image) and BEHIND or self.lag
end

--- Has an object reconciled soon (after the lag), or after `seconds`.
function Controllers:wake(gvr, ns, name, seconds)
  local key = ("reconcile\0%s\0%s\0%s"):format(gvr, ns or "", name)
  self.agenda:after(seconds or self:lag_of(gvr, ns, name), key, function() self:reconcile(gvr, ns, name) end)
end

function Controllers:wake_owner(object)
  local ref = pods.controller(object)
  local gvr = ref and OWNERS[ref.kind]
  if gvr then self:wake(gvr, object.metadata.namespace, ref.name) end
end

local function selects(selector, labels)
  if value.is_nil(selector) then return false end
  for k, v in pairs(selector) do
    if not labels or labels[k] ~= v then return false end
  end
  return true
end

function Controllers:wake_services(pod, before)
  local ns = pod.metadata.namespace
  for _, service in ipairs((self.store:list(SERVICES, ns))) do
    local selector = service.spec.selector
    if selects(selector, pod.metadata.labels) or before and selects(selector, before.metadata.labels) then
      self:wake(SERVICES, ns, service.metadata.name)
    end
  end
end

function Controllers:pod_changed(pod, before)
  local ns = pod.metadata.namespace
  self:wake_services(pod, before)
  for _, budget in ipairs((self.store:list(BUDGETS, ns))) do
    if disruption.covers(budget, pod.metadata.labels) then self:wake(BUDGETS, ns, budget.metadata.name) end
  end
  for _, volume in ipairs(pod.spec.volumes or {}) do
    local claim = value.dig(volume, "persistentVolumeClaim", "claimName")
    if claim then self:wake(CLAIMS, ns, claim) end
  end
end

--- A set in the middle of Recreate waits for pods, not for its ReplicaSets' status alone.
function Controllers:pod_gone(pod)
  local ref = pods.controller(pod)
  local rs = ref and ref.kind == "ReplicaSet" and self.store:peek(SETS, pod.metadata.namespace, ref.name)
  if rs then self:wake_owner(rs) end
end

function Controllers:changed(event)
  local object = event.object
  if event.gvr == "v1/events" then return end
  if reconcile[event.gvr] and event.type ~= "DELETED" then
    self:wake(event.gvr, object.metadata.namespace, object.metadata.name)
  end
  if object.metadata.ownerReferences then self:wake_owner(object) end
  if event.type == "DELETED" and (event.gvr == SERVICES or event.gvr == ENDPOINTS) then
    self:wake(SERVICES, object.metadata.namespace, object.metadata.name)
  end
  if event.gvr == PODS then
    for _, q in ipairs((self.store:list("v1/resourcequotas", object.metadata.namespace))) do
      self:wake("v1/resourcequotas", object.metadata.namespace, q.metadata.name)
    end
    self:pod_changed(object, event.old)
    if event.type == "DELETED" then self:pod_gone(object) end
  end
end

--- The workload a new pod is for, as faults name it.
local function workload_of(ref, pod)
  local hash = value.dig(pod, "metadata", "labels", "pod-template-hash")
  return hash and ref.name:gsub("%-" .. hash .. "$", "") or ref.name
end

---@class sim.ControllerOptions
---@field agenda table     see agenda.lua
---@field events table     see events.lua
---@field now fun(): number  the cluster's clock, unix seconds
---@field lag? number      seconds between a change and the reconcile it causes (default 0.03)
---@field faults? table    see faults.lua
---@field ca? string       PEM text for kube-root-ca.crt

--- Starts the controllers of a store: from now on its changes are acted upon, by the agenda.
---@param store table
---@param opts sim.ControllerOptions
function controllers.start(store, opts)
  local self = setmetatable({ store = store, agenda = opts.agenda, events = opts.events, now = opts.now,
    lag = opts.lag or 0.03, ca = opts.ca or "", refused = {}, faults = opts.faults }, Controllers)
  store:admit(function(_, res, object, old)
    if res.key == CLAIMS and not old then plumbing.protect(object) end
    if res.key == PODS and not old then
      local ref = pods.controller(object)
      local name = ref and workload_of(ref, object) or object.metadata.name or ""
      return quota.refuse(store, opts.faults, name, object)
    end
  end)
  store:subscribe(function(event) self:changed(event) end)
  for _, gvr in ipairs(value.sorted_keys(reconcile)) do
    for _, object in ipairs((store:list(gvr))) do
      self:wake(gvr, object.metadata.namespace, object.metadata.name)
    end
  end
  return self
end

return controllers

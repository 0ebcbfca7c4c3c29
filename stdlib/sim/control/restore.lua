--- Objects of another cluster, as a snapshot or a test has them, put into this one: what somebody wrote comes as
--- it is, with its identity, age, owners and managed fields; what a controller makes of it is made here.
---
--- As it is: configuration, secrets, records of releases, custom resources, jobs that have ended. With its status made
--- anew: workloads, claims, budgets, quotas. Not at all, for it is made here: pods of a workload, endpoints, events,
--- nodes and volumes; nor what is being deleted.
local ranked = require "almanac.base.ranked"
local value = require "almanac.sim.model.value"
local convert = require "almanac.sim.model.convert"
local pods = require "almanac.sim.control.pods"

local restore = {}

local CRDS = "apiextensions.k8s.io/v1/customresourcedefinitions"

-- Definitions and namespaces come before what lies in them.
local FIRST = { [CRDS] = 1, ["v1/namespaces"] = 2 }

local ANEW = { Deployment = true, ReplicaSet = true, StatefulSet = true, DaemonSet = true, PersistentVolumeClaim = true,
  PodDisruptionBudget = true, ResourceQuota = true, ReplicationController = true, Pod = true,
  CustomResourceDefinition = true }

local function has_ended(job)
  for _, kind in ipairs { "Complete", "Failed" } do
    local condition = pods.condition(job, kind)
    if condition and condition.status == "True" then return true end
  end
  return false
end

--- The services with a selector, whose endpoints are made here: "namespace/name".
local function selecting_services(objects)
  local out = {}
  for _, o in ipairs(objects) do
    local selector = o.kind == "Service" and value.dig(o, "spec", "selector")
    if selector and next(selector) ~= nil then out[(o.metadata.namespace or "") .. "/" .. o.metadata.name] = true end
  end
  return out
end

--- Why an object is not brought, or nil. What is made here anyway is no loss: nothing is told of it.
---@return string|boolean|nil why true: it is made here
local function left_out(o, selecting)
  local meta = o.metadata
  if meta.deletionTimestamp then return "it is being deleted" end
  if o.kind == "Event" or o.kind == "Node" or o.kind == "PersistentVolume" then return true end
  if o.kind == "Pod" then
    if pods.controller(o) or pods.finished(o) then return true end
  elseif o.kind == "Endpoints" then
    return selecting[(meta.namespace or "") .. "/" .. meta.name]
  elseif o.kind == "EndpointSlice" then
    local service = value.dig(meta, "labels", "kubernetes.io/service-name") or ""
    return selecting[(meta.namespace or "") .. "/" .. service]
  end
  return nil
end

local function drop_nulls(v)
  if type(v) ~= "table" then return v end
  for k, x in pairs(v) do
    if x == value.null then
      if not value.is_array(v) then v[k] = nil end
    else
      drop_nulls(x)
    end
  end
  return v
end

--- A definition for a custom kind of which only objects are known: it takes any field.
local function define(store, object, resource)
  local group, version = object.apiVersion:match "^([^/]+%.[^/]+)/([^/]+)$"
  if not group then return nil end
  local plural = resource or object.kind:lower() .. "s"
  local namespaced = object.metadata.namespace ~= nil
  store:restore(CRDS, {
    apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
    metadata = { name = plural .. "." .. group },
    spec = {
      group = group, scope = namespaced and "Namespaced" or "Cluster", names = { kind = object.kind, plural = plural },
      versions = value.array { { name = version, served = true, storage = true, schema = {
        openAPIV3Schema = { type = "object", ["x-kubernetes-preserve-unknown-fields"] = true } } } },
    },
  })
  return store.served:of_kind(object.apiVersion, object.kind)
end

--- The resource of an object's kind, of the version that it has or of another that is served here.
local function resource_of(store, object, resource)
  local res = store.served:of_kind(object.apiVersion, object.kind)
  if res then return res end
  local group = object.apiVersion:match "^(.*)/" or ""
  for _, other in ipairs(store.served.list) do
    if other.group == group and other.kind == object.kind then return other end
  end
  return define(store, object, resource)
end

--- Why a table is no object of Kubernetes, or nil.
local function fault_of(o)
  if type(o) ~= "table" then return "it is no object" end
  for _, field in ipairs { "apiVersion", "kind" } do
    if type(o[field]) ~= "string" or o[field] == "" then return "it has no " .. field end
  end
  local name = type(o.metadata) == "table" and o.metadata.name
  if type(name) ~= "string" or name == "" then return "its metadata has no name" end
  return nil
end

--- What containers of a pod ask for: { kind, name, key }.
local function references(spec, out)
  local function add(kind, ref, key)
    if ref and ref.name and not ref.optional then out[#out + 1] = { kind = kind, name = ref.name, key = key } end
  end
  for _, list in ipairs { spec.containers or {}, spec.initContainers or {} } do
    for _, container in ipairs(list) do
      for _, from in ipairs(container.envFrom or {}) do
        add("Secret", from.secretRef)
        add("ConfigMap", from.configMapRef)
      end
      for _, env in ipairs(container.env or {}) do
        local secret, config = value.dig(env, "valueFrom", "secretKeyRef"), value.dig(env, "valueFrom", "configMapKeyRef")
        add("Secret", secret, secret and secret.key)
        add("ConfigMap", config, config and config.key)
      end
    end
  end
  return out
end

local GVR = { Secret = "v1/secrets", ConfigMap = "v1/configmaps" }

--- Puts an empty one where pods ask for a Secret or ConfigMap that could not be read there: it is there, and they run.
local function stand_in(store, o, ref)
  local ns, gvr = o.metadata.namespace, GVR[ref.kind]
  if not store:peek(gvr, ns, ref.name) then
    store:restore(gvr, { apiVersion = "v1", kind = ref.kind, metadata = { name = ref.name, namespace = ns,
      annotations = { ["almanac.sim/not-read"] = "true" } }, data = {} })
  end
  local object = store:peek(gvr, ns, ref.name)
  if ref.key and value.dig(object, "metadata", "annotations", "almanac.sim/not-read") and not object.data[ref.key] then
    store:modify(gvr, ns, ref.name, function(changed) changed.data[ref.key] = "" end)
  end
end

--- Makes up for kinds that were not to be read.
local function make_up(store, objects, unread)
  for _, o in ipairs(objects) do
    local spec = o.kind == "Pod" and o.spec or value.dig(o, "spec", "template", "spec")
      or value.dig(o, "spec", "jobTemplate", "spec", "template", "spec")
    for _, ref in ipairs(type(spec) == "table" and references(spec, {}) or {}) do
      if unread[GVR[ref.kind]:match "/(.*)$"] then stand_in(store, o, ref) end
    end
  end
end

local function title(o)
  local meta = o.metadata
  return ("%s %s%s"):format(o.kind, meta.namespace and meta.namespace .. "/" or "", meta.name)
end

local function bring(store, o, resource)
  local res = resource_of(store, o, resource)
  if not res then return "its kind is not simulated" end
  local object = convert.to_storage(res, o)
  object.apiVersion = store.served.by_key[res.storage].api_version
  if res.namespaced then object.metadata.namespace = object.metadata.namespace or "default" end
  if object.kind == "Pod" then object.spec.nodeName = nil end
  local status = object.status
  if ANEW[object.kind] or object.kind == "Job" and not has_ended(object) then status = nil end
  object.status = nil
  local done, why = store:restore(res.key, object)
  if not done then return why end
  -- A claim's volume, and what a workload's pods are, is for the controllers to say.
  if status then store:set_status(res.key, object.metadata.namespace, object.metadata.name, status) end
  return nil
end

local function ordered(store, objects)
  return ranked.by(objects, function(o)
    local res = store.served:of_kind(o.apiVersion, o.kind)
    return res and FIRST[res.key] or 3
  end)
end

---@class sim.Restored
---@field count integer      objects that are here now
---@field left_out { object: string, why: string }[]  "Kind namespace/name"
---@field namespaces string[]  that the objects lie in, in order

--- Puts objects into a store that admits and defines kinds already. Nothing is put in when one is no object.
---@param store table
---@param objects table[] not changed
---@param resources? table<string, string> the plural names of custom kinds: "apiVersion/Kind" → resource
---@param unread? table<string, boolean> resources that were not to be read where the objects come from
---@return sim.Restored|nil restored, string|nil why
function restore.into(store, objects, resources, unread)
  for i, o in ipairs(objects) do
    local why = fault_of(o)
    if why then return nil, ("object %d: %s"):format(i, why) end
  end
  local selecting, seen = selecting_services(objects), {}
  local restored = { count = 0, left_out = {}, namespaces = {} }
  for _, object in ipairs(ordered(store, objects)) do
    local o = drop_nulls(value.copy(object))
    local why = left_out(o, selecting)
    if not why then why = bring(store, o, resources and resources[o.apiVersion .. "/" .. o.kind]) end
    if not why then restored.count = restored.count + 1 end
    if type(why) == "string" then restored.left_out[#restored.left_out + 1] = { object = title(o), why = why } end
    local ns = o.metadata.namespace
    if ns and not seen[ns] then
      seen[ns] = true
      restored.namespaces[#restored.namespaces + 1] = ns
    end
  end
  if unread then make_up(store, objects, unread) end
  return restored
end

return restore

--- Custom resources: a CustomResourceDefinition makes its kinds served, and its end takes them away
--- with all their objects.
--- https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/
local value = require "almanac.sim.model.value"
local structural = require "almanac.sim.model.structural"

local crds = {}

local KEY = "apiextensions.k8s.io/v1/customresourcedefinitions"
local CLEANUP = "customresourcecleanup.apiextensions.k8s.io"

local VERBS = { "delete", "deletecollection", "get", "list", "patch", "create", "update", "watch" }
local STATUS_VERBS = { "get", "patch", "update" }

local function storage_key(crd)
  local spec = crd.spec
  for _, version in ipairs(spec.versions) do
    if version.storage then return ("%s/%s/%s"):format(spec.group, version.name, spec.names.plural) end
  end
end

local function resource(crd, version, storage)
  local spec, names = crd.spec, crd.spec.names
  local api_version = spec.group .. "/" .. version.name
  local res = {
    group = spec.group, version = version.name, api_version = api_version, resource = names.plural, kind = names.kind,
    namespaced = spec.scope == "Namespaced", singular = names.singular or names.kind:lower(),
    list_kind = names.listKind or names.kind .. "List", verbs = value.array(value.copy(VERBS)),
    short_names = value.array(value.copy(names.shortNames or {})),
    categories = value.array(value.copy(names.categories or {})),
    key = api_version .. "/" .. names.plural, storage = storage, served = version.served ~= false,
    has_generation = true, subresources = {}, subresource = {}, columns = version.additionalPrinterColumns,
    custom = value.copy(value.dig(version, "schema", "openAPIV3Schema") or { type = "object" }),
  }
  res.ref = structural.ref(res.custom)
  if value.dig(version, "subresources", "status") then
    local sub = { name = "status", kind = names.kind, group = "", version = "", verbs = value.array(value.copy(STATUS_VERBS)) }
    res.subresources[1], res.subresource.status, res.has_status = sub, sub, true
  end
  return res
end

local function condition(kind, reason, message, now)
  return { type = kind, status = "True", lastTransitionTime = value.timestamp(now), reason = reason, message = message }
end

local function establish(store, crd)
  store:modify(KEY, nil, crd.metadata.name, function(o)
    if o.metadata.uid ~= crd.metadata.uid or value.dig(o, "status", "conditions") then return false end
    local names = value.copy(o.spec.names)
    names.singular, names.listKind = names.singular or names.kind:lower(), names.listKind or names.kind .. "List"
    local stored = value.array {}
    for _, version in ipairs(o.spec.versions) do
      if version.storage then stored[1] = version.name end
    end
    o.status = { acceptedNames = names, storedVersions = stored, conditions = value.array {
      condition("NamesAccepted", "NoConflicts", "no conflicts found", store.now()),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted", store.now()),
    } }
  end, { subresource = "status" })
end

local function define(store, crd)
  local key = store.custom_storage[crd.metadata.name] or storage_key(crd)
  store.custom_storage[crd.metadata.name] = key
  local list = {}
  for i, version in ipairs(crd.spec.versions) do list[i] = resource(crd, version, key) end
  store.served:define(crd.metadata.name, list)
end

--- A definition on its way out takes its objects along; the last of them lets it go.
local function clean_up(store, crd)
  local name = crd.metadata.name
  local key = store.custom_storage[name]
  if not key then return end -- it is gone by now
  local left = false
  for _, object in ipairs((store:list(key))) do
    store:delete(key, object.metadata.namespace, object.metadata.name, { propagation = "Background" })
    left = left or store:peek(key, object.metadata.namespace or "", object.metadata.name) ~= nil
  end
  if left or not store:peek(KEY, "", name) then return end
  store:modify(KEY, nil, name, function(o)
    local rest = value.array {}
    for _, f in ipairs(o.metadata.finalizers or {}) do
      if f ~= CLEANUP then rest[#rest + 1] = f end
    end
    o.metadata.finalizers = #rest > 0 and rest or nil
  end)
end

--- The definition that a storage key belongs to, when it is being deleted.
local function ending(store, key)
  for name, storage in pairs(store.custom_storage) do
    local crd = storage == key and store:peek(KEY, "", name)
    if crd and crd.metadata.deletionTimestamp then return crd end
  end
end

local function changed(store, event)
  local crd = event.object
  if event.gvr ~= KEY then
    local owner = event.type == "DELETED" and ending(store, event.gvr)
    if owner then store:later(function(s) clean_up(s, owner) end) end
  elseif event.type == "DELETED" then
    store.served:define(crd.metadata.name, nil)
    store.custom_storage[crd.metadata.name] = nil
  elseif crd.metadata.deletionTimestamp then
    store:later(function(s) clean_up(s, crd) end)
  else
    define(store, crd)
    store:later(function(s) establish(s, crd) end)
  end
end

--- What a definition's admission adds.
local function admit(_, res, object, old, subresource)
  if res.key ~= KEY or subresource then return nil end
  local spec = value.copy(object.spec)
  spec.conversion = spec.conversion or { strategy = "None" }
  spec.names.singular = spec.names.singular or spec.names.kind:lower()
  spec.names.listKind = spec.names.listKind or spec.names.kind .. "List"
  object.spec = spec
  if not old then object.metadata.finalizers = value.array { CLEANUP } end
  return nil
end

--- Serves what the store's definitions define, from now on.
---@param store table
function crds.start(store)
  store.custom_storage = {}
  store:admit(admit)
  store:subscribe(function(event) changed(store, event) end)
end

return crds

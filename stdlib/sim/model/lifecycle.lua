--- How objects end: grace periods, finalizers, garbage collection by owner, and the emptying of
--- namespaces. Called by the store; what follows from a change is queued there and done after it.
--- https://kubernetes.io/docs/concepts/architecture/garbage-collection/
local value = require "almanac.sim.model.value"

local lifecycle = {}

local FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"

local function has(list, item)
  for _, v in ipairs(list or {}) do
    if v == item then return true end
  end
  return false
end

local function without(list, item)
  local out = value.array {}
  for _, v in ipairs(list or {}) do
    if v ~= item then out[#out + 1] = v end
  end
  if #out == 0 then return nil end
  return out
end

local function with(list, item)
  local out = value.array(without(list, item) or {})
  out[#out + 1] = item
  return out
end

--- Seconds a pod is given to end; other kinds, and pods that run nowhere, get none.
local function grace_of(res, object, opts)
  if res.key ~= "v1/pods" then return 0 end
  local phase = value.dig(object, "status", "phase")
  local node = value.dig(object, "spec", "nodeName")
  if not node or node == "" or phase == "Succeeded" or phase == "Failed" then return 0 end
  return opts.grace or value.dig(object, "spec", "terminationGracePeriodSeconds") or 30
end

local function finalizers_for(object, opts)
  local list = object.metadata.finalizers
  if opts.propagation == "Orphan" then return with(without(list, FOREGROUND), ORPHAN) end
  if opts.propagation == "Foreground" then return with(without(list, ORPHAN), FOREGROUND) end
  if opts.propagation == "Background" then return without(without(list, FOREGROUND), ORPHAN) end
  return list
end

local function holds_content(res, object)
  return res.key == "v1/namespaces" and #(value.dig(object, "spec", "finalizers") or {}) > 0
end

--- The object marked for deletion as a delete with `opts` leaves it, or nil when it goes at once.
function lifecycle.mark(store, res, object, opts)
  local meta = value.shallow(object.metadata)
  local grace = grace_of(res, object, opts)
  meta.finalizers = finalizers_for(object, opts)
  local waits = #(meta.finalizers or {}) > 0 or holds_content(res, object)
  if grace == 0 and not waits then return nil end
  local marked = value.shallow(object)
  marked.metadata = meta
  -- A second delete can only shorten the time.
  if not meta.deletionTimestamp or grace < (meta.deletionGracePeriodSeconds or 0) then
    if meta.generation and not meta.deletionTimestamp then meta.generation = meta.generation + 1 end
    meta.deletionTimestamp = value.timestamp(store.now() + grace)
    meta.deletionGracePeriodSeconds = res.key ~= "v1/namespaces" and grace or nil
  end
  if res.key == "v1/namespaces" then
    marked.status = value.shallow(object.status)
    marked.status.phase = "Terminating"
  end
  return marked
end

--- Whether an object marked for deletion has nothing left to wait for.
function lifecycle.finished(res, object)
  local meta = object.metadata
  return meta.deletionTimestamp ~= nil and #(meta.finalizers or {}) == 0
    and (meta.deletionGracePeriodSeconds or 0) == 0 and not holds_content(res, object)
end

local function dependents(store, uid)
  local out = {}
  for _, at in pairs(store.owned[uid] or {}) do
    local object = store:peek(at.gvr, at.ns or "", at.name)
    if object then out[#out + 1] = object end
  end
  table.sort(out, function(a, b) return a.metadata.name < b.metadata.name end)
  return out
end

local function key_of(store, object)
  return store.served:of_kind(object.apiVersion, object.kind).key
end

local function drop_owner(store, object, uid)
  store:modify(key_of(store, object), object.metadata.namespace, object.metadata.name, function(o)
    local refs = value.array {}
    for _, ref in ipairs(o.metadata.ownerReferences or {}) do
      if ref.uid ~= uid then refs[#refs + 1] = ref end
    end
    o.metadata.ownerReferences = #refs > 0 and refs or nil
  end)
end

local function drop_finalizer(store, object, finalizer)
  local meta = object.metadata
  local current = store:peek(key_of(store, object), meta.namespace or "", meta.name)
  if not current or current.metadata.uid ~= meta.uid or not has(current.metadata.finalizers, finalizer) then
    return
  end
  store:modify(key_of(store, object), meta.namespace, meta.name, function(o)
    o.metadata.finalizers = without(o.metadata.finalizers, finalizer)
  end)
end

--- An owner is gone: a dependent without another owner goes too.
local function collect(store, uid)
  for _, object in ipairs(dependents(store, uid)) do
    local kept = false
    for _, ref in ipairs(object.metadata.ownerReferences or {}) do
      if ref.uid ~= uid and store.by_uid[ref.uid] then kept = true end
    end
    if kept then
      drop_owner(store, object, uid)
    else
      store:delete(key_of(store, object), object.metadata.namespace, object.metadata.name,
        { propagation = "Background", uid = object.metadata.uid })
    end
  end
end

local function blocking(store, uid)
  for _, object in ipairs(dependents(store, uid)) do
    for _, ref in ipairs(object.metadata.ownerReferences or {}) do
      if ref.uid == uid and ref.blockOwnerDeletion then return true end
    end
  end
  return false
end

local function foreground(store, owner)
  local uid = owner.metadata.uid
  for _, object in ipairs(dependents(store, uid)) do
    if not object.metadata.deletionTimestamp then
      local policy = store.owned[object.metadata.uid] and "Foreground" or "Background"
      store:delete(key_of(store, object), object.metadata.namespace, object.metadata.name,
        { propagation = policy, uid = object.metadata.uid })
    end
  end
  if not blocking(store, uid) then drop_finalizer(store, owner, FOREGROUND) end
end

local function namespace_is_empty(store, ns)
  for key, objects in pairs(store.collections) do
    if key ~= "v1/namespaces" and not objects:is_empty(ns) then return false end
  end
  return true
end

local function finalize_namespace(store, ns)
  local object = store:peek("v1/namespaces", "", ns)
  if not object or not object.metadata.deletionTimestamp or not namespace_is_empty(store, ns) then return end
  store:modify("v1/namespaces", nil, ns, function(o)
    o.spec.finalizers = without(o.spec.finalizers, "kubernetes")
  end)
end

local function empty_namespace(store, ns)
  local keys = value.sorted_keys(store.collections)
  for _, key in ipairs(keys) do
    local res = store.served.by_key[key]
    if res.namespaced then
      for _, object in ipairs((store:list(key, ns))) do
        if not object.metadata.deletionTimestamp then
          store:delete(key, ns, object.metadata.name, { propagation = "Background" })
        end
      end
    end
  end
  finalize_namespace(store, ns)
end

--- After a create: an object whose owners are all gone is collected.
function lifecycle.created(store, res, object)
  local refs = object.metadata.ownerReferences
  if res.key == "v1/namespaces" or not refs or #refs == 0 then return end
  for _, ref in ipairs(refs) do
    if store.by_uid[ref.uid] then return end
  end
  local uid = refs[1].uid
  store:later(function(s) collect(s, uid) end)
end

--- After an update: a finalizer taken off by hand may have been the last thing waited for; the store
--- looks at that itself (`finished`).
function lifecycle.updated(store, res, object)
  if res.key == "v1/namespaces" and object.metadata.deletionTimestamp then
    local name = object.metadata.name
    store:later(function(s) finalize_namespace(s, name) end)
  end
end

--- After an object was marked: its dependents and content follow.
function lifecycle.marked(store, res, object)
  local meta = object.metadata
  if res.key == "v1/namespaces" then
    store:later(function(s) empty_namespace(s, meta.name) end)
  end
  if has(meta.finalizers, ORPHAN) then
    store:later(function(s)
      for _, dependent in ipairs(dependents(s, meta.uid)) do drop_owner(s, dependent, meta.uid) end
      drop_finalizer(s, object, ORPHAN)
    end)
  elseif has(meta.finalizers, FOREGROUND) then
    store:later(function(s) foreground(s, object) end)
  end
end

--- After an object is gone: its dependents, and whoever waited for it.
function lifecycle.removed(store, _, object)
  local meta = object.metadata
  if store.owned[meta.uid] then
    store:later(function(s) collect(s, meta.uid) end)
  end
  for _, ref in ipairs(meta.ownerReferences or {}) do
    local at = store.by_uid[ref.uid]
    local owner = at and store:peek(at.gvr, at.ns or "", at.name)
    if owner and owner.metadata.deletionTimestamp and has(owner.metadata.finalizers, FOREGROUND) then
      store:later(function(s)
        if not blocking(s, ref.uid) then drop_finalizer(s, owner, FOREGROUND) end
      end)
    end
  end
  if meta.namespace then
    store:later(function(s) finalize_namespace(s, meta.namespace) end)
  end
end

return lifecycle

--- The objects of the simulated cluster, with a real API server's rules for versions, deletion and
--- ownership. Knows nothing of HTTP.
---
--- Objects it returns or passes to subscribers are the stored ones: read them, never change them
--- (`value.copy` first). Objects given to it are not kept; what it stores is built anew around their
--- parts, so those must not be changed afterwards either.
---
--- A method that the world can refuse returns nil and a Status (see errors.lua).
local value = require "almanac.sim.model.value"
local collection = require "almanac.sim.model.collection"
local errors = require "almanac.sim.model.errors"
local random = require "almanac.sim.model.random"
local resources = require "almanac.sim.model.resources"
local selectors = require "almanac.sim.model.selectors"
local lifecycle = require "almanac.sim.model.lifecycle"
local version = require "almanac.sim.model.version"

local Store = {}
Store.__index = Store

local store = {}

local HISTORY = 2000

---@class sim.StoreOptions
---@field now fun(): number  the cluster's clock, unix seconds
---@field uuid? fun(): string
---@field rv? integer        the first resourceVersion is the next one (default 1000)
---@field history? integer   events kept for watches, of each resource (default 2000)

--- A new, empty store.
---@param opts sim.StoreOptions
function store.new(opts)
  local rv = opts.rv or 1000
  return setmetatable({
    now = opts.now, uuid = opts.uuid or random.uuid, rv = rv, first_rv = rv,
    history_max = opts.history or HISTORY, collections = {}, by_uid = {}, owned = {}, subscribers = {},
    pending = {}, busy = false, admission = {}, served = resources.registry(),
  }, Store)
end

local function resource_of(self, gvr)
  local res = self.served.by_key[gvr]
  if not res then error("no such resource: " .. tostring(gvr), 3) end
  return res
end

local function collection_of(self, key)
  local found = self.collections[key]
  if not found then
    found = collection.new(self.first_rv, self.history_max)
    self.collections[key] = found
  end
  return found
end

local function emit(self, type, key, object, old)
  local event = { type = type, gvr = key, object = object, old = old, rv = self.rv }
  collection_of(self, key):remember(event)
  -- `subscribe` and its undoing replace the list, so this one stays as it is while it is walked.
  for _, fn in ipairs(self.subscribers) do fn(event) end
end

local function next_rv(self)
  self.rv = self.rv + 1
  return tostring(self.rv)
end

local function index_owners(self, key, object, add)
  local meta = object.metadata
  for _, ref in ipairs(meta.ownerReferences or {}) do
    local set = self.owned[ref.uid]
    if not set and add then
      set = {}
      self.owned[ref.uid] = set
    end
    if set then
      set[meta.uid] = add and { gvr = key, ns = meta.namespace, name = meta.name } or nil
      if next(set) == nil then self.owned[ref.uid] = nil end
    end
  end
end

--- Runs the clean-up that a change has brought about, once the change is complete and told.
local function settle(self)
  if self.busy then return end
  self.busy = true
  while #self.pending > 0 do
    local job = table.remove(self.pending, 1)
    job(self)
  end
  self.busy = false
end

function Store:later(job)
  self.pending[#self.pending + 1] = job
end

--- Calls `fn(event)` for every change from now on, synchronously:
--- { type = "ADDED"|"MODIFIED"|"DELETED", gvr, object, old, rv }. Returns a function that ends it.
--- A subscriber that changes the store makes others see the later event first: note what happened,
--- wake a task, and act there.
---@param fn fun(event: table)
---@return fun() unsubscribe
function Store:subscribe(fn)
  local list = value.shallow(self.subscribers)
  list[#list + 1] = fn
  self.subscribers = list
  return function()
    local rest = {}
    for _, other in ipairs(self.subscribers) do
      if other ~= fn then rest[#rest + 1] = other end
    end
    self.subscribers = rest
  end
end

--- Adds a step through which every object goes before it is stored: fn(self, res, object, old,
--- subresource) may change `object` (a copy) and returns nil, or a Status that refuses it.
---@param fn fun(store: table, res: table, object: table, old: table|nil, subresource: string|nil): table|nil
function Store:admit(fn)
  self.admission[#self.admission + 1] = fn
end

---@return table|nil object
function Store:peek(key, ns, name)
  local found = self.collections[key]
  return found and found:get(ns or "", name)
end

--- The stored object.
---@param gvr string e.g. "apps/v1/deployments"
---@param ns string|nil nil for cluster-scoped resources
---@param name string
---@return table|nil object, table|nil status
function Store:get(gvr, ns, name)
  local res = resource_of(self, gvr)
  local object = self:peek(res.storage, res.namespaced and ns or "", name)
  if not object then return nil, errors.not_found(res, name) end
  return object
end

local function compile(opts, key)
  local labels, why = selectors.labels(opts and opts.labels)
  if labels == false then return nil, errors.bad_request(why) end
  local fields, name = selectors.fields(opts and opts.fields, key)
  if fields == false then return nil, errors.bad_request(name) end
  return { labels = labels, fields = fields, name = fields and name }
end

--- Compiles list options into a predicate over objects, or nil and a Status.
---@param opts? table { labels = selector text or map, fields = selector text }
---@param key? string the resource: fields it cannot be selected by are refused
---@return (fun(object: table): boolean)|nil match, table|nil status
function store.matcher(opts, key)
  local c, status = compile(opts, key)
  if not c then return nil, status end
  return function(object)
    if c.labels and not c.labels(object.metadata.labels) then return false end
    return not c.fields or c.fields(object)
  end
end

--- Objects in the order of namespace and name.
---@param gvr string
---@param ns string|nil nil: all namespaces
---@param opts? table { labels = selector text or map, fields = selector text }
---@return table[]|nil objects, integer|table rv the store's resourceVersion, or the Status
function Store:list(gvr, ns, opts)
  local res = resource_of(self, gvr)
  local c, status = compile(opts, res.storage)
  if not c then return nil, status end
  local found = self.collections[res.storage]
  return found and found:select(res.namespaced and ns or nil, c) or {}, self.rv
end

--- The events of one resource after `rv`, oldest first, for a watch that begins there.
---@param gvr string
---@param rv integer
---@return table[]|nil events, table|nil status 410 Expired when they are no longer kept
function Store:since(gvr, rv)
  local found = collection_of(self, resource_of(self, gvr).storage)
  local events = found:since(rv)
  if not events then return nil, errors.too_old(rv, found.horizon) end
  return events
end

--- The object with the metadata only a server sets, and nothing of the caller's own making there.
local function new_object(self, res, given)
  local object, meta = value.shallow(given), value.shallow(given.metadata)
  object.metadata = meta
  object.apiVersion, object.kind = self.served.by_key[res.storage].api_version, res.kind
  if not meta.name and meta.generateName then meta.name = meta.generateName .. random.suffix() end
  meta.namespace = res.namespaced and meta.namespace or nil
  meta.uid = self.uuid()
  meta.creationTimestamp = value.timestamp(self.now())
  meta.generation = res.has_generation and 1 or nil
  meta.resourceVersion, meta.selfLink = nil, nil
  meta.deletionTimestamp, meta.deletionGracePeriodSeconds = nil, nil
  return object
end

local function refused(self, res, object, old, subresource)
  for _, fn in ipairs(self.admission) do
    local status = fn(self, res, object, old, subresource)
    if status then return status end
  end
  return nil
end

local function namespace_refuses(self, res, meta)
  if not res.namespaced then return nil end
  local ns = self:peek("v1/namespaces", "", meta.namespace)
  if not ns then return errors.not_found(self.served.by_key["v1/namespaces"], meta.namespace or "") end
  if not ns.metadata.deletionTimestamp then return nil end
  local status = errors.forbidden(res, meta.name,
    ("unable to create new content in namespace %s because it is being terminated"):format(meta.namespace))
  status.details.causes = value.array {
    errors.cause("NamespaceTerminating", "metadata.namespace",
      ("namespace %s is being terminated"):format(meta.namespace)),
  }
  return status
end

local function put_new(self, res, object)
  local meta = object.metadata
  meta.resourceVersion = next_rv(self)
  collection_of(self, res.storage):put(object)
  self.by_uid[meta.uid] = { gvr = res.storage, ns = meta.namespace, name = meta.name }
  index_owners(self, res.storage, object, true)
  emit(self, "ADDED", res.storage, object)
end

--- Stores a new object.
---@param gvr string
---@param given table with metadata.name or generateName, and metadata.namespace where namespaced
---@param opts? table { dry_run = boolean }
---@return table|nil object as stored, table|nil status
function Store:create(gvr, given, opts)
  local res = resource_of(self, gvr)
  local object = new_object(self, res, given)
  local status = namespace_refuses(self, res, object.metadata) or refused(self, res, object)
  if status then return nil, status end
  local meta = object.metadata
  local ns = meta.namespace or ""
  if self:peek(res.storage, ns, meta.name) then return nil, errors.already_exists(res, meta.name) end
  if opts and opts.dry_run then return object end
  put_new(self, res, object)
  lifecycle.created(self, res, object)
  settle(self)
  return object
end

--- Stores an object that was made elsewhere, with the identity, age, owners and managed fields that it has there.
--- Owners that are not here do not take it along, and a namespace need not be there.
---@param gvr string
---@param object table the store's own from now on
---@return boolean|nil done, string|nil why
function Store:restore(gvr, object)
  local res, meta = resource_of(self, gvr), object.metadata
  if self:peek(res.storage, res.namespaced and meta.namespace or "", meta.name) then return nil, "there is one already" end
  if meta.uid and self.by_uid[meta.uid] then return nil, "its uid is another object's" end
  meta.uid, meta.creationTimestamp = meta.uid or self.uuid(), meta.creationTimestamp or value.timestamp(self.now())
  meta.generation = res.has_generation and (meta.generation or 1) or nil
  local status = refused(self, res, object)
  if status then return nil, status.message end
  put_new(self, res, object)
  settle(self)
  return true
end

--- Puts `object` in the place of `old` and tells. The caller has settled everything but the version.
function Store:replace(res, old, object)
  local meta = object.metadata
  meta.resourceVersion = next_rv(self)
  collection_of(self, res.storage):put(object)
  if not value.equal(old.metadata.ownerReferences or {}, meta.ownerReferences or {}) then
    index_owners(self, res.storage, old, false)
    index_owners(self, res.storage, object, true)
  end
  emit(self, "MODIFIED", res.storage, object, old)
  lifecycle.updated(self, res, object)
  settle(self)
  return object
end

--- Takes an object out and tells. Its last version is the deletion's own.
function Store:remove(res, object)
  local meta = object.metadata
  collection_of(self, res.storage):take(object)
  self.by_uid[meta.uid] = nil
  index_owners(self, res.storage, object, false)
  local last = value.shallow(object)
  last.metadata = value.shallow(meta)
  last.metadata.resourceVersion = next_rv(self)
  emit(self, "DELETED", res.storage, last, object)
  lifecycle.removed(self, res, last)
  settle(self)
  return last
end

--- Replaces an object. With metadata.resourceVersion the stored version must be that one; with
--- metadata.uid the object must be that one. Without opts.subresource a kind's status is left alone;
--- "status" changes that only. An update that changes nothing is none.
---@param gvr string
---@param given table the whole object
---@param opts? table { subresource = "status"|nil, dry_run = boolean }
---@return table|nil object as stored, table|nil status
function Store:update(gvr, given, opts)
  local res = resource_of(self, gvr)
  local meta = given.metadata
  local subresource = opts and opts.subresource
  local old = self:peek(res.storage, res.namespaced and meta.namespace or "", meta.name)
  if not old then return nil, errors.not_found(res, meta.name) end
  if meta.uid and meta.uid ~= old.metadata.uid then
    return nil, errors.conflict(res, meta.name,
      ("StorageError: invalid object, Code: 4, Key: /registry/%s/%s, ResourceVersion: 0, AdditionalErrorMsg: "
        .. "Precondition failed: UID in precondition: %s, UID in object meta: %s"):format(
        res.resource, meta.name, meta.uid, old.metadata.uid))
  end
  local rv = meta.resourceVersion
  if rv and rv ~= "" and rv ~= old.metadata.resourceVersion then
    return nil, errors.modified(res, meta.name)
  end
  local object = version.next(res, old, given, subresource)
  local status = refused(self, res, object, old, subresource)
  if status then return nil, status end
  object.metadata.resourceVersion = old.metadata.resourceVersion
  if not subresource and res.has_generation and version.wants_other(res, old, object) then
    object.metadata.generation = (old.metadata.generation or 0) + 1
  end
  if version.same(old, object) then return old end
  if opts and opts.dry_run then return object end
  self:replace(res, old, object)
  if lifecycle.finished(res, object) then
    local current = self:peek(res.storage, meta.namespace or "", meta.name)
    if current == object then self:remove(res, object) end
  end
  return object
end

--- Sets the status of an object that exists; a shorthand for controllers.
---@return table|nil object, table|nil status
function Store:set_status(gvr, ns, name, status)
  local object, why = self:get(gvr, ns, name)
  if not object then return nil, why end
  local changed = value.shallow(object)
  changed.status = status
  return self:update(gvr, changed, { subresource = "status" })
end

--- Changes an object: fn gets a copy, changes it, and may return false to leave it as it is.
---@param fn fun(object: table): boolean|nil
---@return table|nil object, table|nil status
function Store:modify(gvr, ns, name, fn, opts)
  local object, why = self:get(gvr, ns, name)
  if not object then return nil, why end
  local changed = value.copy(object)
  if fn(changed) == false then return object end
  return self:update(gvr, changed, opts)
end

--- Deletes an object: at once, or by marking it when finalizers, a grace period (pods) or dependents
--- are to be waited for.
---@param gvr string
---@param ns string|nil
---@param name string
---@param opts? table { propagation = "Background"|"Foreground"|"Orphan", uid, rv, grace, dry_run }
---@return table|nil object its last state, table|boolean gone_or_status true: gone; false: marked
function Store:delete(gvr, ns, name, opts)
  opts = opts or {}
  local res = resource_of(self, gvr)
  local object = self:peek(res.storage, res.namespaced and ns or "", name)
  if not object then return nil, errors.not_found(res, name) end
  local meta = object.metadata
  if opts.uid and opts.uid ~= meta.uid then
    return nil, errors.conflict(res, name,
      ("Precondition failed: UID in precondition: %s, UID in object meta: %s"):format(opts.uid, meta.uid))
  end
  if opts.rv and opts.rv ~= meta.resourceVersion then
    return nil, errors.conflict(res, name,
      ("Precondition failed: ResourceVersion in precondition: %s, ResourceVersion in object meta: %s"):format(
        opts.rv, meta.resourceVersion))
  end
  local marked = lifecycle.mark(self, res, object, opts)
  if opts.dry_run then return marked or object, marked == nil end
  if not marked then return self:remove(res, object), true end
  if not value.equal(marked, object) then self:replace(res, object, marked) end
  lifecycle.marked(self, res, marked)
  settle(self)
  local current = self:peek(res.storage, meta.namespace or "", name)
  if not current or current.metadata.uid ~= meta.uid then return marked, true end
  return current, false
end

return store

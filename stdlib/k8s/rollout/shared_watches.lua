--- What those who follow rollouts in one namespace share: one list and watch of each kind, however many
--- workloads are followed, and what of pods and ReplicaSets matters to a verdict, by owner.
---
--- A collection is read by a task of one of its followers. When that follower ends, another's task goes
--- on from the same version: the watcher knows what it has told.
local errors = require "almanac.base.errors"
local task = require "native.task"

local M = {}

-- A server sends bookmarks about once a minute. A watch that is silent for longer is listed afresh:
-- its connection may be dead without a word.
local SILENCE_SECONDS = 90

---@class almanac.rollout.Collection
---@field objects table<string, table>  by name
---@field synced boolean
---@field failure? table  the watch cannot go on
local Collection = {}
Collection.__index = Collection

---@class almanac.rollout.SharedWatches  of one namespace
local Shared = {}
Shared.__index = Shared

-- By world, then by context and namespace: there as long as somebody follows in it.
local all = setmetatable({}, { __mode = "k" })

--- How long a probe may fail, of all that it is.
local function slim_probe(probe)
  return probe and { initialDelaySeconds = probe.initialDelaySeconds, periodSeconds = probe.periodSeconds,
    timeoutSeconds = probe.timeoutSeconds, failureThreshold = probe.failureThreshold }
end

local function slim_containers(containers)
  local out = {}
  for i, c in ipairs(containers or {}) do
    out[i] = { name = c.name, restartPolicy = c.restartPolicy, startupProbe = slim_probe(c.startupProbe),
      readinessProbe = slim_probe(c.readinessProbe) }
  end
  return out
end

--- What of a pod a verdict looks at; the rest of a few thousand pods would only fill memory.
local function slim_pod(pod)
  local meta, spec, status = pod.metadata, pod.spec or {}, pod.status or {}
  local volumes = {}
  for _, volume in ipairs(spec.volumes or {}) do
    if volume.persistentVolumeClaim then volumes[#volumes + 1] = volume end
  end
  return {
    kind = "Pod",
    metadata = { name = meta.name, namespace = meta.namespace, uid = meta.uid, labels = meta.labels,
      resourceVersion = meta.resourceVersion, creationTimestamp = meta.creationTimestamp,
      deletionTimestamp = meta.deletionTimestamp, ownerReferences = meta.ownerReferences },
    spec = { volumes = volumes, containers = slim_containers(spec.containers),
      initContainers = slim_containers(spec.initContainers) },
    status = { phase = status.phase, reason = status.reason, message = status.message, conditions = status.conditions,
      containerStatuses = status.containerStatuses, initContainerStatuses = status.initContainerStatuses },
  }
end

local function slim_set(rs)
  local meta = rs.metadata
  return { kind = "ReplicaSet", metadata = { name = meta.name, uid = meta.uid, labels = meta.labels,
    resourceVersion = meta.resourceVersion, annotations = meta.annotations, ownerReferences = meta.ownerReferences } }
end

local SLIM = { pods = slim_pod, replicasets = slim_set }

local function owner_of(object)
  for _, ref in ipairs(object.metadata.ownerReferences or {}) do
    if ref.controller then return ref.uid end
  end
  local first = (object.metadata.ownerReferences or {})[1]
  return first and first.uid
end

--- The uid of the workload that an object stands for: its owner, or its ReplicaSet's.
function Shared:workload_of(object)
  local owner = owner_of(object)
  local sets = self.collections.replicasets
  local rs = owner and sets and sets.by_uid[owner]
  return rs and owner_of(rs) or owner
end

--- Has the followers of a workload look again.
function Shared:tell(uid)
  for follower in pairs(uid and self.by_uid[uid] or {}) do follower:changed() end
end

local function index(map, key, object, on)
  if not key then return end
  local set = map[key] or {}
  map[key] = set
  set[object.metadata.name] = on and object or nil
  if next(set) == nil then map[key] = nil end
end

--- What keeps the collection from knowing how things are; nil when it knows.
---@return string?
function Collection:what_is_wrong()
  if self.watch then return self.watch:what_is_wrong() end
  return not self.synced and "the API server has not answered yet" or nil
end

function Collection:put(object)
  local meta = object.metadata
  local old = self.objects[meta.name]
  if old then self:take_out(old) end
  self.objects[meta.name] = object
  self.by_uid[meta.uid or meta.name] = object
  index(self.by_owner, owner_of(object), object, true)
end

function Collection:take_out(object)
  local meta = object.metadata
  self.objects[meta.name] = nil
  self.by_uid[meta.uid or meta.name] = nil
  index(self.by_owner, owner_of(object), object, false)
end

--- Followers of one object each are told of it by name; those of a workload's parts by its uid.
function Collection:told(object)
  for follower in pairs(self.by_name[object.metadata.name] or {}) do follower:changed() end
  if self.parts then self.shared:tell(self.shared:workload_of(object)) end
end

function Collection:tell_all()
  for follower in pairs(self.users) do follower:changed() end
end

function Collection:take(event)
  if event.type == "SYNCED" then
    self.synced = true
    return self:tell_all()
  end
  local object = event.object
  if not object then return end
  if event.type ~= "DELETED" then
    self:put(object)
  else
    local known = self.objects[object.metadata.name]
    if not known or known.metadata.uid ~= object.metadata.uid then return end
    self:take_out(known)
  end
  self:told(object)
end

function Collection:open()
  local shared, slim = self.shared, SLIM[self.ref]
  local watch = shared.world.watch(self.ref, { namespace = shared.namespace, context = shared.context })
  if slim then watch:keep(slim) end
  return watch
end

function Collection:read()
  self.watch = self.watch or self:open()
  while true do
    local event, why = self.watch:next(SILENCE_SECONDS)
    if event then
      self:take(event)
    elseif why == "timeout" then
      self.watch:refresh()
    else
      return
    end
  end
end

--- Starts reading in a task of the one who asks, unless somebody reads already.
function Collection:pump(follower)
  if self.reader or self.failure then return end
  self.reader = follower
  follower.handles[#follower.handles + 1] = task.spawn(function()
    local ok, err = errors.try(self.read, self)
    if not ok and not errors.is_interrupt(err) then
      self.failure = err
      self:tell_all()
    end
  end)
end

--- The collection of a kind, which the follower uses from now on. Its first use lists it.
---@param follower table  changed(), handles
---@param ref string       "pods", "deployment"
---@param name? string     the follower is told of this object only
---@return almanac.rollout.Collection
function Shared:use(follower, ref, name)
  local collection = self.collections[ref]
  if not collection then
    collection = setmetatable({ shared = self, ref = ref, objects = {}, by_uid = {}, by_owner = {}, by_name = {},
      users = {}, parts = SLIM[ref] ~= nil, synced = false }, Collection)
    self.collections[ref] = collection
  end
  collection.users[follower] = name or true
  if name then
    collection.by_name[name] = collection.by_name[name] or {}
    collection.by_name[name][follower] = true
  end
  collection:pump(follower)
  return collection
end

--- From now on the follower is told what happens to the parts of the workload with this uid.
function Shared:follow_parts(follower, uid)
  if follower.parts_of == uid then return end
  self:forget_parts(follower)
  follower.parts_of = uid
  self.by_uid[uid] = self.by_uid[uid] or {}
  self.by_uid[uid][follower] = true
end

function Shared:forget_parts(follower)
  local set = follower.parts_of and self.by_uid[follower.parts_of]
  if not set then return end
  set[follower] = nil
  if next(set) == nil then self.by_uid[follower.parts_of] = nil end
end

local function values(map)
  local out = {}
  for _, v in pairs(map or {}) do out[#out + 1] = v end
  return out
end

--- The ReplicaSets of a workload, and the pods of those or of itself.
---@param uid string
---@return table[] pods
---@return table[] replicasets
function Shared:parts(uid)
  local pods, sets = self.collections.pods, self.collections.replicasets
  local owned = values(sets and sets.by_owner[uid])
  local out = values(pods and pods.by_owner[uid])
  for _, rs in ipairs(pods and owned or {}) do
    for _, pod in pairs(pods.by_owner[rs.metadata.uid] or {}) do out[#out + 1] = pod end
  end
  return out, owned
end

--- A list that may be refused: who may not see events is only told less. Shared for as long as it is
--- not older than the caller wants.
---@param ref string
---@param fields string|nil field selector
---@param age number seconds
---@return table[]
function Shared:list(ref, fields, age)
  local key = ref .. " " .. (fields or "")
  local known = self.lists[key] or { at = -math.huge, items = {}, signal = task.condition() }
  self.lists[key] = known
  local asked = task.now()
  while known.reading do known.signal:wait() end -- one asks for all
  if known.at >= asked or asked - known.at <= age then return known.items end
  known.reading = true
  local ok, items = errors.try(self.world.list, ref, { namespace = self.namespace, context = self.context, fields = fields })
  known.reading = nil
  known.signal:notify()
  if not ok and task.interrupted() then error(items, 0) end
  known.at, known.items = task.now(), ok and items or known.items
  return known.items
end

--- The follower is done: what it read goes on in another's task, or ends with the last one. Its own
--- tasks have ended by now.
function Shared:leave(follower)
  self:forget_parts(follower)
  for ref, collection in pairs(self.collections) do
    local name = collection.users[follower]
    collection.users[follower] = nil
    if name and name ~= true then
      local set = collection.by_name[name]
      set[follower] = nil
      if next(set) == nil then collection.by_name[name] = nil end
    end
    if next(collection.users) == nil then
      self.collections[ref] = nil
      if collection.watch then collection.watch:close() end
    elseif collection.reader == follower then
      collection.reader = nil
      -- Whoever is woken first takes over.
      collection:tell_all()
    end
  end
  if next(self.collections) == nil and all[self.world] then all[self.world][self.key] = nil end
end

--- Goes on reading what nobody reads.
function Shared:take_over(follower)
  for _, collection in pairs(self.collections) do
    if collection.users[follower] then collection:pump(follower) end
  end
end

--- The shared watches of a namespace.
---@param world almanac.rollout.World
---@param namespace string|nil
---@param context string|nil
---@return almanac.rollout.SharedWatches
function M.of(world, namespace, context)
  local known = all[world] or {}
  all[world] = known
  local key = (context or "") .. "\0" .. (namespace or "")
  if not known[key] then
    known[key] = setmetatable({ world = world, namespace = namespace, context = context, key = key, collections = {},
      by_uid = {}, lists = {} }, Shared)
  end
  return known[key]
end

return M

--- The objects of one resource by namespace and name, and its latest events for watches. Knows nothing of
--- versions or rules: the store settles those.
local value = require "almanac.sim.model.value"

local collection = {}

---@class sim.Collection
local Collection = {}
Collection.__index = Collection

--- An empty collection.
---@param horizon integer  watches from before this resourceVersion cannot be served
---@param history_max integer  how many events are kept
---@return sim.Collection
function collection.new(horizon, history_max)
  return setmetatable({ spaces = {}, events = {}, first = 1, last = 0, horizon = horizon, history_max = history_max },
    Collection)
end

local function space_of(self, ns)
  local space = self.spaces[ns]
  if not space then
    space = { by_name = {}, sorted = nil }
    self.spaces[ns] = space
    self.order = nil
  end
  return space
end

---@param ns string "" for what is in no namespace
---@param name string
---@return table|nil object
function Collection:get(ns, name)
  local space = self.spaces[ns]
  return space and space.by_name[name]
end

--- Puts an object in its place, or in the place of the one that is there.
---@param object table
function Collection:put(object)
  local space = space_of(self, object.metadata.namespace or "")
  local name = object.metadata.name
  if not space.by_name[name] then space.sorted = nil end
  space.by_name[name] = object
end

---@param object table its namespace and name count
function Collection:take(object)
  local space = space_of(self, object.metadata.namespace or "")
  space.by_name[object.metadata.name], space.sorted = nil, nil
end

---@param ns string
---@return boolean
function Collection:is_empty(ns)
  local space = self.spaces[ns]
  return not space or next(space.by_name) == nil
end

local function select_from(space, query, out)
  local function add(object)
    if object and (not query.labels or query.labels(object.metadata.labels))
      and (not query.fields or query.fields(object)) then
      out[#out + 1] = object
    end
  end
  if query.name then return add(space.by_name[query.name]) end
  -- The names in order are kept until one comes or goes.
  space.sorted = space.sorted or value.sorted_keys(space.by_name)
  for _, name in ipairs(space.sorted) do add(space.by_name[name]) end
end

--- The objects that a query selects, in the order of namespace and name.
---@param ns string|nil nil: of all namespaces
---@param query { name?: string, labels?: fun(labels: table|nil): boolean, fields?: fun(object: table): boolean }
---@return table[]
function Collection:select(ns, query)
  local out = {}
  if ns then
    if self.spaces[ns] then select_from(self.spaces[ns], query, out) end
    return out
  end
  self.order = self.order or value.sorted_keys(self.spaces)
  for _, name in ipairs(self.order) do select_from(self.spaces[name], query, out) end
  return out
end

--- Keeps an event; the oldest goes when there are too many.
---@param event { rv: integer }
function Collection:remember(event)
  self.last = self.last + 1
  self.events[self.last] = event
  if self.last - self.first + 1 > self.history_max then
    self.horizon = self.events[self.first].rv
    self.events[self.first] = nil
    self.first = self.first + 1
  end
end

--- The events after a resourceVersion, oldest first; nil when they are no longer kept.
---@param rv integer
---@return table[]|nil
function Collection:since(rv)
  if rv < self.horizon then return nil end
  local out, at = {}, self.last
  while at >= self.first and self.events[at].rv > rv do at = at - 1 end
  for i = at + 1, self.last do out[#out + 1] = self.events[i] end
  return out
end

return collection

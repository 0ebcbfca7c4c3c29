--- What a watch sends: pure functions from the store's events to lines. The waiting is in api.lua.
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"

local watch = {}

local Watch = {}
Watch.__index = Watch

---@class sim.WatchOptions
---@field store table
---@field res table
---@field ns? string
---@field match fun(object: table): boolean
---@field render fun(object: table): string    an object as JSON text
---@field rv? integer             events after this one; nil: whatever there is now, then events
---@field initial? boolean        sendInitialEvents: everything there is, then a bookmark
---@field bookmarks? boolean      allowWatchBookmarks

local function line(type, text)
  return ('{"type":"%s","object":%s}\n'):format(type, text)
end

--- A new watch. The first `pull` gives what it begins with.
---@param opts sim.WatchOptions
function watch.new(opts)
  return setmetatable({ o = opts, rv = opts.rv, begun = false, over = false }, Watch)
end

-- A bookmark is an object that has nothing but a version: of some kinds, their fields that are always
-- written come with it.
local POD_SPEC = { containers = value.null }
local TEMPLATE = { metadata = {}, spec = POD_SPEC }
local BOOKMARKED = {
  Pod = { spec = POD_SPEC, status = {} },
  Service = { spec = {}, status = { loadBalancer = {} } },
  Deployment = { spec = { replicas = 0, selector = value.null, template = TEMPLATE, strategy = {} }, status = {} },
  StatefulSet = {
    spec = { replicas = 0, selector = value.null, template = TEMPLATE, serviceName = "", updateStrategy = {} },
    status = { replicas = 0, availableReplicas = 0 },
  },
}

local function bookmark(self, ended)
  local res = self.o.res
  local empty = BOOKMARKED[res.kind] or {}
  local object = { kind = res.kind, apiVersion = res.api_version, metadata = {
    resourceVersion = tostring(self.rv),
    annotations = ended and { ["k8s.io/initial-events-end"] = "true" } or nil,
  }, spec = empty.spec, status = empty.status }
  return line("BOOKMARK", value.json.encode(object))
end

local function begin(self, out)
  local o = self.o
  self.begun = true
  if self.rv and not o.initial then return end
  local list, rv = o.store:list(o.res.key, o.ns)
  for _, object in ipairs(list) do
    if o.match(object) then out[#out + 1] = line("ADDED", o.render(object)) end
  end
  self.rv = rv
  if o.initial and o.bookmarks then out[#out + 1] = bookmark(self, true) end
end

--- The type under which a watcher with this selector sees an event, or nil.
local function seen_as(o, event)
  if o.ns and event.object.metadata.namespace ~= o.ns then return nil end
  local now = o.match(event.object)
  if event.type ~= "MODIFIED" then return now and event.type or nil end
  local before = o.match(event.old)
  if now then return before and "MODIFIED" or "ADDED" end
  return before and "DELETED" or nil
end

--- The lines that are due, and whether the watch is over (it was told so in the last line).
---@return string[] lines, boolean over
function Watch:pull()
  local out = {}
  if self.over then return out, true end
  if not self.begun then begin(self, out) end
  local events, status = self.o.store:since(self.o.res.key, self.rv)
  if not events then
    out[#out + 1] = line("ERROR", value.json.encode(status))
    self.over = true
    return out, true
  end
  for _, event in ipairs(events) do
    local type = seen_as(self.o, event)
    if type then out[#out + 1] = line(type, self.o.render(event.object)) end
    self.rv = event.rv
  end
  return out, false
end

--- A bookmark of where the watch is, for those that asked for them.
---@return string|nil
function Watch:bookmark()
  if not self.o.bookmarks or not self.begun then return nil end
  if self.rv < self.o.store.rv then self.rv = self.o.store.rv end
  return bookmark(self, false)
end

--- The resourceVersion a watch asks for: nil for "whatever there is now", or a Status.
---@param query table
---@return integer|nil rv, table|nil status
function watch.version(query)
  local text = query.resourceVersion
  if text == nil or text == "" or text == "0" then return nil end
  local rv = math.tointeger(tonumber(text))
  if not rv then
    return nil, errors.failure(400, "BadRequest", ('invalid resource version "%s"'):format(text))
  end
  return rv
end

return watch

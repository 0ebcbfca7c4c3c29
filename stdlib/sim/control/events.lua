--- Events about objects, as the kubelet, the controllers and the scheduler record them: repeated ones
--- are counted, not repeated.
local value = require "almanac.sim.model.value"

local events = {}

local Recorder = {}
Recorder.__index = Recorder

local EVENTS = "v1/events"
local KNOWN_MAX = 5000

---@param store table
---@param now fun(): number
function events.new(store, now)
  return setmetatable({ store = store, now = now, known = {}, count = 0, serial = 0 }, Recorder)
end

local function key_of(about, e)
  return table.concat({ about.metadata.uid or "", e.type, e.reason, e.message, e.component, e.field or "" }, "\0")
end

local function reference(about, field)
  local meta = about.metadata
  return { kind = about.kind, namespace = meta.namespace, name = meta.name, uid = meta.uid,
    apiVersion = about.apiVersion, resourceVersion = meta.resourceVersion, fieldPath = field }
end

local function micro(now)
  local whole = math.floor(now)
  return (value.timestamp(whole):gsub("Z$", (".%06dZ"):format(math.floor((now - whole) * 1e6))))
end

function Recorder:again(ns, name)
  return self.store:modify(EVENTS, ns, name, function(event)
    event.count = (event.count or 1) + 1
    event.lastTimestamp = value.timestamp(self.now())
  end)
end

--- Records an event; a later one with the same words raises the count of the first.
---@param about table the object it is about
---@param e table { type, reason, message, component, host, field = fieldPath, scheduler = boolean }
function Recorder:record(about, e)
  local ns, key = about.metadata.namespace or "default", key_of(about, e)
  local name = self.known[key]
  if name and self:again(ns, name) then return end
  local now = self.now()
  self.serial = self.serial + 1
  name = ("%s.%016x"):format(about.metadata.name, math.floor(now * 1e6) * 4096 + self.serial % 4096)
  local event = {
    apiVersion = "v1", kind = "Event", metadata = { name = name, namespace = ns },
    involvedObject = reference(about, e.field), type = e.type, reason = e.reason, message = e.message,
  }
  if e.scheduler then
    event.source, event.firstTimestamp, event.lastTimestamp = {}, value.null, value.null
    event.eventTime, event.action = micro(now), "Binding"
    event.reportingComponent, event.reportingInstance = "default-scheduler", "default-scheduler-sim"
  else
    event.source = { component = e.component, host = e.host }
    event.firstTimestamp, event.lastTimestamp = value.timestamp(now), value.timestamp(now)
    event.count, event.eventTime = 1, value.null
    event.reportingComponent, event.reportingInstance = e.component, e.host or ""
  end
  if not self.store:create(EVENTS, event) then return end
  if e.scheduler then return end
  if self.count >= KNOWN_MAX then
    self.known, self.count = {}, 0
  end
  self.known[key], self.count = name, self.count + 1
end

return events

--- Watches: a collection followed from a list onwards, whatever happens to the connection. Every
--- change is seen once and in order; changes between two moments that both were missed come as one.
local arguments = require "almanac.k8s.arguments"
local backoff = require "almanac.base.backoff"
local discovery = require "almanac.k8s.discovery"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local forms = require "almanac.k8s.form"
local json = require "native.json"
local k8s_client = require "almanac.k8s.client"
local objects = require "almanac.k8s.objects"
local redaction = require "almanac.base.redaction"
local secrets_read = require "almanac.k8s.secrets_read"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

---@class almanac.k8s.Event
---@field type "ADDED"|"MODIFIED"|"DELETED"|"SYNCED"  SYNCED: all that was there has been told
---@field object table?

---@class almanac.k8s.WatchOptions : almanac.k8s.ListOptions
---@field patience? string|number  duration of failing to connect before it raises; default 120

---@class almanac.k8s.Watcher
local Watcher = {}
Watcher.__index = Watcher
Watcher.__name = "watcher"

local WATCH = fields.declare("k8s.watch", fields.with(arguments.many, {
  patience = { "duration", shown_default = "2m", help = "for a server that is away" },
}), { at = 2 })
local PATIENCE = 120
local API_SERVER = "the API server"

-- A connection that lasted so long, in seconds, was a good one.
local STEADY = 1
local RETRY = { delay = 0.25, factor = 2 }
local DELAY_MAX = 10
-- The server ends each watch after a while; a random time keeps many from coming back together.
local SERVER_TIMEOUT_MIN, SERVER_TIMEOUT_MAX = 240, 480

-- Pure parts -------------------------------------------------------------------------------------

local function key_of(object)
  local meta = object.metadata
  return (meta.namespace or "") .. "/" .. meta.name
end

--- The events that lead from what is known to a new list: objects gone, new, changed; one that was
--- deleted and created again under its name is both. Changes `known`.
---@param known table<string, table>  by namespace/name: what was told of last
---@param items table[]
---@return almanac.k8s.Event[]
function M.reconcile(known, items)
  local events, there = {}, {}
  for _, object in ipairs(items) do there[key_of(object)] = object end
  for key, old in pairs(known) do
    local new = there[key]
    if not new or new.metadata.uid ~= old.metadata.uid then
      events[#events + 1] = { type = "DELETED", object = old }
      known[key] = nil
    end
  end
  table.sort(events, function(a, b) return key_of(a.object) < key_of(b.object) end)
  for _, object in ipairs(items) do
    local key = key_of(object)
    local old = known[key]
    if not old then
      events[#events + 1] = { type = "ADDED", object = object }
    elseif old.metadata.resourceVersion ~= object.metadata.resourceVersion then
      events[#events + 1] = { type = "MODIFIED", object = object }
    end
    known[key] = object
  end
  return events
end

--- What a line of a watch asks for: an event to tell, "bookmark", or "expired". Changes `known`.
---@param known table<string, table>
---@param event table  { type, object } as the server sent it
---@return almanac.k8s.Event|"bookmark"|"expired"|nil
---@return string? resource_version  to go on from
function M.accept(known, event)
  local object = event.object
  if event.type == "BOOKMARK" then return "bookmark", object.metadata.resourceVersion end
  if event.type == "ERROR" then
    if object.code == 410 or object.reason == "Expired" or object.reason == "Gone" then return "expired" end
    return nil
  end
  local key = key_of(object)
  known[key] = event.type ~= "DELETED" and object or nil
  return { type = event.type, object = object }, object.metadata.resourceVersion
end

--- Events that are about an object of the collection.
local CHANGES = { ADDED = true, MODIFIED = true, DELETED = true }

local function is_text(value) return value == nil or type(value) == "string" end

--- What is wrong with an event of a watch, in words; nil where a server may write it.
---@param path string  of the collection
---@param event any
---@return string?
local function fault_of(path, event)
  local object = type(event) == "table" and event.object
  if type(object) ~= "table" then return "it has no object" end
  if event.type == "ERROR" then return nil end
  if event.type == "BOOKMARK" then
    local meta = object.metadata
    return not (type(meta) == "table" and type(meta.resourceVersion) == "string") and "it has no resourceVersion" or nil
  end
  if not CHANGES[event.type] then return "it is of no type that there is" end
  local at, how = forms.wrong_of(path, object)
  return at and string.format("object%s %s", at, how) or nil
end

--- What a line of a watch asks for, as in accept(). Raises kind "protocol" for one that is no event, and kind
--- "api" with what the server says when it ends the watch.
---@param who string
---@param path string  of the collection
---@param known table<string, table>
---@param line string
---@return almanac.k8s.Event|"bookmark"|"expired"
---@return string? resource_version
function M.read(who, path, known, line)
  local ok, event = errors.try(json.decode, line, { big = "text", null = "absent" })
  local fault = not ok and "it is no JSON" or fault_of(path, event)
  if fault then
    errors.raise { kind = "protocol", message = string.format("%s: the server wrote a line that is no event of a watch of %s (%s): %s",
      who, path, fault, redaction.excerpt(line, 200)) }
  end
  secrets_read.hide(event.object)
  local what, version = M.accept(known, event)
  if what then return what, version end
  local status = event.object
  errors.raise {
    kind = "api", status = math.tointeger(status.code) or 500, reason = is_text(status.reason) and status.reason or nil,
    message = string.format("%s: the server ended the watch: %s", who, is_text(status.message) and status.message or "no reason given"),
  }
end

--- Seconds until the next try to connect. Pure but for the random part that is handed in.
---@param failures integer in a row
---@param retry_after string?
---@param random number from 0 to 1
---@return number
function M.pause(failures, retry_after, random)
  local asked = tonumber(retry_after)
  if asked then return asked end
  return math.min(backoff.delay(RETRY, failures), DELAY_MAX) * (0.5 + random / 2)
end

--- Whether a failure may pass by itself.
---@param err table
function M.may_pass(err)
  if err.kind == "network" or err.kind == "timeout" or err.kind == "protocol" then return true end
  return err.kind == "api" and (err.status == 429 or err.status >= 500)
end

-- The watcher ------------------------------------------------------------------------------------

function Watcher:disconnect()
  if self.stream then self.stream:close() end
  self.stream = nil
end

--- Ends the watch.
function Watcher:close()
  self.closed = true
  self:disconnect()
end

Watcher.__close = Watcher.close

--- Lists afresh before the next event: what is told then leads from what was told to what there is.
function Watcher:refresh()
  self.version = nil
  self:disconnect()
end

--- Has only a part of each object told and remembered, for whoever follows thousands.
---@param fn fun(object: table): table  with metadata.name, namespace, uid and resourceVersion
function Watcher:keep(fn)
  self.kept = fn
end

function Watcher:shorten(event)
  local key = key_of(event.object)
  event.object = self.kept(event.object)
  if self.known[key] then self.known[key] = event.object end
end

function Watcher:tell(event)
  self.queue[#self.queue + 1] = event
end

function Watcher:relist()
  -- Tried once: what fails is told to `endure`, which waits, and knows for how long there was no answer.
  local items, version = objects.list(self.who, self.target, self.opts, 1)
  if self.kept then
    for i, object in ipairs(items) do items[i] = self.kept(object) end
  end
  for _, event in ipairs(M.reconcile(self.known, items)) do self:tell(event) end
  self.version = version
  if not self.synced then
    self.synced = true
    self:tell { type = "SYNCED" }
  end
end

function Watcher:path()
  return discovery.path(self.target.resource, self.target.namespace)
end

function Watcher:connect()
  if not self.version then self:relist() end
  local query = objects.selectors(self.who, self.opts)
  query.watch, query.allowWatchBookmarks, query.resourceVersion = true, true, self.version
  query.timeoutSeconds = math.random(SERVER_TIMEOUT_MIN, SERVER_TIMEOUT_MAX)
  self.stream = k8s_client.stream(self.target.client, {
    who = self.who, path = self:path(), query = query,
  })
  self.connected_at = task.now()
end

--- Says that the server answers again, where it was said that it does not.
function Watcher:say_back()
  if not self.lost_at then return end
  step.emit("connection", { to = API_SERVER, state = "back" })
  step.note(string.format("%s is back after %s", API_SERVER, duration.format(math.ceil(task.now() - self.lost_at))))
  self.lost_at = nil
end

--- One line of the stream. Half a line never gets here: the native drops it with the connection,
--- and the watch goes on from the last whole one.
function Watcher:take(line)
  local what, version = M.read(self.who, self:path(), self.known, line)
  if what == "expired" then
    self.version = nil
    self:disconnect()
  else
    self.version = version
    self.failures, self.failing_since, self.trouble = 0, nil, nil
    if what ~= "bookmark" then
      if not self.opts.managed_fields then what.object.metadata.managedFields = nil end
      if self.kept then self:shorten(what) end
      self:tell(what)
    end
  end
end

--- Waits until the next try, or raises when it has been failing for too long.
function Watcher:endure(err)
  if self.stream and task.now() - self.connected_at > STEADY then
    self.failures, self.failing_since, self.trouble = 0, nil, nil
  end
  self:disconnect()
  if errors.is_interrupt(err) or not M.may_pass(err) then
    if err.status ~= 410 then error(err, 0) end
    self.version = nil
    return
  end
  if err.kind == "timeout" and task.interrupted() then error(err, 0) end
  local now = task.now()
  self.failures = self.failures + 1
  self.failing_since, self.trouble = self.failing_since or now, err.message
  local delay = M.pause(self.failures, err.retry_after, math.random())
  if now + delay - self.failing_since > duration.parse(self.opts.patience or PATIENCE) then
    err.message = string.format("%s (watching for %.0f s without a connection)", err.message, now - self.failing_since)
    error(err, 0)
  end
  if self.failures >= 2 and not self.lost_at then
    self.lost_at = self.failing_since
    step.emit("connection", { to = API_SERVER, state = "lost", why = err.message })
    step.note(string.format("lost the connection to %s, trying again: %s", API_SERVER, err.message))
  end
  task.sleep(delay)
end

--- Seconds left, or nil when there is no limit.
local function left(deadline)
  return deadline and math.max(deadline - task.now(), 0)
end

--- Connects, until the deadline at most: a server that is away may not even refuse.
function Watcher:connect_until(deadline)
  if not deadline then return self:connect() end
  local token = task.push_deadline(left(deadline))
  local ok, err = errors.try(self.connect, self)
  local expired = task.pop_deadline(token)
  if ok then return end
  if not expired then error(err, 0) end
  self:disconnect()
  self.trouble = self.trouble or string.format("the API server %s (context %q) has not answered",
    self.target.client.info.server, self.target.client.info.context)
end

--- What keeps the watcher from knowing how things are; nil when it knows.
---@return string?
function Watcher:what_is_wrong()
  if self.synced and self.stream then return nil end
  return self.trouble or not self.synced and "the API server has not answered yet" or nil
end

--- Whether more has been told than was taken: what is known so far is no whole picture.
---@return boolean
function Watcher:has_more()
  return not self.synced or #self.queue > 0
end

--- One turn: connects, or reads a line.
function Watcher:turn(deadline)
  if not self.stream then
    self:connect_until(deadline)
    if self.stream then self:say_back() end
    return
  end
  local line, why = self.stream:read_line(left(deadline))
  if line then
    self:take(line)
  elseif why ~= "timeout" then
    if task.now() - self.connected_at < STEADY then
      errors.raise { kind = "network", message = self.who .. ": the server ended the watch at once" }
    end
    self:disconnect() -- the server's own time is over: go on from the last version
  end
end

--- The next event; waits for it.
---@param seconds? number at most so long
---@return almanac.k8s.Event|nil event
---@return "timeout"|nil why
function Watcher:next(seconds)
  local deadline = seconds and task.now() + seconds
  while #self.queue == 0 do
    if self.closed then errors.usage "this watch was closed" end
    if deadline and task.now() >= deadline then return nil, "timeout" end
    local ok, err = errors.try(self.turn, self, deadline)
    if not ok then self:endure(err) end
  end
  return table.remove(self.queue, 1)
end

--- Follows a collection, or one object. A read. First what is there comes as ADDED, then SYNCED,
--- then changes as they happen.
---
---     local watch <close> = k8s.watch("pods", { selector = { app = "animica-node" } })
---     for event in watch:events() do … end
function M.watch(ref, opts)
  step.require_read "k8s.watch"
  opts = fields.check(WATCH, opts)
  local target = objects.target("k8s.watch", ref, opts)
  if target.name then
    local narrowed = {}
    for key, value in pairs(opts) do narrowed[key] = value end
    narrowed.fields = { ["metadata.name"] = target.name }
    opts = narrowed
  end
  return setmetatable({
    who = "k8s.watch", target = target, opts = opts, known = {}, queue = {}, failures = 0, closed = false,
    synced = false,
  }, Watcher)
end

--- An iterator over the events, for `for`.
function Watcher:events()
  return function() return (self:next()) end
end

return M

--- k8s: a Kubernetes cluster. Reads are free inside a step, writes are effects. Objects are named as
--- kubectl names them: "deployment/animica-node", "sts/x", "pods", "certificates.cert-manager.io/x".
local duration = require "almanac.duration"
local effects = require "almanac.k8s_effects"
local errors = require "almanac.errors"
local k8s_client = require "almanac.k8s_client"
local logs = require "almanac.k8s_logs"
local objects = require "almanac.k8s_objects"
local step = require "almanac.step"
local task = require "native.task"
local watch = require "almanac.k8s_watch"

local M = {
  apply = effects.apply, patch = effects.patch, scale = effects.scale, restart = effects.restart,
  create = effects.create, logs = logs.logs, follow_logs = logs.follow, watch = watch.watch,
}

--- Follows a workload until it is rolled out, or cannot be; see almanac.rollout_watch. A read.
---@param ref string
---@param opts? almanac.rollout.Options
---@return almanac.rollout.Done
function M.rollout(ref, opts)
  return require("almanac.rollout_watch").rollout(ref, opts)
end

---@class almanac.k8s.WaitOptions
---@field condition? string   a condition of status.conditions, e.g. "Available"
---@field status? string      of the condition; default "True"
---@field deleted? boolean|string  true, or the uid of the object that must go
---@field check? fun(object: table): any
---@field what? string        what check wants, for errors: "has an address"
---@field timeout? string|number  duration; default 2m
---@field namespace? string
---@field context? string

---@class almanac.k8s.DeleteOptions
---@field uid? string         only that very object
---@field propagation? "background"|"foreground"|"orphan"
---@field grace? integer      seconds
---@field missing_ok? boolean none there is success
---@field wait? boolean       default true
---@field timeout? string|number  of the wait; default 2m
---@field namespace? string
---@field context? string

local WAIT_TIMEOUT = 120
local DELETE_TIMEOUT = 120

--- The cluster in use: server, context, cluster, namespace, user, source. A read.
---@param opts? { context?: string }
---@return table
function M.info(opts)
  step.require_read "k8s.info"
  return k8s_client.open(opts).info
end

--- One object; raises kind "api" with status 404 when there is none. A read.
---@param ref string|table
---@param opts? almanac.k8s.ListOptions
---@return table object
function M.get(ref, opts)
  step.require_read "k8s.get"
  return objects.get("k8s.get", objects.one("k8s.get", ref, opts), opts)
end

--- One object, or nil when there is none. A read.
---@param ref string|table
---@param opts? almanac.k8s.ListOptions
---@return table? object
function M.find(ref, opts)
  step.require_read "k8s.find"
  return objects.find("k8s.find", objects.one("k8s.find", ref, opts), opts)
end

--- All objects of a kind. A read.
---@param ref string "pods", "deploy", …
---@param opts? almanac.k8s.ListOptions
---@return table[] objects
---@return string resource_version
function M.list(ref, opts)
  step.require_read "k8s.list"
  local target = objects.target("k8s.list", ref, opts)
  if target.name then errors.usage("k8s.list: %q names one object; use k8s.get", tostring(ref)) end
  return objects.list("k8s.list", target, opts or {})
end

-- Waiting ----------------------------------------------------------------------------------------

--- Whether an object has a condition. Pure.
---@param object table?
---@param kind string e.g. "Available"
---@param status string? default "True"
function M.has_condition(object, kind, status)
  for _, c in ipairs(object and object.status and object.status.conditions or {}) do
    if c.type == kind then return c.status == (status or "True") end
  end
  return false
end

local function wanted(opts)
  if opts.condition then
    return function(object) return M.has_condition(object, opts.condition, opts.status) end,
      "has the condition " .. opts.condition .. (opts.status and "=" .. opts.status or "")
  elseif opts.deleted then
    return function(object)
      return object == nil or type(opts.deleted) == "string" and object.metadata.uid ~= opts.deleted
    end, "is gone"
  elseif type(opts.check) == "function" then
    return function(object) return object ~= nil and opts.check(object) end, opts.what or "is as wanted"
  end
  errors.usage "k8s.wait: give condition, deleted or check"
end

--- Why an object that was deleted is still there. Pure.
local function held_by(object)
  local finalizers = object and object.metadata.finalizers or {}
  if #finalizers == 0 then return nil end
  return "its finalizers hold it: " .. table.concat(finalizers, ", ")
end

local function wait_timeout(target, what, seconds, object)
  errors.raise {
    kind = "timeout",
    message = string.format("k8s.wait: %s is not so within %s: that it %s%s", target.label, duration.format(seconds),
      what, object == nil and " (it does not exist)" or ""),
    hint = object and object.metadata.deletionTimestamp and held_by(object) or
      "k8s.events of the object say what happened to it",
    object = object,
  }
end

--- Waits until an object is as wanted. A read.
---@param ref string|table
---@param opts almanac.k8s.WaitOptions
---@return table? object  nil when it is gone
function M.wait(ref, opts)
  step.require_read "k8s.wait"
  opts = opts or {}
  local is_wanted, what = wanted(opts)
  local target = objects.one("k8s.wait", ref, opts)
  local seconds = opts.timeout and duration.parse(opts.timeout) or WAIT_TIMEOUT
  local deadline = task.now() + seconds
  local watcher <close> = watch.watch(ref, { namespace = opts.namespace, context = opts.context })
  local object
  while true do
    local event = watcher:next(math.max(deadline - task.now(), 0))
    if not event then wait_timeout(target, what, seconds, object) end
    if event.type == "DELETED" then
      object = nil
    elseif event.type ~= "SYNCED" then
      object = event.object
    end
    -- What is there counts only when all of it has been told.
    if watcher.synced and (event.type ~= "ADDED" or object) and is_wanted(object) then return object end
  end
end

--- Deletes an object, and waits until it is gone. An effect.
---@param ref string|table
---@param opts? almanac.k8s.DeleteOptions
---@return { deleted: boolean, uid: string? }
function M.delete(ref, opts)
  opts = opts or {}
  local result = effects.delete(ref, opts)
  if result.deleted and opts.wait ~= false then
    M.wait(ref, {
      deleted = result.uid, timeout = opts.timeout or DELETE_TIMEOUT, namespace = opts.namespace, context = opts.context,
    })
  end
  return result
end

-- What happened ----------------------------------------------------------------------------------

local function event_time(event)
  local series = type(event.series) == "table" and event.series.lastObservedTime
  for _, time in ipairs { series or false, event.lastTimestamp or false, event.eventTime or false } do
    if type(time) == "string" then return time end
  end
  return event.metadata.creationTimestamp or ""
end

--- The API's event as a line of a table. Pure.
---@param event table
function M.event_line(event)
  local about = event.involvedObject or {}
  return {
    time = event_time(event), type = event.type, reason = event.reason, message = event.message,
    count = math.tointeger(event.count) or 1, object = (about.kind or ""):lower() .. "/" .. (about.name or ""),
    uid = about.uid,
  }
end

--- Events of the namespace, or about one object, oldest first. A read.
---@param ref? string|table an object
---@param opts? almanac.k8s.ListOptions
---@return { time: string, type: string, reason: string, message: string, count: integer, object: string }[]
function M.events(ref, opts)
  step.require_read "k8s.events"
  local given = {}
  for key, value in pairs(opts or {}) do given[key] = value end
  if ref then
    local about = objects.one("k8s.events", ref, opts)
    given.fields = { ["involvedObject.name"] = about.name, ["involvedObject.kind"] = about.resource.kind }
    given.namespace = about.namespace
  end
  local out = {}
  for i, event in ipairs((objects.list("k8s.events", objects.target("k8s.events", "events", given), given))) do
    out[i] = M.event_line(event)
  end
  table.sort(out, function(a, b) return a.time < b.time end)
  return out
end

--- The images that pods run. Pure.
---@param pods table[]
---@return { pod: string, container: string, image: string, image_id: string?, ready: boolean }[]
function M.images_of(pods)
  local out = {}
  for _, pod in ipairs(pods) do
    local statuses = {}
    for _, status in ipairs(pod.status and pod.status.containerStatuses or {}) do statuses[status.name] = status end
    for _, container in ipairs(pod.spec.containers or {}) do
      local status = statuses[container.name] or {}
      out[#out + 1] = {
        pod = pod.metadata.name, container = container.name, image = container.image, image_id = status.imageID,
        ready = status.ready == true,
      }
    end
  end
  table.sort(out, function(a, b) return a.pod .. "/" .. a.container < b.pod .. "/" .. b.container end)
  return out
end

--- The images of the pods of a namespace, or of one workload. A read.
---@param opts? almanac.k8s.ListOptions|{ ref?: string|table }
---@return { pod: string, container: string, image: string, image_id: string?, ready: boolean }[]
function M.images(opts)
  step.require_read "k8s.images"
  opts = opts or {}
  if opts.ref then
    local _, pods = logs.pods_of("k8s.images", objects.one("k8s.images", opts.ref, opts))
    return M.images_of(pods)
  end
  return M.images_of((objects.list("k8s.images", objects.target("k8s.images", "pods", opts), opts)))
end

--- The pods of a workload: those of its newest revision, and all. A read.
---@param ref string|table
---@param opts? { namespace?: string, context?: string }
---@return table[] newest
---@return table[] all
function M.pods(ref, opts)
  step.require_read "k8s.pods"
  local newest, all = logs.pods_of("k8s.pods", objects.one("k8s.pods", ref, opts))
  return newest, all
end

return M

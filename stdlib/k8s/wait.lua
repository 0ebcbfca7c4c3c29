--- k8s.wait: waits until an object is as wanted, as `kubectl wait` does.
local arguments = require "almanac.k8s.arguments"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local jsonpath = require "almanac.base.jsonpath"
local objects = require "almanac.k8s.objects"
local step = require "almanac.run.step"
local task = require "native.task"
local unknown = require "almanac.base.unknown"
local watch = require "almanac.k8s.watch"
local written = require "almanac.k8s.written"

local M = {}

---@class almanac.k8s.WaitOptions
---@field condition? string   a condition of status.conditions: "Available", "Ready=False"
---@field status? string      of the condition; default "True"
---@field jsonpath? string    a path that must lead to one value: "{.status.phase}"
---@field equals? string|number|boolean  what that value must be; without it any will do
---@field deleted? boolean|string  true, or the uid of the object that must go
---@field observed? boolean   the controller has seen the newest generation
---@field check? fun(object: table): any
---@field what? string        what check wants, for errors: "has an address"
---@field timeout? string|number  duration; default 2m
---@field namespace? string
---@field context? string

local TIMEOUT = "2m"

local WAIT = fields.declare("k8s.wait", fields.with(arguments.where, {
  condition = { "string", help = "the name of a status condition" },
  status = { "string", shown_default = "True", help = "of that condition" },
  jsonpath = { "string", help = "leads to one value, such as {.status.phase}" },
  equals = { "value", help = "what that value must be; without it, that there is one" },
  deleted = { "yes|text", words = "true, or the uid of the object", help = "until it is gone" },
  observed = { "flag", help = "until its controller has seen its last change" },
  check = { "function", help = "is given the object, or nil, and says whether it is as wanted" },
  what = { "string", help = "what the check waits for, for people" },
  timeout = { "duration", help = "for all of it" },
}), { at = 2 })

--- A controller may write its generation as text.
local function is_behind(observed, object)
  local seen, wanted = tonumber(observed), tonumber(object.metadata.generation)
  return seen ~= nil and wanted ~= nil and seen < wanted
end

--- Whether an object has a condition, by kubectl's rules: names in any case, and a condition of an older
--- generation does not count. Pure.
--- https://github.com/kubernetes/kubectl/blob/master/pkg/cmd/wait/condition.go
---@param object table?
---@param kind string e.g. "Available"
---@param status string? default "True"
---@return boolean
function M.has_condition(object, kind, status)
  local now = object and object.status or {}
  for _, c in ipairs(now.conditions or {}) do
    if tostring(c.type):lower() == kind:lower() then
      if is_behind(c.observedGeneration or now.observedGeneration, object) then return false end
      return tostring(c.status):lower() == (status or "True"):lower()
    end
  end
  return false
end

--- Whether the object's controller has seen its newest generation. Pure.
---@param object table?
---@return boolean
function M.is_observed(object)
  local seen = object and object.status and object.status.observedGeneration
  return seen ~= nil and not is_behind(seen, object)
end

local function by_path(opts)
  local steps = jsonpath.parse(opts.jsonpath)
  local what = opts.equals == nil and "has a value at " .. opts.jsonpath or
    string.format("has %s at %s", tostring(opts.equals), opts.jsonpath)
  return function(object)
    local found = object and jsonpath.values(steps, object) or {}
    if #found > 1 then errors.usage("k8s.wait: %q leads to %d values; it must lead to one", opts.jsonpath, #found) end
    if found[1] == nil or opts.equals == nil then return found[1] ~= nil end
    if type(found[1]) == "table" then
      errors.usage("k8s.wait: %q leads to a list or an object; it must lead to a value", opts.jsonpath)
    end
    return tostring(found[1]) == tostring(opts.equals)
  end, what
end

local function wanted(opts)
  local given = {}
  for _, name in ipairs { "condition", "jsonpath", "deleted", "observed", "check" } do
    if opts[name] then given[#given + 1] = name end
  end
  if #given ~= 1 then
    errors.usage("k8s.wait: give one of condition, jsonpath, deleted, observed or check%s",
      #given > 1 and ", not " .. table.concat(given, " and ") or "")
  end
  if opts.condition then
    local kind, status = opts.condition:match "^([^=]+)=(.+)$"
    kind, status = kind or opts.condition, opts.status or status
    return function(object) return M.has_condition(object, kind, status) end,
      "has the condition " .. kind .. (status and "=" .. status or "")
  elseif opts.jsonpath then
    return by_path(opts)
  elseif opts.deleted then
    return function(object)
      return object == nil or type(opts.deleted) == "string" and object.metadata.uid ~= opts.deleted
    end, "is gone"
  elseif opts.observed then
    return M.is_observed, "is seen by its controller"
  end
  return function(object) return object ~= nil and opts.check(object) end, opts.what or "is as wanted"
end

--- Why an object that was deleted is still there. Pure.
local function held_by(object)
  local finalizers = object and object.metadata.finalizers or {}
  if #finalizers == 0 then return nil end
  local why = "its finalizers hold it: " .. table.concat(finalizers, ", ")
  if finalizers[1] == "kubernetes.io/pvc-protection" then
    why = why .. "; a pod uses the claim and must go first: k8s.wipe_claims does it in that order"
  end
  return why
end

local function raise_timeout(target, what, seconds, object, trouble)
  if trouble then
    errors.raise {
      kind = "timeout", message = string.format("k8s.wait: after %s nobody knows whether %s %s: %s",
        duration.format(seconds), target.label, what, trouble),
      hint = "see to the API server, then resume the run: the wait begins anew", object = object,
    }
  end
  errors.raise {
    kind = "timeout",
    message = string.format("k8s.wait: after %s it is still not so that %s %s%s", duration.format(seconds), target.label,
      what, object == nil and " (it does not exist)" or ""),
    hint = object and object.metadata.deletionTimestamp and held_by(object) or
      "k8s.events of the object say what happened to it",
    object = object,
  }
end

--- In a plan nothing has been changed, so there is nothing to wait for: how it stands is shown.
local function look_once(target, is_wanted, what, opts)
  local object = objects.find("k8s.wait", target)
  local so = is_wanted(object)
  step.note(string.format("would wait up to %s until %s %s; now: %s", duration.format(duration.parse(opts.timeout or TIMEOUT)),
    target.label, what, so and "it is so" or object and "it is not so" or "it does not exist"))
  if so then return object end
  return not opts.deleted and unknown.new(step.current().path) or nil
end

local function follow(ref, target, is_wanted, what, opts)
  local seconds = duration.parse(opts.timeout or TIMEOUT)
  local deadline = task.now() + seconds
  local watcher <close> = watch.watch(ref, { namespace = opts.namespace, context = opts.context })
  local object
  while true do
    local event = watcher:next(math.max(deadline - task.now(), 0))
    if not event then raise_timeout(target, what, seconds, object, watcher.trouble) end
    if event.type == "DELETED" then
      object = nil
    elseif event.type ~= "SYNCED" and not written.is_stale(event.object) then
      object = event.object
    end
    -- What is there counts only when all of it has been told.
    if watcher.synced and (event.type ~= "ADDED" or object) and is_wanted(object) then return object end
  end
end

--- Waits until an object is as wanted. A read.
---
---     k8s.wait("deployment/web", { condition = "Available", timeout = "5m" })
---     k8s.wait("pod/x", { jsonpath = "{.status.phase}", equals = "Running" })
---@param ref string|table
---@param opts almanac.k8s.WaitOptions
---@return table? object  nil when it is gone
function M.wait(ref, opts)
  step.require_read "k8s.wait"
  opts = fields.check(WAIT, opts)
  local is_wanted, what = wanted(opts)
  local target = objects.one("k8s.wait", ref, opts)
  return step.await(function() return follow(ref, target, is_wanted, what, opts) end,
    function() return look_once(target, is_wanted, what, opts) end)
end

return M

--- k8s.wait: waits until an object is as wanted, as `kubectl wait` does.
local arguments = require "almanac.k8s.arguments"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local jsonpath = require "almanac.base.jsonpath"
local objects = require "almanac.k8s.objects"
local status_fields = require "almanac.k8s.rollout.fields"
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
---@field selector? string|table<string, string>  with a kind: every object with these labels, and one at least
---@field all_namespaces? boolean  with a selector
---@field timeout? string|number  duration; default 2m
---@field namespace? string
---@field context? string

local TIMEOUT = "2m"
local NAMED = 5 -- objects that an error names

local WAIT = fields.declare("k8s.wait", fields.with(arguments.where, {
  condition = { "string", help = "the name of a status condition" },
  status = { "string", shown_default = "True", help = "of that condition" },
  jsonpath = { "string", help = "leads to one value, such as {.status.phase}" },
  equals = { "value", help = "what that value must be; without it, that there is one" },
  deleted = { "yes|text", words = "true, or the uid of the object", help = "until it is gone" },
  observed = { "flag", help = "until its controller has seen its last change" },
  check = { "function", help = "is given the object, or nil, and says whether it is as wanted" },
  what = { "string", help = "what the check waits for, for people" },
  selector = { "selector", help = "with a kind, such as pods: every object with these labels, and one at least" },
  all_namespaces = { "flag", help = "with a selector: those of every namespace" },
  timeout = { "duration", shown_default = "2m", help = "for all of it" },
}), { at = 2 })

--- A controller may write its generation as text.
local function is_behind(observed, object)
  local seen, wanted = tonumber(observed), tonumber(object.metadata.generation)
  return seen ~= nil and wanted ~= nil and seen < wanted
end

--- Whether an object has a condition, by kubectl's rules: names in any case, and a condition of an older
--- generation does not count. Pure.
--- https://github.com/kubernetes/kubectl/blob/master/pkg/cmd/wait/condition.go
function M.has_condition(object, kind, status)
  for _, c in ipairs(status_fields.conditions(object)) do
    if tostring(c.type):lower() == kind:lower() then
      if is_behind(c.observedGeneration or object.status.observedGeneration, object) then return false end
      return tostring(c.status):lower() == (status or "True"):lower()
    end
  end
  return false
end

--- Whether the object's controller has seen its newest generation. Pure.
---@param object table?
---@return boolean
function M.is_observed(object)
  local seen = status_fields.get(object, "status", "observedGeneration")
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

--- What is waited for: one object, or all that a selector takes.
---@class almanac.k8s.Awaited
---@field label string
---@field objects table<string, table>  by namespace and name: as they were told of last
---@field behind table<string, boolean> those of which only a state from before our own last write is known
local Awaited = {}
Awaited.__index = Awaited

local function awaited_of(target, opts)
  local query = objects.selectors("k8s.wait", opts)
  return setmetatable({
    one = target.name ~= nil, objects = {}, behind = {},
    label = target.name and target.label or string.format("every object of %s with %s", target.label, query.labelSelector),
  }, Awaited)
end

function Awaited:take(event)
  local object = event.object
  if not object then return end
  local key = (object.metadata.namespace or "") .. "/" .. object.metadata.name
  local stale = event.type ~= "DELETED" and written.is_stale(object)
  self.behind[key] = stale or nil
  if stale then return end
  self.objects[key] = event.type ~= "DELETED" and object or nil
end

--- The objects by name.
function Awaited:list()
  local out = {}
  for _, object in pairs(self.objects) do out[#out + 1] = object end
  table.sort(out, function(a, b) return a.metadata.name < b.metadata.name end)
  return out
end

--- Whether all is as wanted, and what is not. None at all is what is wanted only of those that shall be gone.
function Awaited:judge(is_wanted)
  if next(self.behind) then return false, {} end
  local all, left = self:list(), {}
  for _, object in ipairs(all) do
    if not is_wanted(object) then left[#left + 1] = object end
  end
  if #all == 0 then return is_wanted(nil), left end
  return #left == 0, left
end

function Awaited:result()
  local all = self:list()
  if self.one then return all[1] end
  return json.array(all)
end

--- What is not so yet, for people.
function Awaited:left(left)
  if #self:list() == 0 then return self.one and " (it does not exist)" or " (there is none)" end
  if self.one then return "" end
  local names = {}
  for i = 1, math.min(#left, NAMED) do names[i] = left[i].metadata.name end
  return string.format(" (not so: %s%s)", table.concat(names, ", "), #left > NAMED and ", …" or "")
end

local function raise_timeout(awaited, is_wanted, what, seconds, trouble)
  local _, left = awaited:judge(is_wanted)
  if trouble then
    errors.raise {
      kind = "timeout", message = string.format("k8s.wait: after %s nobody knows whether %s %s: %s",
        duration.format(seconds), awaited.label, what, trouble),
      hint = "see to the API server, then resume the run: the wait begins anew", object = left[1],
    }
  end
  errors.raise {
    kind = "timeout",
    message = string.format("k8s.wait: after %s it is still not so that %s %s%s", duration.format(seconds), awaited.label,
      what, awaited:left(left)),
    hint = left[1] and left[1].metadata.deletionTimestamp and held_by(left[1]) or
      "k8s.events of the object say what happened to it",
    object = left[1],
  }
end

--- In a plan nothing has been changed, so there is nothing to wait for: how it stands is shown.
local function look_once(target, awaited, is_wanted, what, opts)
  local there = target.name and { objects.find("k8s.wait", target) } or objects.list("k8s.wait", target, opts)
  for _, object in ipairs(there) do awaited:take { type = "ADDED", object = object } end
  local so, left = awaited:judge(is_wanted)
  step.note(string.format("would wait up to %s until %s %s; now: %s", duration.format(duration.parse(opts.timeout or TIMEOUT)),
    awaited.label, what, so and "it is so" or #there == 0 and "it does not exist" or "it is not so" .. awaited:left(left)))
  if so then return awaited:result() end
  return not opts.deleted and unknown.new(step.current().path) or nil
end

--- One object by its name, or a kind with a selector.
local function target_of(ref, opts)
  if not opts.selector then return objects.one("k8s.wait", ref, opts) end
  local _, name = objects.parse_ref("k8s.wait", ref)
  if name then errors.usage("k8s.wait: %q is one object; a selector goes with a kind, such as pods", name) end
  if type(opts.deleted) == "string" then errors.usage "k8s.wait: a uid is of one object; with a selector: deleted = true" end
  return objects.target("k8s.wait", ref, opts)
end

local function follow(ref, awaited, is_wanted, what, opts)
  local seconds = duration.parse(opts.timeout or TIMEOUT)
  local deadline = task.now() + seconds
  local watcher <close> = watch.watch(ref, {
    namespace = opts.namespace, context = opts.context, selector = opts.selector, all_namespaces = opts.all_namespaces,
  })
  while true do
    local event = watcher:next(math.max(deadline - task.now(), 0))
    if not event then raise_timeout(awaited, is_wanted, what, seconds, watcher:what_is_wrong()) end
    awaited:take(event)
    -- What is there counts only when all of it has been told.
    if not watcher:has_more() and awaited:judge(is_wanted) then return awaited:result() end
  end
end

--- Waits until an object is as wanted, or every object that a selector takes, and one at least. A read.
---
---     k8s.wait("deployment/web", { condition = "Available", timeout = "5m" })
---     k8s.wait("pod/x", { jsonpath = "{.status.phase}", equals = "Running" })
---     k8s.wait("pods", { selector = { app = "web" }, condition = "Ready" })
function M.wait(ref, opts)
  step.require_read "k8s.wait"
  opts = fields.check(WAIT, opts)
  local is_wanted, what = wanted(opts)
  local target = target_of(ref, opts)
  local awaited = awaited_of(target, opts)
  return step.await(function() return follow(ref, awaited, is_wanted, what, opts) end,
    function() return look_once(target, awaited, is_wanted, what, opts) end, nil,
    { kind = "k8s.wait", input = {
      object = ref, namespace = opts.namespace, context = opts.context, selector = opts.selector, what = what, timeout = opts.timeout,
    } })
end

return M

--- evict: a pod taken away as far as its disruption budget allows. The pod's uid is in the intent, so that
--- another of the same name is never taken for it.
--- https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
local backoff = require "almanac.base.backoff"
local duration = require "almanac.base.duration"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local objects = require "almanac.k8s.objects"
local previews = require "almanac.k8s.preview"
local removal = require "almanac.k8s.removal"
local step = require "almanac.run.step"
local task = require "native.task"
local write = require "almanac.k8s.write"

local M = {}

---@class almanac.k8s.EvictOptions
---@field uid? string         only that very pod
---@field grace? integer      seconds
---@field wait? boolean       until it is gone; default true
---@field timeout? string|number  of each wait, for the budget and for the pod's end; default 2m
---@field namespace? string
---@field context? string

local TIMEOUT = "2m"

local EVICT = fields.declare("k8s.evict", removal.options, { at = 2 })

--- Seconds between two questions where the server names none, growing to what kubectl drain takes.
local ASK = { delay = 0.5, factor = 2 }
local ASK_MAX = 5

local function evict_write(input, uid, dry)
  local target = write.target("k8s.evict", input)
  if target.resource.resource ~= "pods" then
    errors.usage("k8s.evict: only pods can be evicted, not %s", target.label)
  end
  return write.send("k8s.evict", target, {
    method = "POST", path = objects.path(target, "eviction"), body = {
      apiVersion = "policy/v1", kind = "Eviction", metadata = { name = target.name, namespace = target.namespace },
      deleteOptions = { preconditions = uid and { uid = uid } or nil, gracePeriodSeconds = input.grace },
    },
  }, dry)
end

local function evict_input(raw)
  local input, opts = write.where(EVICT, raw.ref, raw.opts)
  input.uid, input.grace = opts.uid, opts.grace
  return input
end

effect.define("k8s.evict", {
  input = evict_input,
  observe = write.observe "k8s.evict",
  apply = function(input, ctx)
    local uid = ctx.before.uid
    if not uid or input.uid and uid ~= input.uid then
      if input.uid then return { evicted = false, uid = input.uid } end
      errors.raise {
        kind = "api", status = 404, reason = "NotFound", in_doubt = false,
        message = string.format("k8s.evict: there is no %s", write.label(input)),
      }
    end
    evict_write(input, uid)
    return { evicted = true, uid = uid }
  end,
  recover = function(input, ctx)
    local uid = ctx.before.uid
    if not uid then return "not_done" end
    local now = objects.find("k8s.evict", write.target("k8s.evict", input))
    if not now or now.metadata.uid ~= uid or now.metadata.deletionTimestamp then
      return "done", { evicted = true, uid = uid }
    end
    return "not_done"
  end,
  preview_observes = true,
  preview = function(input)
    local target = write.target("k8s.evict", input)
    local live = objects.find("k8s.evict", target)
    local ground = { previews.ground(target.label, target.namespace, live) }
    if not live or input.uid and live.metadata.uid ~= input.uid then
      local change = { object = target.label, action = input.uid and "unchanged" or "reject", why = "it is not there" }
      return previews.of({ change }, ground, { evicted = false, uid = input.uid })
    end
    local ok, err = errors.try(evict_write, input, live.metadata.uid, true)
    local change = { object = target.label, action = "delete", why = "evicted" }
    if not ok then
      if err.budget then change.why = "evicted, as soon as its budget allows: " .. err.budget
      else change = previews.refusal(target.label, err) end
    end
    return previews.of({ change }, ground, { evicted = true, uid = live.metadata.uid })
  end,
  title = function(input) return "evict " .. write.label(input) end,
  allow = write.allow,
})

--- Which disruption budget keeps a pod from being evicted now, asked with a dry run, and the refusal; nil
--- when none does.
---@param input table  { ref, namespace, context, uid, grace }
---@return string? budget  its own words
---@return table? err
function M.blocked_by(input)
  local ok, err = errors.try(evict_write, input, input.uid, true)
  if ok or not err.budget then return nil end -- the effect meets whatever else is wrong
  return err.budget, err
end

--- Waits until the pod's disruption budget would allow the eviction, asking with dry runs; raises what
--- the budget says when it never does.
local function wait_for_budget(ref, opts)
  local input = evict_input { ref = ref, opts = opts }
  local seconds = duration.parse(opts.timeout or TIMEOUT)
  local deadline, asked = task.now() + seconds, 0
  while true do
    local budget, err = M.blocked_by(input)
    if not budget then return end
    asked = asked + 1
    local delay = tonumber(err.retry_after) or math.min(backoff.delay(ASK, asked), ASK_MAX)
    if task.now() + delay > deadline then
      err.message = string.format("%s; so for %s", err.message, duration.format(seconds))
      error(err, 0)
    end
    if asked == 1 then step.note(string.format("waits for up to %s: %s", duration.format(seconds), budget)) end
    task.sleep(delay)
  end
end

--- Evicts a pod: a delete that its disruption budget must allow, which is waited for; then waits until
--- the pod is gone. An effect.
function M.evict(ref, opts)
  step.require_read "k8s.evict"
  opts = fields.check(EVICT, opts)
  if not effect.is_begun() then step.await(function() wait_for_budget(ref, opts) end) end
  local result = effect.perform("k8s.evict", { ref = ref, opts = opts })
  step.await(function()
    if result.evicted then removal.wait_gone(ref, result.uid, opts) end
  end)
  return result
end

return M

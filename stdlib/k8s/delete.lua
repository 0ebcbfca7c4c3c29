--- delete and evict: objects taken away. The uid of what was there is in the intent, so that another of
--- the same name is never taken for it.
local arguments = require "almanac.k8s.arguments"
local backoff = require "almanac.base.backoff"
local duration = require "almanac.base.duration"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local objects = require "almanac.k8s.objects"
local previews = require "almanac.k8s.preview"
local step = require "almanac.run.step"
local task = require "native.task"
local write = require "almanac.k8s.write"

local M = {}

---@class almanac.k8s.DeleteOptions
---@field uid? string         only that very object
---@field propagation? "background"|"foreground"|"orphan"
---@field grace? integer      seconds
---@field missing_ok? boolean none there is success
---@field wait? boolean       until it is gone; default true
---@field timeout? string|number  of the wait; default 2m
---@field namespace? string
---@field context? string

---@class almanac.k8s.EvictOptions
---@field uid? string         only that very pod
---@field grace? integer      seconds
---@field wait? boolean       until it is gone; default true
---@field timeout? string|number  of each wait, for the budget and for the pod's end; default 2m
---@field namespace? string
---@field context? string

local GONE_TIMEOUT = "2m"

-- delete -----------------------------------------------------------------------------------------

local PROPAGATION = { background = "Background", foreground = "Foreground", orphan = "Orphan" }

local REMOVE = fields.with(arguments.where, {
  uid = { "string", help = "only the object with that uid" },
  grace = { "integer", unit = "seconds", shown_default = "the object's own", help = "for its processes to end" },
  wait = { "flag", help = "until it is gone" },
  timeout = { "duration", help = "for that wait" },
})
local DELETE = fields.declare("k8s.delete", fields.with(REMOVE, {
  propagation = {
    "enum", values = { "background", "foreground", "orphan" }, default = "background", help = "what becomes of what it owns",
  },
  missing_ok = { "flag", help = "one that is not there is fine" },
}), { at = 2 })

--- A body's options replace those of the query, dryRun too, so a dry run has no body.
local function delete_write(input, uid, dry)
  local target = write.target("k8s.delete", input)
  local policy = PROPAGATION[input.propagation]
  return write.send("k8s.delete", target, {
    method = "DELETE", path = objects.path(target), query = dry and { propagationPolicy = policy } or nil,
    body = not dry and {
      kind = "DeleteOptions", apiVersion = "v1", propagationPolicy = policy, preconditions = { uid = uid },
      gracePeriodSeconds = input.grace,
    } or nil,
  }, dry)
end

--- Whether an object goes already, in the way that is wanted: a recovery that finds what was deleted still
--- held by a finalizer waits for it, and does not delete it twice.
local function is_going(input, before)
  return before.terminating and input.propagation == "background" and input.grace == nil
end

--- Whether what was there before is gone; an object of the same name with another uid is not it.
local function is_gone(input, uid)
  local now = objects.find("k8s.delete", write.target("k8s.delete", input))
  return not now or now.metadata.uid ~= uid, now
end

effect.define("k8s.delete", {
  input = function(raw)
    local input, opts = write.where(DELETE, raw.ref, raw.opts)
    input.propagation = opts.propagation
    input.uid, input.grace, input.missing_ok = opts.uid, opts.grace, opts.missing_ok
    return input
  end,
  observe = write.observe "k8s.delete",
  apply = function(input, ctx)
    local uid = ctx.before and ctx.before.uid
    if input.uid and uid ~= input.uid then uid = nil end -- that one is gone, and this is another
    if not uid then
      if input.missing_ok or input.uid then return { deleted = false, uid = input.uid } end
      errors.raise {
        kind = "api", status = 404, reason = "NotFound", in_doubt = false,
        message = string.format("k8s.delete: there is no %s", write.label(input)),
        hint = "missing_ok = true takes that for success",
      }
    end
    if is_going(input, ctx.before) then return { deleted = true, uid = uid } end
    local ok, err = errors.try(delete_write, input, uid)
    if ok then return { deleted = true, uid = uid } end
    -- Gone between two looks: somebody else's doing.
    if err.status == 404 and (input.missing_ok or input.uid) then return { deleted = false, uid = input.uid } end
    error(err, 0)
  end,
  recover = function(input, ctx)
    local uid = ctx.before and ctx.before.uid
    if not uid then return "not_done" end
    local gone, now = is_gone(input, uid)
    if gone or now.metadata.deletionTimestamp then return "done", { deleted = true, uid = uid } end
    return "not_done"
  end,
  preview = function(input)
    local target = write.target("k8s.delete", input)
    local live = objects.find("k8s.delete", target)
    local ground = { previews.ground(target.label, target.namespace, live) }
    if live and input.uid and live.metadata.uid ~= input.uid then live = nil end
    if not live then
      local fails = not (input.missing_ok or input.uid)
      local change = fails and { object = target.label, action = "reject", why = "it is not there" } or
        { object = target.label, action = "unchanged", why = "it is not there" }
      return previews.of({ change }, ground, { deleted = false, uid = input.uid })
    end
    local change = previews.try(target.label, live, function() return delete_write(input, nil, true) end)
    if change.action ~= "reject" then change = { object = target.label, action = "delete" } end
    return previews.of({ change }, ground, { deleted = true, uid = live.metadata.uid })
  end,
  title = function(input) return "delete " .. write.label(input) end,
  allow = write.allow,
})

--- Waits until the object of an effect that took it away is gone, unless that is not wanted.
local function wait_gone(ref, uid, opts)
  if opts.wait == false then return end
  require("almanac.k8s.wait").wait(ref, {
    deleted = uid, timeout = opts.timeout or GONE_TIMEOUT, namespace = opts.namespace, context = opts.context,
  })
end

--- Deletes an object, and waits until it is gone: one of its name with another uid is another. An
--- effect.
---@param ref string|table
---@param opts? almanac.k8s.DeleteOptions
---@return { deleted: boolean, uid: string? }
function M.delete(ref, opts)
  local result = effect.perform("k8s.delete", { ref = ref, opts = opts })
  step.await(function()
    if result.deleted then wait_gone(ref, result.uid, opts or {}) end
  end)
  return result
end

-- evict ------------------------------------------------------------------------------------------

local EVICT = fields.declare("k8s.evict", REMOVE, { at = 2 })

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

--- Waits until the pod's disruption budget would allow the eviction, asking with dry runs; raises what
--- the budget says when it never does.
local function wait_for_budget(ref, opts)
  local input = evict_input { ref = ref, opts = opts }
  local seconds = duration.parse(opts.timeout or GONE_TIMEOUT)
  local deadline, asked = task.now() + seconds, 0
  while true do
    local ok, err = errors.try(evict_write, input, input.uid, true)
    if ok or not err.budget then return end -- the effect meets whatever else is wrong
    asked = asked + 1
    local delay = tonumber(err.retry_after) or math.min(backoff.delay(ASK, asked), ASK_MAX)
    if task.now() + delay > deadline then
      err.message = string.format("%s; so for %s", err.message, duration.format(seconds))
      error(err, 0)
    end
    if asked == 1 then step.note(string.format("waits for up to %s: %s", duration.format(seconds), err.budget)) end
    task.sleep(delay)
  end
end

--- Evicts a pod: a delete that its disruption budget must allow, which is waited for; then waits until
--- the pod is gone. An effect.
---@param ref string|table  "pod/x"
---@param opts? almanac.k8s.EvictOptions
---@return { evicted: boolean, uid: string? }
function M.evict(ref, opts)
  step.require_read "k8s.evict"
  opts = fields.check(EVICT, opts)
  if not effect.is_begun() then step.await(function() wait_for_budget(ref, opts) end) end
  local result = effect.perform("k8s.evict", { ref = ref, opts = opts })
  step.await(function()
    if result.evicted then wait_gone(ref, result.uid, opts) end
  end)
  return result
end

return M

--- delete: objects taken away. The uid of what was there is in the intent, so that another of the same name
--- is never taken for it.
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local objects = require "almanac.k8s.objects"
local previews = require "almanac.k8s.preview"
local removal = require "almanac.k8s.removal"
local standing = require "almanac.k8s.standing"
local step = require "almanac.run.step"
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

local PROPAGATION = { background = "Background", foreground = "Foreground", orphan = "Orphan" }

local DELETE = fields.declare("k8s.delete", fields.with(removal.options, {
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
  holds = standing.ended,
  preview_observes = true,
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

--- Deletes an object, and waits until it is gone: one of its name with another uid is another. An
--- effect.
function M.delete(ref, opts)
  local result = effect.perform("k8s.delete", { ref = ref, opts = opts })
  step.await(function()
    if result.deleted then removal.wait_gone(ref, result.uid, opts or {}) end
  end)
  return result
end

return M

--- k8s.wipe_claims: a StatefulSet begins anew on empty volumes. Deleting a claim that a pod uses hangs on
--- its finalizer kubernetes.io/pvc-protection, so the pods go first: scale to 0, wait until they are
--- gone, delete the claims by their uids, wait until they are gone, scale back.
--- https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
local arguments = require "almanac.k8s.arguments"
local duration = require "almanac.base.duration"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local objects = require "almanac.k8s.objects"
local previews = require "almanac.k8s.preview"
local step = require "almanac.run.step"
local task = require "native.task"
local waits = require "almanac.k8s.wait"
local watch = require "almanac.k8s.watch"
local write = require "almanac.k8s.write"

local M = {}

local WHO = "k8s.wipe_claims"
local WIPE = fields.declare(WHO, fields.with(arguments.where, {
  timeout = { "duration", default = "5m", help = "for the pods to end, and for each claim to go" },
}), { at = 2 })

-- Pure parts -------------------------------------------------------------------------------------

local function literally(text) return (text:gsub("%p", "%%%0")) end

--- The claims that a StatefulSet made of its templates, those of pods that are no more too. Pure.
---@param set table
---@param claims table[] of its namespace
---@return table[]
function M.claims_of(set, claims)
  local out = {}
  for _, template in ipairs(set.spec.volumeClaimTemplates or {}) do
    local pattern = "^" .. literally(template.metadata.name .. "-" .. set.metadata.name) .. "%-%d+$"
    for _, claim in ipairs(claims) do
      if claim.metadata.name:find(pattern) then out[#out + 1] = claim end
    end
  end
  table.sort(out, function(a, b) return a.metadata.name < b.metadata.name end)
  return out
end

local function is_of(pod, uid)
  for _, ref in ipairs(pod.metadata.ownerReferences or {}) do
    if ref.controller and ref.uid == uid then return true end
  end
  return false
end

local function has_ended(pod)
  local phase = pod.status and pod.status.phase
  return phase == "Succeeded" or phase == "Failed"
end

--- A pod of somebody else that uses one of the claims, and would hold it. Pure.
---@param set table
---@param claims table[]
---@param pods table[]
---@return table? pod
---@return string? claim
function M.stranger(set, claims, pods)
  local wanted = {}
  for _, claim in ipairs(claims) do wanted[claim.metadata.name] = true end
  for _, pod in ipairs(pods) do
    for _, volume in ipairs(not has_ended(pod) and not is_of(pod, set.metadata.uid) and pod.spec.volumes or {}) do
      local name = volume.persistentVolumeClaim and volume.persistentVolumeClaim.claimName
      if wanted[name] then return pod, name end
    end
  end
  return nil
end

-- Reading ----------------------------------------------------------------------------------------

local function list(input, kind)
  return (objects.list(WHO, objects.target(WHO, kind, input), { namespace = input.namespace }))
end

local function scope_of(input, target)
  return { namespace = target.namespace, context = input.context }
end

--- The set and its claims as they are; refuses where the claims could not go.
local function look(input)
  local target = write.target(WHO, input)
  local set = objects.get(WHO, target)
  if set.kind ~= "StatefulSet" then errors.usage("%s: %s is no StatefulSet", WHO, target.label) end
  local where = scope_of(input, target)
  local claims = M.claims_of(set, list(where, "persistentvolumeclaims"))
  local pod, claim = M.stranger(set, claims, list(where, "pods"))
  if pod then
    errors.raise {
      kind = "refused", in_doubt = false,
      message = string.format("%s: pod/%s, which is not of %s, uses the claim %s: it would never go", WHO,
        pod.metadata.name, target.label, claim),
      hint = "end that pod first, then again",
    }
  end
  return target, set, claims
end

-- The wipe ---------------------------------------------------------------------------------------

local function raise_pods_left(target, seconds, there)
  local names = {}
  for name in pairs(there) do names[#names + 1] = name end
  table.sort(names)
  errors.raise {
    kind = "timeout",
    message = string.format("%s: %s has been scaled to 0 for %s, and these pods do not end: %s", WHO, target.label,
      duration.format(seconds), table.concat(names, ", ")),
    hint = "a node may be down, or a finalizer hold them; almanac resume goes on from here",
  }
end

--- Waits until no pod of the set is left.
local function wait_pods_gone(target, where, set, seconds)
  local deadline, there, uid = task.now() + seconds, {}, set.metadata.uid
  local watcher <close> = watch.watch("pods",
    { namespace = where.namespace, context = where.context, selector = objects.pod_selector(set) })
  while true do
    local event = watcher:next(math.max(deadline - task.now(), 0))
    if not event then raise_pods_left(target, seconds, there) end
    local object = event.object
    if object and is_of(object, uid) then
      there[object.metadata.name] = event.type ~= "DELETED" and object.metadata.uid or nil
    end
    if watcher.synced and event.type ~= "ADDED" and next(there) == nil then return end
  end
end

--- The claims of `before` that are still there: what was made since under their names is another's.
local function still_there(target, where, before)
  local uids, out = {}, {}
  for _, claim in ipairs(list(where, "persistentvolumeclaims")) do uids[claim.metadata.uid] = true end
  for _, claim in ipairs(before.claims) do
    if uids[claim.uid] then out[#out + 1] = claim end
  end
  return out, objects.get(WHO, target)
end

--- From wherever an earlier try was cut off, to the end.
local function wipe(input, before)
  local target = write.target(WHO, input)
  local where, seconds = scope_of(input, target), duration.parse(input.timeout)
  local left, set = still_there(target, where, before)
  local function scale(replicas) effect.perform("k8s.scale_part", { ref = input.ref, replicas = replicas, opts = where }) end
  if #left > 0 then
    scale(0)
    wait_pods_gone(target, where, set, seconds)
    for _, claim in ipairs(left) do
      effect.perform("k8s.delete", { ref = "persistentvolumeclaim/" .. claim.name,
        opts = { namespace = where.namespace, context = where.context, uid = claim.uid } })
    end
    for _, claim in ipairs(left) do
      waits.wait("persistentvolumeclaim/" .. claim.name,
        { namespace = where.namespace, context = where.context, deleted = claim.uid, timeout = seconds })
    end
    set = nil
  end
  if not set or set.spec.replicas ~= before.replicas then scale(before.replicas) end
  local names = {}
  for i, claim in ipairs(before.claims) do names[i] = claim.name end
  return { claims = names, replicas = before.replicas }
end

--- What fails half-way is in doubt: the next try goes on from the claims and the number of replicas
--- that there were before the first.
local function wipe_or_doubt(input, before)
  local ok, result = errors.try(wipe, input, before)
  if ok then return result end
  result.in_doubt = true
  error(result, 0)
end

local function dry_write(input, target, ref, request)
  local one = ref and objects.one(WHO, ref, scope_of(input, target)) or target
  request.path = objects.path(one, request.sub)
  request.sub = nil
  return function() return write.send(WHO, one, request, true) end, one.label
end

local function preview(input)
  local target, set, claims = look(input)
  local ground = { previews.ground(target.label, target.namespace, set) }
  local names, changes = {}, {}
  local replicas = math.tointeger(set.spec.replicas) or 1
  if #claims > 0 then
    local dry, label = dry_write(input, target, nil, { method = "PATCH", sub = "scale", body = { spec = { replicas = 0 } },
      content_type = write.patch_types.merge })
    local change = previews.try(label, nil, dry)
    changes[1] = change.action ~= "create" and change or { object = label, action = "change",
      fields = { { path = ".spec.replicas", kind = "changed", old = replicas,
        new = string.format("0, and back to %d when the claims are gone", replicas) } } }
  end
  for i, claim in ipairs(claims) do
    names[i] = claim.metadata.name
    local dry, label = dry_write(input, target, "persistentvolumeclaim/" .. names[i], { method = "DELETE" })
    local change = previews.try(label, claim, dry)
    if change.action ~= "reject" then change = { object = label, action = "delete", why = "with its data" } end
    changes[#changes + 1] = change
    ground[#ground + 1] = { ref = label, version = claim.metadata.uid, digest = claim.metadata.uid }
  end
  return previews.of(changes, ground, { claims = names, replicas = replicas })
end

effect.define(WHO, {
  input = function(raw)
    local input, opts = write.where(WIPE, raw.ref, raw.opts)
    input.timeout = opts.timeout
    return input
  end,
  observe = function(input)
    local _, set, claims = look(input)
    local before = { uid = set.metadata.uid, replicas = math.tointeger(set.spec.replicas) or 1, claims = {} }
    for i, claim in ipairs(claims) do before.claims[i] = { name = claim.metadata.name, uid = claim.metadata.uid } end
    return before
  end,
  apply = function(input, ctx) return wipe_or_doubt(input, ctx.before) end,
  recover = function(input, ctx) return "done", wipe_or_doubt(input, ctx.before) end,
  preview_observes = true,
  preview = preview,
  title = function(input) return "delete the claims of " .. write.label(input) .. ", and their data" end,
  allow = write.allow,
})

--- Deletes the claims of a StatefulSet with all their data, in the order that cannot hang, and brings it
--- back on new ones. An effect of several effects; cut off anywhere, a resume goes on with the same
--- claims. Nothing takes it back. k8s.rollout follows it.
function M.wipe_claims(ref, opts)
  step.require_read(WHO)
  return effect.perform(WHO, { ref = ref, opts = opts })
end

return M

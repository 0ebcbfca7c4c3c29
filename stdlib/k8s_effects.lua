--- The writes to a cluster, each an effect that can be looked up after a crash: apply and scale are
--- idempotent, a restart and a creation carry the effect's id, a deletion knows the object's uid.
local effect = require "almanac.effect"
local errors = require "almanac.errors"
local k8s_client = require "almanac.k8s_client"
local objects = require "almanac.k8s_objects"
local previews = require "almanac.k8s_preview"
local task = require "native.task"
local yaml = require "native.yaml"

local M = {}

local MANAGER = "almanac"
local EFFECT_ANNOTATION = "almanac/effect"
local RESTARTED_ANNOTATION = "kubectl.kubernetes.io/restartedAt"

local PATCH_TYPES = {
  strategic = "application/strategic-merge-patch+json", merge = "application/merge-patch+json",
  json = "application/json-patch+json",
}

-- Shared parts -----------------------------------------------------------------------------------

--- What is kept of an object in the journal. Pure.
local function identity(object)
  if not object then return { absent = true } end
  local meta = object.metadata
  return { uid = meta.uid, resource_version = meta.resourceVersion, generation = meta.generation }
end

--- What an effect returns of an object it changed. Pure.
local function summary(object, before)
  local meta = object.metadata
  return {
    kind = object.kind, name = meta.name, namespace = meta.namespace, uid = meta.uid,
    resource_version = meta.resourceVersion, generation = meta.generation,
    changed = not before or before.resource_version ~= meta.resourceVersion,
  }
end

local function target_of(who, input)
  return objects.one(who, input.ref, input)
end

--- Options that say where the object is, checked.
local function where(who, ref, opts, known)
  opts = opts or {}
  for key in pairs(opts) do
    if not known[key] and key ~= "namespace" and key ~= "context" then
      errors.usage("%s: no option %q", who, tostring(key))
    end
  end
  local kind, name, namespace, api_version = objects.parse_ref(who, ref)
  if not name then errors.usage('%s: %q names a kind; write which one: "%s/NAME"', who, tostring(ref), kind) end
  local plain = type(ref) == "table" and
    { kind = kind, name = name, namespace = namespace, apiVersion = api_version } or ref
  return { ref = plain, namespace = opts.namespace, context = opts.context }
end

local function label_of(input)
  if type(input.ref) == "string" then return input.ref end
  return input.ref.kind:lower() .. "/" .. input.ref.name
end

local function observe_one(who)
  return function(input) return identity(objects.find(who, target_of(who, input))) end
end

local function scope_of(input)
  return "k8s", input.namespace or k8s_client.open(input).info.namespace
end

--- Sends a write; `dry` asks the server what would come of it.
local function send(who, target, request, dry)
  request.who, request.object = who, target.label
  request.query = request.query or {}
  request.query.fieldManager = MANAGER
  if dry then request.query.dryRun = "All" end
  return (k8s_client.request(target.client, request))
end

--- What an effect will return, as far as it is known beforehand.
local function predicted(object)
  local out = summary(object)
  out.resource_version, out.generation, out.changed = nil, nil, nil
  return out
end

--- A preview: the live object, and what a server-side dry run makes of it.
local function preview_with(who, write)
  return function(input)
    local target = target_of(who, input)
    local live = objects.find(who, target)
    local change, after = previews.try(target.label, live, function() return write(target, input, true) end)
    return previews.of({ change }, { previews.ground(target.label, target.namespace, live) }, after and predicted(after))
  end
end

-- apply ------------------------------------------------------------------------------------------

local function apply_input(raw)
  local who = "k8s.apply"
  local manifest, opts = raw.manifest, raw.opts or {}
  if type(manifest) == "string" then manifest = yaml.decode_all(manifest, { name = "the manifest" }) end
  if type(manifest) ~= "table" then errors.usage("%s: the manifest must be YAML text or a table", who) end
  if manifest.kind == "List" then manifest = manifest.items end
  local list = manifest.kind and { manifest } or manifest
  if #list == 0 then errors.usage("%s: the manifest holds no object", who) end
  local out = {}
  for i, object in ipairs(list) do
    local meta = type(object) == "table" and object.metadata
    if type(object.apiVersion) ~= "string" or type(object.kind) ~= "string" or type(meta) ~= "table" or
      type(meta.name) ~= "string" then
      errors.usage("%s: object %d of the manifest has no apiVersion, kind or metadata.name", who, i)
    end
    out[i] = object
  end
  return { objects = out, force = opts.force or nil, namespace = opts.namespace, context = opts.context }
end

local function apply_target(input, object)
  local ref = {
    kind = object.kind, apiVersion = object.apiVersion, name = object.metadata.name,
    namespace = object.metadata.namespace,
  }
  if input.namespace and ref.namespace and input.namespace ~= ref.namespace then
    errors.usage("k8s.apply: %s/%s says namespace %q, the call %q", ref.kind, ref.name, ref.namespace, input.namespace)
  end
  return objects.one("k8s.apply", ref, input)
end

local function apply_one(input, object, dry)
  local target = apply_target(input, object)
  return send("k8s.apply", target, {
    method = "PATCH", path = objects.path(target), body = object, content_type = "application/apply-patch+yaml",
    query = { force = input.force and true or nil, fieldValidation = "Strict" },
  }, dry), target
end

--- Whether an object cannot be tried because its namespace comes into being with the same manifest.
local function waits_for_namespace(input, object, target)
  for _, other in ipairs(input.objects) do
    if other == object then return false end
    if other.kind == "Namespace" and other.metadata.name == target.namespace then
      return objects.find("k8s.apply", objects.one("k8s.apply", "namespace/" .. target.namespace, input)) == nil
    end
  end
  return false
end

local function apply_preview(input)
  local changes, ground, result = {}, {}, {}
  for i, object in ipairs(input.objects) do
    local target = apply_target(input, object)
    local after
    if waits_for_namespace(input, object, target) then
      changes[i], after = { object = target.label, action = "create", why = "with its namespace" }, object
      ground[i] = previews.ground(target.label, target.namespace, nil)
    else
      local live = objects.find("k8s.apply", target)
      changes[i], after = previews.try(target.label, live, function() return (apply_one(input, object, true)) end)
      ground[i] = previews.ground(target.label, target.namespace, live)
    end
    result[i] = after and predicted(after)
  end
  return previews.of(changes, ground, result)
end

effect.define("k8s.apply", {
  input = apply_input,
  observe = function(input)
    local before = {}
    for i, object in ipairs(input.objects) do
      before[i] = identity(objects.find("k8s.apply", apply_target(input, object)))
    end
    return before
  end,
  apply = function(input, ctx)
    local done = {}
    for i, object in ipairs(input.objects) do
      done[i] = summary(apply_one(input, object), ctx.before and ctx.before[i])
    end
    return done
  end,
  recover = function() return "not_done" end, -- applying again gives the same
  preview = apply_preview,
  title = function(input)
    local names = {}
    for i, object in ipairs(input.objects) do
      if i > 3 then
        names[i] = string.format("and %d more", #input.objects - 3)
        break
      end
      names[i] = object.kind:lower() .. "/" .. object.metadata.name
    end
    return "apply " .. table.concat(names, ", ")
  end,
  scope = scope_of,
})

--- Applies objects server-side, as field manager "almanac". An effect.
---@param manifest string|table YAML (several documents too), an object, or a list of objects
---@param opts? { namespace?: string, force?: boolean, context?: string }  force: take fields from other managers
---@return table[] objects kind, name, namespace, uid, resource_version, generation, changed
function M.apply(manifest, opts)
  return effect.perform("k8s.apply", { manifest = manifest, opts = opts })
end

-- patch ------------------------------------------------------------------------------------------

local function patch_write(target, input, dry)
  return send("k8s.patch", target, {
    method = "PATCH", path = objects.path(target), body = input.patch, content_type = PATCH_TYPES[input.type],
  }, dry)
end

effect.define("k8s.patch", {
  input = function(raw)
    local input = where("k8s.patch", raw.ref, raw.opts, { type = true })
    input.type = raw.opts and raw.opts.type or "strategic"
    if not PATCH_TYPES[input.type] then errors.usage("k8s.patch: type must be strategic, merge or json") end
    if type(raw.patch) ~= "table" then errors.usage("k8s.patch: the patch must be a table") end
    input.patch = raw.patch
    return input
  end,
  observe = observe_one "k8s.patch",
  apply = function(input, ctx)
    return summary(patch_write(target_of("k8s.patch", input), input), ctx.before)
  end,
  recover = function(input, ctx)
    if input.type ~= "json" then return "not_done" end -- merging again gives the same
    local now = objects.find("k8s.patch", target_of("k8s.patch", input))
    if now and ctx.before and now.metadata.resourceVersion == ctx.before.resource_version then return "not_done" end
    return "unknown", "the object has changed since, and a JSON patch done twice may differ from one done once"
  end,
  preview = preview_with("k8s.patch", patch_write),
  title = function(input) return "patch " .. label_of(input) end,
  scope = scope_of,
})

--- Patches an object. An effect.
---@param ref string|table
---@param patch table
---@param opts? { type?: "strategic"|"merge"|"json", namespace?: string, context?: string }
---@return table object
function M.patch(ref, patch, opts)
  return effect.perform("k8s.patch", { ref = ref, patch = patch, opts = opts })
end

-- scale ------------------------------------------------------------------------------------------

local function scale_to(input, replicas, dry)
  local target = target_of("k8s.scale", input)
  return send("k8s.scale", target, {
    method = "PATCH", path = objects.path(target, "scale"), body = { spec = { replicas = replicas } },
    content_type = PATCH_TYPES.merge,
  }, dry)
end

local function replicas_of(input)
  local target = target_of("k8s.scale", input)
  local object = k8s_client.request(target.client,
    { who = "k8s.scale", path = objects.path(target, "scale"), object = target.label })
  return math.tointeger(object.spec.replicas) or 0
end

effect.define("k8s.scale", {
  input = function(raw)
    local input = where("k8s.scale", raw.ref, raw.opts, {})
    if math.type(raw.replicas) ~= "integer" or raw.replicas < 0 then
      errors.usage("k8s.scale: replicas must be a whole number from 0, not %s", tostring(raw.replicas))
    end
    input.replicas = raw.replicas
    return input
  end,
  observe = function(input) return { replicas = replicas_of(input) } end,
  apply = function(input, ctx)
    local object = scale_to(input, input.replicas)
    return {
      name = object.metadata.name, namespace = object.metadata.namespace, uid = object.metadata.uid,
      replicas = input.replicas, before = ctx.before and ctx.before.replicas,
    }
  end,
  recover = function() return "not_done" end, -- scaling again gives the same
  undo = function(input, result)
    if result.before then scale_to(input, result.before) end
  end,
  preview = function(input, before)
    local label, from = label_of(input), before and before.replicas
    local result = { replicas = input.replicas, before = from }
    local change = previews.try(label, nil, function() return scale_to(input, input.replicas, true) end)
    if change.action == "create" then -- the server would take it
      local same = from == input.replicas
      change = {
        object = label, action = same and "unchanged" or "change",
        fields = not same and { { path = ".spec.replicas", kind = "changed", old = from, new = input.replicas } } or nil,
      }
    end
    return previews.of({ change }, { { ref = label .. " replicas", object = from } }, result)
  end,
  title = function(input) return string.format("scale %s to %d", label_of(input), input.replicas) end,
  scope = scope_of,
})

--- Sets the number of replicas. An effect; its undo sets the old number.
---@param ref string|table
---@param replicas integer
---@param opts? { namespace?: string, context?: string }
---@return table  replicas, before
function M.scale(ref, replicas, opts)
  return effect.perform("k8s.scale", { ref = ref, replicas = replicas, opts = opts })
end

-- restart ----------------------------------------------------------------------------------------

local function restart_write(input, id, dry)
  local target = target_of("k8s.restart", input)
  local annotations = {
    [RESTARTED_ANNOTATION] = os.date("!%Y-%m-%dT%H:%M:%SZ", task.wall_ms() // 1000), [EFFECT_ANNOTATION] = id,
  }
  return send("k8s.restart", target, {
    method = "PATCH", path = objects.path(target), content_type = PATCH_TYPES.strategic,
    body = { spec = { template = { metadata = { annotations = annotations } } } },
  }, dry)
end

effect.define("k8s.restart", {
  input = function(raw) return where("k8s.restart", raw.ref, raw.opts, {}) end,
  observe = observe_one "k8s.restart",
  apply = function(input, ctx) return summary(restart_write(input, ctx.id), ctx.before) end,
  recover = function(input, ctx)
    local now = objects.find("k8s.restart", target_of("k8s.restart", input))
    local template = now and now.spec and now.spec.template
    local annotations = template and template.metadata and template.metadata.annotations or {}
    if annotations[EFFECT_ANNOTATION] == ctx.id then return "done", summary(now, ctx.before) end
    return "not_done"
  end,
  preview = preview_with("k8s.restart", function(_, input, dry) return restart_write(input, ("0"):rep(16), dry) end),
  title = function(input) return "restart " .. label_of(input) end,
  scope = scope_of,
})

--- Replaces the pods of a Deployment, StatefulSet or DaemonSet, as `kubectl rollout restart`. An
--- effect; k8s.rollout follows it.
---@param ref string|table
---@param opts? { namespace?: string, context?: string }
---@return table object
function M.restart(ref, opts)
  return effect.perform("k8s.restart", { ref = ref, opts = opts })
end

-- create -----------------------------------------------------------------------------------------

local function create_write(input, id, dry)
  local target = apply_target(input, input.object)
  local collection = objects.path({ resource = target.resource, namespace = target.namespace })
  local object, meta = {}, {}
  for key, value in pairs(input.object) do object[key] = value end
  for key, value in pairs(object.metadata) do meta[key] = value end
  meta.annotations = {}
  for key, value in pairs(object.metadata.annotations or {}) do meta.annotations[key] = value end
  meta.annotations[EFFECT_ANNOTATION] = id
  object.metadata = meta
  return send("k8s.create", target, { method = "POST", path = collection, body = object }, dry)
end

effect.define("k8s.create", {
  input = function(raw)
    local input = apply_input { manifest = raw.object, opts = raw.opts }
    if #input.objects ~= 1 then errors.usage "k8s.create: give one object" end
    return { object = input.objects[1], namespace = input.namespace, context = input.context }
  end,
  apply = function(input, ctx) return summary(create_write(input, ctx.id)) end,
  recover = function(input, ctx)
    local now = objects.find("k8s.create", apply_target(input, input.object))
    if now and (now.metadata.annotations or {})[EFFECT_ANNOTATION] == ctx.id then return "done", summary(now) end
    return "not_done"
  end,
  preview = function(input)
    local target = apply_target(input, input.object)
    local change, after = previews.try(target.label, nil, function() return create_write(input, ("0"):rep(16), true) end)
    return previews.of({ change }, { previews.ground(target.label, target.namespace, nil) }, after and predicted(after))
  end,
  title = function(input) return "create " .. input.object.kind:lower() .. "/" .. input.object.metadata.name end,
  scope = scope_of,
})

--- Creates an object; it must not be there yet. An effect.
---@param object string|table YAML or an object
---@param opts? { namespace?: string, context?: string }
---@return table object
function M.create(object, opts)
  return effect.perform("k8s.create", { object = object, opts = opts })
end

-- delete -----------------------------------------------------------------------------------------

local PROPAGATION = { background = "Background", foreground = "Foreground", orphan = "Orphan" }

--- A body's options replace those of the query, dryRun too, so a dry run has no body.
local function delete_write(input, uid, dry)
  local target = target_of("k8s.delete", input)
  local policy = PROPAGATION[input.propagation]
  return send("k8s.delete", target, {
    method = "DELETE", path = objects.path(target), query = dry and { propagationPolicy = policy } or nil,
    body = not dry and {
      kind = "DeleteOptions", apiVersion = "v1", propagationPolicy = policy, preconditions = { uid = uid },
      gracePeriodSeconds = input.grace,
    } or nil,
  }, dry)
end

--- Whether what was there before is gone; an object of the same name with another uid is not it.
local function is_gone(input, uid)
  local now = objects.find("k8s.delete", target_of("k8s.delete", input))
  return not now or now.metadata.uid ~= uid, now
end

effect.define("k8s.delete", {
  input = function(raw)
    local opts = raw.opts or {}
    local input = where("k8s.delete", raw.ref, opts,
      { propagation = true, uid = true, grace = true, missing_ok = true, wait = true, timeout = true })
    input.propagation = opts.propagation or "background"
    if not PROPAGATION[input.propagation] then
      errors.usage "k8s.delete: propagation must be background, foreground or orphan"
    end
    input.uid, input.grace, input.missing_ok = opts.uid, opts.grace, opts.missing_ok
    return input
  end,
  observe = observe_one "k8s.delete",
  apply = function(input, ctx)
    local uid = ctx.before and ctx.before.uid
    if input.uid and uid ~= input.uid then uid = nil end -- that one is gone, and this is another
    if not uid then
      if input.missing_ok or input.uid then return { deleted = false, uid = input.uid } end
      errors.raise {
        kind = "api", status = 404, reason = "NotFound", in_doubt = false,
        message = string.format("k8s.delete: there is no %s", label_of(input)),
        hint = "missing_ok = true takes that for success",
      }
    end
    delete_write(input, uid)
    return { deleted = true, uid = uid }
  end,
  recover = function(input, ctx)
    local uid = ctx.before and ctx.before.uid
    if not uid then return "not_done" end
    local gone, now = is_gone(input, uid)
    if gone or now.metadata.deletionTimestamp then return "done", { deleted = true, uid = uid } end
    return "not_done"
  end,
  preview = function(input)
    local target = target_of("k8s.delete", input)
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
  title = function(input) return "delete " .. label_of(input) end,
  scope = scope_of,
})

--- The effect alone, without waiting until the object is gone.
---@param ref string|table
---@param opts? table
---@return { deleted: boolean, uid: string? }
function M.delete(ref, opts)
  return effect.perform("k8s.delete", { ref = ref, opts = opts })
end

return M

--- patch, scale and restart: changes to an object that is there. Merging and scaling again give the
--- same, a restart carries the effect's id; a JSON patch in doubt is asked about.
local arguments = require "almanac.k8s.arguments"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local k8s_client = require "almanac.k8s.client"
local objects = require "almanac.k8s.objects"
local previews = require "almanac.k8s.preview"
local secret = require "almanac.base.secret"
local standing = require "almanac.k8s.standing"
local task = require "native.task"
local timestamp = require "almanac.base.timestamp"
local unknown = require "almanac.base.unknown"
local write = require "almanac.k8s.write"

local M = {}

local PATCH = fields.declare("k8s.patch", fields.with(arguments.where, {
  type = { "enum", values = { "strategic", "merge", "json" }, default = "strategic", help = "how the patch is meant" },
}), { at = 3 })
local SCALE = fields.declare("k8s.scale", arguments.where, { at = 3 })
local REPLICAS = { "integer", required = true, help = "how many there are to be" }
local RESTART = fields.declare("k8s.restart", arguments.where, { at = 2 })

local RESTARTED_ANNOTATION = "kubectl.kubernetes.io/restartedAt"

-- patch ------------------------------------------------------------------------------------------

local function patch_write(target, input, dry)
  return write.send("k8s.patch", target, {
    method = "PATCH", path = objects.path(target), body = input.patch, content_type = write.patch_types[input.type],
    query = { fieldValidation = "Strict" },
  }, dry)
end

--- Whether a patch holds nothing but empty tables: `nil` in it was meant to take a field away, and Lua leaves
--- it out.
local function is_void(patch)
  for _, value in next, patch do
    if type(value) ~= "table" or secret.is(value) or unknown.is(value) or not is_void(value) then return false end
  end
  return true
end

--- A JSON patch is a list of operations, the others are shaped like the object.
local function check_patch(patch, kind)
  if type(patch) ~= "table" then
    errors.usage("k8s.patch: its second argument is the patch, a table, not %s", tostring(patch))
  end
  if kind == "json" then
    for i, op in ipairs(patch) do
      if type(op) ~= "table" or type(op.op) ~= "string" or type(op.path) ~= "string" then
        errors.usage("k8s.patch: operation %d of the JSON patch needs op and path", i)
      end
    end
    if #patch == 0 then errors.usage "k8s.patch: a JSON patch is a list of operations: { { op =, path =, value = } }" end
  elseif #patch > 0 then
    errors.usage('k8s.patch: this patch is a list; a list of operations needs type = "json"')
  elseif is_void(patch) then
    errors.raise {
      kind = "usage", message = "k8s.patch: this patch holds no value, and would change nothing",
      hint = "to take a field away, write json.null in its place: nil in a Lua table is nothing",
    }
  end
end

--- The object that was written is there still.
local function write_holds(who)
  return function(input, result)
    return standing.of(who, result, function() return write.target(who, input) end)
  end
end

effect.define("k8s.patch", {
  input = function(raw)
    local input, opts = write.where(PATCH, raw.ref, raw.opts)
    input.type = opts.type
    check_patch(raw.patch, input.type)
    input.patch = write.conceal_patch(raw.ref, raw.patch)
    return input
  end,
  observe = write.observe "k8s.patch",
  apply = function(input, ctx)
    return write.summary(patch_write(write.target("k8s.patch", input), input), ctx.undo_to)
  end,
  recover = function(input, ctx)
    if input.type ~= "json" then return "again" end -- merging again gives the same
    local now = objects.find("k8s.patch", write.target("k8s.patch", input))
    if now and ctx.before and now.metadata.resourceVersion == ctx.before.resource_version then return "not_done" end
    return "unknown", "the object has changed since, and a JSON patch done twice may differ from one done once"
  end,
  preview_observes = true,
  preview = write.preview_with("k8s.patch", patch_write),
  holds = write_holds "k8s.patch",
  title = function(input) return "patch " .. write.label(input) end,
  allow = write.allow,
})

--- Patches an object. An effect.
function M.patch(ref, patch, opts)
  return effect.perform("k8s.patch", { ref = ref, patch = patch, opts = opts })
end

-- scale ------------------------------------------------------------------------------------------

local function scale_to(input, replicas, dry)
  local target = write.target("k8s.scale", input)
  return write.send("k8s.scale", target, {
    method = "PATCH", path = objects.path(target, "scale"), body = { spec = { replicas = replicas } },
    content_type = write.patch_types.merge,
  }, dry)
end

local function replicas_of(input)
  local target = write.target("k8s.scale", input)
  local ok, object = errors.try(k8s_client.request, target.client,
    { who = "k8s.scale", path = objects.path(target, "scale"), object = target.label })
  if ok then return math.tointeger(object.spec.replicas) or 0 end
  if object.status == 404 and not (object.details and object.details.name) then -- not the object, its scale
    errors.usage("k8s.scale: %s cannot be scaled: its kind has no number of replicas", target.label)
  end
  error(object, 0)
end

local scale = {
  input = function(raw)
    local input = write.where(SCALE, raw.ref, raw.opts)
    input.replicas = fields.value("k8s.scale", "replicas", REPLICAS, raw.replicas)
    return input
  end,
  observe = function(input) return { replicas = replicas_of(input) } end,
  apply = function(input, ctx)
    local object = scale_to(input, input.replicas)
    return {
      name = object.metadata.name, namespace = object.metadata.namespace, uid = object.metadata.uid,
      replicas = input.replicas, before = ctx.undo_to and ctx.undo_to.replicas,
    }
  end,
  recover = function() return "again" end, -- scaling again gives the same
  undo = function(input, result, ctx)
    local before = ctx.undo_to and ctx.undo_to.replicas or result and result.before
    if not before then return end
    effect.perform("k8s.scale", { ref = input.ref, replicas = before,
      opts = { namespace = input.namespace, context = input.context } })
  end,
  preview = function(input, before)
    local target, from = write.target("k8s.scale", input), before and before.replicas
    local label = target.label
    local result = { replicas = input.replicas, before = from }
    local change = previews.try(label, nil, function() return scale_to(input, input.replicas, true) end)
    if change.action == "create" then -- the server would take it
      local same = from == input.replicas
      change = {
        object = label, action = same and "unchanged" or "change",
        fields = not same and { { path = ".spec.replicas", kind = "changed", old = from, new = input.replicas } } or nil,
      }
    end
    local of = previews.ground(label, target.namespace, nil).ref
    return previews.of({ change }, { { ref = of .. ": replicas", of = of, object = from } }, result)
  end,
  holds = write_holds "k8s.scale",
  title = function(input) return string.format("scale %s to %d", write.label(input), input.replicas) end,
  allow = write.allow,
}

effect.define("k8s.scale", scale)

-- A scale that is a part of another effect, and is taken back with that or not at all.
effect.define("k8s.scale_part", {
  input = scale.input, observe = scale.observe, preview = scale.preview, apply = scale.apply, recover = scale.recover,
  title = scale.title, allow = scale.allow,
})

--- Sets the number of replicas. An effect; its undo sets the old number.
function M.scale(ref, replicas, opts)
  return effect.perform("k8s.scale", { ref = ref, replicas = replicas, opts = opts })
end

-- restart ----------------------------------------------------------------------------------------

local RESTARTED = { Deployment = true, StatefulSet = true, DaemonSet = true }

--- What kubectl refuses to restart, too.
--- https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/objectrestarter.go
local function check_restart(object)
  local name = object.metadata.name
  if not RESTARTED[object.kind] then
    errors.usage("k8s.restart: %s %q cannot be restarted; a Deployment, StatefulSet or DaemonSet can",
      object.kind, name)
  elseif object.spec.paused then
    errors.raise {
      kind = "refused", in_doubt = false, message = string.format("k8s.restart: deployment/%s is paused", name),
      hint = "its pods would not be replaced: kubectl rollout resume deployment/" .. name,
    }
  end
end

local function restart_write(input, id, dry)
  local target = write.target("k8s.restart", input)
  local annotations = {
    [RESTARTED_ANNOTATION] = timestamp.utc(task.wall_ms() / 1000), [write.annotation] = id,
  }
  return write.send("k8s.restart", target, {
    method = "PATCH", path = objects.path(target), content_type = write.patch_types.strategic,
    body = { spec = { template = { metadata = { annotations = annotations } } } },
  }, dry)
end

effect.define("k8s.restart", {
  input = function(raw) return (write.where(RESTART, raw.ref, raw.opts)) end,
  observe = function(input)
    local now = objects.get("k8s.restart", write.target("k8s.restart", input))
    check_restart(now)
    return write.identity(now)
  end,
  apply = function(input, ctx) return write.summary(restart_write(input, ctx.id), ctx.before) end,
  recover = function(input, ctx)
    local now = objects.find("k8s.restart", write.target("k8s.restart", input))
    local template = now and now.spec and now.spec.template
    local annotations = template and template.metadata and template.metadata.annotations or {}
    if annotations[write.annotation] == ctx.id then return "done", write.summary(now, ctx.before) end
    return "not_done"
  end,
  preview_observes = true,
  preview = function(input)
    local target = write.target("k8s.restart", input)
    local live = objects.get("k8s.restart", target)
    check_restart(live)
    local change, after = previews.try(target.label, live, function() return restart_write(input, write.no_id, true) end)
    return previews.of({ change }, { previews.ground(target.label, target.namespace, live) }, after and write.predicted(after, live))
  end,
  holds = write_holds "k8s.restart",
  title = function(input) return "restart " .. write.label(input) end,
  allow = write.allow,
})

--- Replaces the pods of a Deployment, StatefulSet or DaemonSet, as `kubectl rollout restart`. An
--- effect; k8s.rollout follows it.
function M.restart(ref, opts)
  return effect.perform("k8s.restart", { ref = ref, opts = opts })
end

return M

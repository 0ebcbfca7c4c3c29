--- apply and create: objects brought about. Applying again gives the same; a creation carries the
--- effect's id, so that ours is known after a crash.
local arguments = require "almanac.k8s.arguments"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local listed = require "almanac.k8s.listed"
local objects = require "almanac.k8s.objects"
local pool = require "almanac.base.pool"
local previews = require "almanac.k8s.preview"
local scope = require "almanac.k8s.scope"
local standing = require "almanac.k8s.standing"
local step = require "almanac.run.step"
local write = require "almanac.k8s.write"
local yaml = require "native.yaml"

local M = {}

-- apply ------------------------------------------------------------------------------------------

local OPTIONS = fields.with(arguments.where, { force = { "flag", help = "takes fields that others manage" } })
fields.declare("k8s.apply", OPTIONS, { at = 2 })
fields.declare("k8s.diff", OPTIONS, { at = 2 })
fields.declare("k8s.create", OPTIONS, { at = 2 })

local function objects_of(text)
  local found, warnings = yaml.decode_all(text, { name = "the manifest", dialect = "kubernetes" })
  for _, warning in ipairs(warnings) do step.note(warning) end
  return found
end

local function apply_input(raw, who)
  who = who or "k8s.apply"
  local manifest, opts = raw.manifest, fields.check(fields.of(who), raw.opts)
  if type(manifest) == "string" then manifest = objects_of(manifest) end
  if type(manifest) ~= "table" then errors.usage("%s: the manifest must be YAML text or a table", who) end
  local list = {}
  for _, object in ipairs(manifest.kind and { manifest } or manifest) do listed.add(list, object) end
  if #list == 0 then errors.usage("%s: the manifest holds no object", who) end
  local out = {}
  for i, object in ipairs(list) do
    local meta = type(object) == "table" and object.metadata
    if type(object.apiVersion) ~= "string" or type(object.kind) ~= "string" or type(meta) ~= "table" or
      type(meta.name) ~= "string" then
      errors.usage("%s: object %d of the manifest has no apiVersion, kind or metadata.name", who, i)
    end
    out[i] = write.conceal(object)
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
  return write.send("k8s.apply", target, {
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

--- @return { change: table, ground: table, result: table? }
local function preview_one(input, object, target, live)
  if waits_for_namespace(input, object, target) then
    return {
      change = { object = target.label, action = "create", why = "with its namespace" },
      ground = previews.ground(target.label, target.namespace, nil), result = write.predicted(object),
    }
  end
  local change, after = previews.try(target.label, live, function() return (apply_one(input, object, true)) end)
  return {
    change = change, ground = previews.ground(target.label, target.namespace, live),
    result = after and write.predicted(after, live),
  }
end

local function apply_preview(input)
  local targets = {}
  for i, object in ipairs(input.objects) do targets[i] = apply_target(input, object) end
  local live = objects.find_many("k8s.apply", targets)
  local tried = pool.map(input.objects, pool.REQUESTS, function(object, i)
    return preview_one(input, object, targets[i], live[i])
  end)
  local changes, ground, result = {}, {}, {}
  for i, one in ipairs(tried) do changes[i], ground[i], result[i] = one.change, one.ground, one.result end
  return previews.of(changes, ground, result)
end

effect.define("k8s.apply", {
  input = apply_input,
  observe = function(input)
    local targets, before = {}, {}
    for i, object in ipairs(input.objects) do targets[i] = apply_target(input, object) end
    local live = objects.find_many("k8s.apply", targets)
    for i in ipairs(targets) do before[i] = write.identity(live[i]) end
    return before
  end,
  apply = function(input, ctx)
    local done = {}
    for i, object in ipairs(input.objects) do
      local before = ctx.undo_to and ctx.undo_to[i]
      local now, target = apply_one(input, object)
      done[i] = write.summary(now, before)
      write.tell_anew(target, before)
    end
    return done
  end,
  recover = function() return "again" end, -- applying again gives the same
  holds = function(input, result)
    local out = {}
    for i, object in ipairs(result and input.objects or {}) do
      for _, one in ipairs(standing.of("k8s.apply", result[i], function() return apply_target(input, object) end)) do
        out[#out + 1] = one
      end
    end
    return out
  end,
  preview_observes = true,
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
  allow = {
    category = "k8s",
    of = function(input)
      local out = {}
      for _, object in ipairs(input.objects) do
        for _, target in ipairs(scope.of_object(apply_target(input, object), object)) do out[#out + 1] = target end
      end
      return out
    end,
  },
})

--- Applies objects server-side, as field manager "almanac". An effect.
function M.apply(manifest, opts)
  return effect.perform("k8s.apply", { manifest = manifest, opts = opts })
end

--- What apply would do, asked of the server and not done: which objects it would create or change, field
--- by field, which fields others hold, what would be refused. A read.
function M.diff(manifest, opts)
  step.require_read "k8s.diff"
  return apply_preview(apply_input({ manifest = manifest, opts = opts }, "k8s.diff")).changes
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
  meta.annotations[write.annotation] = id
  object.metadata = meta
  return write.send("k8s.create", target, {
    method = "POST", path = collection, body = object, query = { fieldValidation = "Strict" },
  }, dry)
end

effect.define("k8s.create", {
  input = function(raw)
    local input = apply_input({ manifest = raw.object, opts = raw.opts }, "k8s.create")
    if #input.objects ~= 1 then errors.usage "k8s.create: give one object" end
    return { object = input.objects[1], namespace = input.namespace, context = input.context }
  end,
  apply = function(input, ctx)
    local made = write.summary(create_write(input, ctx.id))
    write.tell_anew(apply_target(input, input.object), { absent = true })
    return made
  end,
  recover = function(input, ctx)
    local now = objects.find("k8s.create", apply_target(input, input.object))
    if now and (now.metadata.annotations or {})[write.annotation] == ctx.id then return "done", write.summary(now) end
    return "not_done"
  end,
  holds = function(input, result)
    return standing.of("k8s.create", result, function() return apply_target(input, input.object) end)
  end,
  undo = function(input, result)
    effect.perform("k8s.delete", {
      ref = { kind = input.object.kind, apiVersion = input.object.apiVersion, name = result.name, namespace = result.namespace },
      opts = { uid = result.uid, context = input.context, namespace = result.namespace },
    })
  end,
  preview = function(input)
    local target = apply_target(input, input.object)
    local change, after = previews.try(target.label, nil, function() return create_write(input, write.no_id, true) end)
    return previews.of({ change }, { previews.ground(target.label, target.namespace, nil) }, after and write.predicted(after))
  end,
  title = function(input) return "create " .. input.object.kind:lower() .. "/" .. input.object.metadata.name end,
  allow = { category = "k8s", of = function(input) return scope.of_object(apply_target(input, input.object), input.object) end },
})

--- Creates an object; it must not be there yet. An effect.
function M.create(object, opts)
  return effect.perform("k8s.create", { object = object, opts = opts })
end

return M

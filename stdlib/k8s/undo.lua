--- The revisions of a workload, and the way back to one of them, by kubectl's rules: a Deployment's are
--- its ReplicaSets, those of a StatefulSet or DaemonSet its ControllerRevisions.
--- https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/rollback.go
local arguments = require "almanac.k8s.arguments"
local diff = require "almanac.base.diff"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local objects = require "almanac.k8s.objects"
local previews = require "almanac.k8s.preview"
local step = require "almanac.run.step"
local task = require "native.task"
local verdicts = require "almanac.k8s.rollout.verdict"
local wait = require "almanac.k8s.wait"
local write = require "almanac.k8s.write"

local M = {}

local REVISIONS = fields.declare("k8s.history", arguments.where, { at = 2 })
local UNDO = fields.declare("k8s.undo", fields.with(arguments.where, {
  to = { "integer", shown_default = "the revision before", help = "the revision to go back to" },
  observed = { "flag", help = "waits until the controller has seen it" },
  timeout = { "duration", shown_default = "2m", help = "for that wait" },
}), { at = 2 })

local SETTLE = 30 -- seconds for the controller to make the newest revision
local POLL = 0.1

---@class almanac.k8s.Revision
---@field revision integer
---@field current boolean    the workload's template is this one
---@field name string        of the ReplicaSet or ControllerRevision
---@field created string
---@field images string[]
---@field change_cause string?  annotation kubernetes.io/change-cause

local REVISION = "deployment.kubernetes.io/revision"
local CHANGE_CAUSE = "kubernetes.io/change-cause"

--- Annotations of a Deployment that a rollback leaves as they are.
local KEPT = {
  ["kubectl.kubernetes.io/last-applied-configuration"] = true, [REVISION] = true,
  ["deployment.kubernetes.io/revision-history"] = true, ["deployment.kubernetes.io/desired-replicas"] = true,
  ["deployment.kubernetes.io/max-replicas"] = true, ["deprecated.deployment.rollback.to"] = true,
}

local HISTORY = {
  Deployment = { resource = "replicasets", apiVersion = "apps/v1", kind = "ReplicaSet" },
  StatefulSet = { resource = "controllerrevisions", apiVersion = "apps/v1", kind = "ControllerRevision" },
  DaemonSet = { resource = "controllerrevisions", apiVersion = "apps/v1", kind = "ControllerRevision" },
}

-- Pure parts -------------------------------------------------------------------------------------

local function is_owned(object, owner)
  for _, ref in ipairs(object.metadata.ownerReferences or {}) do
    if ref.controller and ref.uid == owner.metadata.uid then return true end
  end
  return false
end

--- A template without what its ReplicaSet or its revision adds.
local function template_of(item)
  local template = item.kind == "ReplicaSet" and item.spec.template or
    item.data and item.data.spec and item.data.spec.template or {}
  template = diff.copy(template)
  template["$patch"] = nil
  local meta = template.metadata
  if meta and meta.labels then meta.labels["pod-template-hash"] = nil end
  if meta then meta.creationTimestamp = nil end
  return template
end

local function same_template(a, b)
  a, b = diff.copy(a), diff.copy(b)
  for _, template in ipairs { a, b } do
    if template.metadata then template.metadata.creationTimestamp = nil end
  end
  return #diff.diff(a, b) == 0
end

local function number_of(item)
  if item.kind == "ReplicaSet" then return math.tointeger(tonumber((item.metadata.annotations or {})[REVISION])) end
  return math.tointeger(item.revision)
end

local function images_of(template)
  local out = {}
  for i, container in ipairs(template.spec and template.spec.containers or {}) do out[i] = container.image end
  return out
end

--- The revisions among the ReplicaSets or ControllerRevisions of a namespace, oldest first. Pure.
---@param workload table
---@param items table[]
---@return table[] revisions  each with `item`, the object it is of
function M.revisions(workload, items)
  local out = {}
  for _, item in ipairs(items) do
    local number = is_owned(item, workload) and number_of(item)
    if number then
      local template, notes = template_of(item), item.metadata.annotations or {}
      out[#out + 1] = {
        revision = number, current = same_template(template, workload.spec.template), name = item.metadata.name,
        created = item.metadata.creationTimestamp, images = images_of(template), change_cause = notes[CHANGE_CAUSE],
        item = item,
      }
    end
  end
  table.sort(out, function(a, b) return a.revision < b.revision end)
  return out
end

--- Which revision is meant: the one named, or the last one but one. Pure.
---@param revisions table[]
---@param to integer?
---@return table?
function M.choose(revisions, to)
  if not to then return revisions[#revisions - 1] end
  for _, revision in ipairs(revisions) do
    if revision.revision == to then return revision end
  end
  return nil
end

--- The strategic patch that takes a workload to a revision. Annotations of a Deployment become those
--- of its ReplicaSet. The uid makes the server refuse another object of the same name. Pure.
---@param workload table
---@param revision table
---@param id string   effect id
---@return table patch
function M.patch(workload, revision, id)
  local template = template_of(revision.item)
  template["$patch"] = "replace"
  local annotations = {}
  if workload.kind == "Deployment" then
    for name in pairs(workload.metadata.annotations or {}) do
      if not KEPT[name] then annotations[name] = json.null end
    end
    for name, value in pairs(revision.item.metadata.annotations or {}) do
      if not KEPT[name] then annotations[name] = value end
    end
  end
  annotations[write.annotation] = id
  return { metadata = { uid = workload.metadata.uid, annotations = annotations }, spec = { template = template } }
end

-- Reading ----------------------------------------------------------------------------------------

local function read(who, target)
  local workload = objects.get(who, target)
  local history = HISTORY[workload.kind]
  if not history then
    errors.usage("%s: %s has no revisions; a Deployment, StatefulSet or DaemonSet has", who, target.label)
  end
  local opts = { namespace = target.namespace, selector = objects.pod_selector(workload) }
  local collection = objects.target(who, history.resource, opts)
  collection.client = target.client
  local items = objects.list(who, collection, opts)
  for _, item in ipairs(items) do item.apiVersion, item.kind = history.apiVersion, history.kind end
  return workload, M.revisions(workload, items)
end

--- The revisions of a workload, oldest first. A read.
function M.history(ref, opts)
  step.require_read "k8s.history"
  opts = fields.check(REVISIONS, opts)
  local _, revisions = read("k8s.history", objects.one("k8s.history", ref, opts))
  for _, revision in ipairs(revisions) do revision.item = nil end
  return revisions
end

-- undo -------------------------------------------------------------------------------------------

local function current_of(revisions)
  for _, revision in ipairs(revisions) do
    if revision.current then return revision.revision end
  end
  return nil
end

--- Waits until the controller has made a revision of the newest template: before, "the one before" would
--- be taken from the revision before the present one, and lead one too far back.
local function settle(input)
  local target = write.target("k8s.undo", input)
  local deadline = task.now() + SETTLE
  while true do
    local workload, revisions = read("k8s.undo", target)
    -- A ControllerRevision keeps its template as it was written, without what newer servers fill in.
    local made = workload.kind ~= "Deployment" or current_of(revisions) ~= nil
    if workload.spec.paused or made and verdicts.is_observed(workload) then return end
    if task.now() >= deadline then
      if input.to then return end
      errors.raise {
        kind = "timeout", in_doubt = false,
        message = string.format("k8s.undo: for %d s no revision was made of what %s is now, so which one is before it " ..
          "cannot be told", SETTLE, target.label),
        hint = "does the cluster's controller manager run? Or name the revision: to = N, of those that k8s.history shows",
      }
    end
    task.sleep(POLL)
  end
end

local function raise_no_revision(label, revisions, to)
  local numbers = {}
  for i, revision in ipairs(revisions) do numbers[i] = tostring(revision.revision) end
  errors.raise {
    kind = "not_found", in_doubt = false,
    message = to and string.format("k8s.undo: %s has no revision %d", label, to) or
      string.format("k8s.undo: %s has no revision before the present one", label),
    hint = #numbers > 0 and "it has " .. (#numbers > 1 and "revisions " or "revision ") .. table.concat(numbers, ", ") or
      "revisionHistoryLimit may have cleared them",
  }
end

--- The workload, where it stands, and where the undo leads.
local function look(input)
  local target = write.target("k8s.undo", input)
  local workload, revisions = read("k8s.undo", target)
  if workload.spec.paused then
    errors.raise {
      kind = "refused", in_doubt = false, message = string.format("k8s.undo: %s is paused", target.label),
      hint = "kubectl rollout resume " .. target.label .. ", then again",
    }
  end
  local chosen = M.choose(revisions, input.to)
  if not chosen then raise_no_revision(target.label, revisions, input.to) end
  return target, workload, chosen, current_of(revisions)
end

local function send(target, workload, chosen, id, dry)
  return write.send("k8s.undo", target, {
    method = "PATCH", path = objects.path(target), content_type = write.patch_types.strategic,
    body = M.patch(workload, chosen, id),
  }, dry)
end

local function result_of(object, before)
  local out = write.summary(object, before)
  out.from, out.to = before.from, before.to
  return out
end

effect.define("k8s.undo", {
  input = function(raw)
    local input, opts = write.where(UNDO, raw.ref, raw.opts)
    input.to = opts.to ~= 0 and opts.to or nil
    return input
  end,
  -- "The one before" means another revision once it was gone back to: what is meant is kept.
  observe = function(input)
    settle(input)
    local _, workload, chosen, current = look(input)
    local before = write.identity(workload)
    before.from, before.to = current, chosen.revision
    return before
  end,
  apply = function(input, ctx)
    local target, workload, chosen = look {
      ref = input.ref, namespace = input.namespace, context = input.context, to = ctx.before.to,
    }
    if chosen.current then return result_of(workload, ctx.before) end
    return result_of(send(target, workload, chosen, ctx.id), ctx.before)
  end,
  recover = function(input, ctx)
    local now = objects.find("k8s.undo", write.target("k8s.undo", input))
    if not now or now.metadata.uid ~= ctx.before.uid then return "not_done" end
    if (now.metadata.annotations or {})[write.annotation] == ctx.id then return "done", result_of(now, ctx.before) end
    return "not_done"
  end,
  undo = function(input, result)
    if not result or not result.changed or not result.from then return end -- without one it did not take place
    effect.perform("k8s.undo", { ref = input.ref,
      opts = { namespace = input.namespace, context = input.context, to = result.from } })
  end,
  preview_observes = true,
  preview = function(input)
    local target, workload, chosen, current = look(input)
    local ground = { previews.ground(target.label, target.namespace, workload) }
    if chosen.current then
      local change = { object = target.label, action = "unchanged",
        why = string.format("it is at revision %d already", chosen.revision) }
      return previews.of({ change }, ground, write.predicted(workload, workload))
    end
    local change, after = previews.try(target.label, workload, function()
      return send(target, workload, chosen, write.no_id, true)
    end)
    local result = after and write.predicted(after, workload)
    if result then result.from, result.to = current, chosen.revision end
    return previews.of({ change }, ground, result)
  end,
  title = function(input)
    return string.format("take %s back to %s", write.label(input),
      input.to and "revision " .. input.to or "the revision before")
  end,
  allow = write.allow,
})

--- Takes a Deployment, StatefulSet or DaemonSet back to a revision, as `kubectl rollout undo`. An effect;
--- its undo goes forward again. k8s.rollout follows it. A StatefulSet does not replace a pod that is
--- broken: k8s.rollout with heal = true does.
function M.undo(ref, opts)
  local result = effect.perform("k8s.undo", { ref = ref, opts = opts })
  if opts and opts.observed then
    step.await(function()
      wait.wait(ref, {
        observed = true, timeout = opts.timeout, namespace = opts.namespace, context = opts.context,
      })
    end)
  end
  return result
end

return M

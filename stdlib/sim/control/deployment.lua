--- The Deployment controller as a pure function: objects in, writes out.
--- A reconcile returns a list of actions (see controllers.lua): create, delete, update, status, event,
--- requeue. Follows https://github.com/kubernetes/kubernetes/tree/master/pkg/controller/deployment
local timestamp = require "almanac.base.timestamp"
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"

local deployment = {}

local REVISION = "deployment.kubernetes.io/revision"
local HISTORY = "deployment.kubernetes.io/revision-history"
local DESIRED = "deployment.kubernetes.io/desired-replicas"
local MAX = "deployment.kubernetes.io/max-replicas"
local HASH = "pod-template-hash"
local REPLICASETS = "apps/v1/replicasets"

local NOT_COPIED = {
  ["kubectl.kubernetes.io/last-applied-configuration"] = true, [REVISION] = true, [HISTORY] = true,
  [DESIRED] = true, [MAX] = true, ["deprecated.deployment.rollback.to"] = true,
}

local function replicas_of(object)
  local n = value.dig(object, "spec", "replicas")
  return n == nil and 1 or n
end

local function status_of(object, field) return value.dig(object, "status", field) or 0 end

local function sum(list, fn)
  local n = 0
  for _, o in ipairs(list) do n = n + fn(o) end
  return n
end

local function revision_of(object)
  return math.tointeger(tonumber(value.dig(object, "metadata", "annotations", REVISION) or "0")) or 0
end

local function surge_and_unavailable(d)
  local strategy = d.spec.strategy or {}
  if strategy.type == "Recreate" then return 0, replicas_of(d) end
  local rolling, n = strategy.rollingUpdate or {}, replicas_of(d)
  local surge = pods.share(rolling.maxSurge, n, true, "25%")
  local unavailable = pods.share(rolling.maxUnavailable, n, false, "25%")
  if surge == 0 and unavailable == 0 then unavailable = 1 end
  return surge, math.min(unavailable, n)
end

local function same_template(rs, d)
  local template = value.copy(rs.spec.template)
  local labels = value.dig(template, "metadata", "labels")
  if labels then labels[HASH] = nil end
  return value.equal(template, d.spec.template)
end

--- The set of the wanted template, or nil. The hash in a set's label is of this cluster's own making; a set that
--- came from another cluster is known by its template, as the real controller knows all of them.
---@param d table the Deployment
---@param sets table[] the ReplicaSets it controls
---@param hash string of the wanted template
---@return table|nil
function deployment.set_of(d, sets, hash)
  for _, rs in ipairs(sets) do
    if value.dig(rs, "metadata", "labels", HASH) == hash then return rs end
  end
  for _, rs in ipairs(sets) do
    if same_template(rs, d) then return rs end
  end
  return nil
end

--- One reconcile under way: the Deployment, its sets, and what is to be written.
local function context(d, sets, now)
  local hash = pods.hash(d.spec.template)
  local c = { d = d, now = now, actions = {}, old = {}, all = {}, hash = hash }
  table.sort(sets, function(a, b)
    if a.metadata.creationTimestamp ~= b.metadata.creationTimestamp then
      return a.metadata.creationTimestamp < b.metadata.creationTimestamp
    end
    return revision_of(a) < revision_of(b)
  end)
  c.new = deployment.set_of(d, sets, hash)
  for _, rs in ipairs(sets) do
    c.all[#c.all + 1] = rs
    if rs ~= c.new then c.old[#c.old + 1] = rs end
  end
  c.surge, c.unavailable = surge_and_unavailable(d)
  return c
end

local function act(c, action) c.actions[#c.actions + 1] = action end

local function say(c, reason, message)
  act(c, { op = "event", about = c.d, type = "Normal", reason = reason, message = message,
    component = "deployment-controller" })
end

local function set_condition(c, kind, status, reason, message)
  c.conditions[kind] = { status = status, reason = reason, message = message }
end

local function size_annotations(c, annotations)
  annotations[DESIRED] = tostring(replicas_of(c.d))
  annotations[MAX] = tostring(replicas_of(c.d) + c.surge)
  return annotations
end

local function scale(c, rs, to)
  local from = replicas_of(rs)
  local changed = value.copy(rs)
  changed.spec.replicas = to
  changed.metadata.annotations = size_annotations(c, changed.metadata.annotations or {})
  act(c, { op = "update", gvr = REPLICASETS, object = changed })
  if from ~= to then
    say(c, "ScalingReplicaSet", ("Scaled %s replica set %s from %d to %d"):format(
      to > from and "up" or "down", rs.metadata.name, from, to))
  end
end

local function new_size(c, current)
  if (c.d.spec.strategy or {}).type == "Recreate" then return replicas_of(c.d) end
  local total = sum(c.all, replicas_of)
  local room = replicas_of(c.d) + c.surge - total
  if room <= 0 then return current end
  return current + math.min(room, replicas_of(c.d) - current)
end

local function copied_annotations(d)
  local out = {}
  for k, v in pairs(d.metadata.annotations or {}) do
    if not NOT_COPIED[k] then out[k] = v end
  end
  return out
end

local function create_new_set(c, revision)
  local d = c.d
  local template = value.copy(d.spec.template)
  template.metadata = template.metadata or {}
  template.metadata.labels = template.metadata.labels or {}
  template.metadata.labels[HASH] = c.hash
  local selector = value.copy(d.spec.selector)
  selector.matchLabels = selector.matchLabels or {}
  selector.matchLabels[HASH] = c.hash
  local size = new_size(c, 0)
  local annotations = size_annotations(c, copied_annotations(d))
  annotations[REVISION] = tostring(revision)
  local name = d.metadata.name .. "-" .. c.hash
  act(c, { op = "create", gvr = REPLICASETS, object = {
    apiVersion = "apps/v1", kind = "ReplicaSet",
    metadata = {
      name = name, namespace = d.metadata.namespace, labels = value.copy(template.metadata.labels),
      annotations = annotations, ownerReferences = pods.owner_reference(d),
    },
    spec = { replicas = size, selector = selector, template = template, minReadySeconds = d.spec.minReadySeconds },
    status = { replicas = 0 },
  } })
  if size > 0 then
    say(c, "ScalingReplicaSet", ("Scaled up replica set %s from 0 to %d"):format(name, size))
  end
  c.new_name = name
  set_condition(c, "Progressing", "True", "NewReplicaSetCreated", ('Created new replica set "%s"'):format(name))
end

--- Makes sure the set of the wanted template exists and carries the newest revision. Returns whether
--- a write of it is under way, so that the rest waits for the next round.
local function sync_revision(c)
  local newest = 0
  for _, rs in ipairs(c.old) do newest = math.max(newest, revision_of(rs)) end
  if not c.new then
    c.revision = newest + 1
    create_new_set(c, c.revision)
    return true
  end
  c.new_name = c.new.metadata.name
  c.revision = revision_of(c.new)
  if c.revision > newest and c.revision > 0 then return false end
  local changed = value.copy(c.new)
  local notes = changed.metadata.annotations or {}
  changed.metadata.annotations = notes
  if c.revision > 0 then
    notes[HISTORY] = notes[HISTORY] and notes[HISTORY] .. "," .. c.revision or tostring(c.revision)
  end
  c.revision = newest + 1
  notes[REVISION] = tostring(c.revision)
  act(c, { op = "update", gvr = REPLICASETS, object = changed })
  if not pods.condition(c.d, "Progressing") then
    set_condition(c, "Progressing", "True", "FoundNewReplicaSet",
      ('Found new replica set "%s"'):format(c.new_name))
  end
  return true
end

local function scale_new(c)
  local want, have = replicas_of(c.d), replicas_of(c.new)
  if have == want then
    local notes = c.new.metadata.annotations or {}
    local wanted = size_annotations(c, value.copy(notes))
    if not value.equal(notes, wanted) then scale(c, c.new, have) end
    return false
  end
  local to = have > want and want or new_size(c, have)
  if to == have then return false end
  scale(c, c.new, to)
  return true
end

--- Old sets shrink: unhealthy pods first, then as far as what is available allows.
local function scale_old(c)
  if sum(c.old, replicas_of) == 0 then return false end
  local min_available = replicas_of(c.d) - c.unavailable
  local new_unavailable = replicas_of(c.new) - status_of(c.new, "availableReplicas")
  local budget = sum(c.all, replicas_of) - min_available - new_unavailable
  if budget <= 0 then return false end
  local size, changed = {}, false
  for _, rs in ipairs(c.old) do
    size[rs] = replicas_of(rs)
    local broken = math.min(budget, size[rs] - status_of(rs, "availableReplicas"))
    if broken > 0 then
      size[rs] = size[rs] - broken
      budget = budget - broken
    end
  end
  local spare = sum(c.all, function(rs) return status_of(rs, "availableReplicas") end) - min_available
  for _, rs in ipairs(c.old) do
    local n = math.min(spare, size[rs], math.max(budget, 0))
    if n > 0 then
      size[rs] = size[rs] - n
      spare, budget = spare - n, budget - n
    end
    if size[rs] ~= replicas_of(rs) then
      scale(c, rs, size[rs])
      changed = true
    end
  end
  return changed
end

local function clean_up(c)
  local limit = c.d.spec.revisionHistoryLimit or 10
  local idle = {}
  for _, rs in ipairs(c.old) do
    if replicas_of(rs) == 0 and status_of(rs, "replicas") == 0 and not rs.metadata.deletionTimestamp then
      idle[#idle + 1] = rs
    end
  end
  for i = 1, #idle - limit do
    act(c, { op = "delete", gvr = REPLICASETS, ns = idle[i].metadata.namespace, name = idle[i].metadata.name,
      uid = idle[i].metadata.uid })
  end
end

local function counts(c)
  local total = sum(c.all, function(rs) return status_of(rs, "replicas") end)
  local available = sum(c.all, function(rs) return status_of(rs, "availableReplicas") end)
  return {
    observedGeneration = c.d.metadata.generation, replicas = total,
    updatedReplicas = c.new and status_of(c.new, "replicas") or 0,
    readyReplicas = sum(c.all, function(rs) return status_of(rs, "readyReplicas") end),
    availableReplicas = available, unavailableReplicas = math.max(0, sum(c.all, replicas_of) - available),
  }
end

local function complete(c, s)
  local n = replicas_of(c.d)
  return s.updatedReplicas == n and s.replicas == n and s.availableReplicas == n
end

local function progressing(c, s)
  local old = function(f) return status_of(c.d, f) end
  return s.updatedReplicas > old("updatedReplicas")
    or s.replicas - s.updatedReplicas < old("replicas") - old("updatedReplicas")
    or s.readyReplicas > old("readyReplicas") or s.availableReplicas > old("availableReplicas")
end

local function judge_progress(c, s)
  local deadline = c.d.spec.progressDeadlineSeconds
  local now_is = pods.condition(c.d, "Progressing")
  if value.is_nil(deadline) then
    c.drop_progress = true
    return
  end
  if c.conditions.Progressing then return end
  if s.replicas == s.updatedReplicas and now_is and now_is.reason == "NewReplicaSetAvailable" then return end
  local set = ('ReplicaSet "%s"'):format(c.new_name or c.d.metadata.name)
  if complete(c, s) then
    set_condition(c, "Progressing", "True", "NewReplicaSetAvailable", set .. " has successfully progressed.")
  elseif progressing(c, s) then
    set_condition(c, "Progressing", "True", "ReplicaSetUpdated", set .. " is progressing.")
    c.conditions.Progressing.touch = true
  elseif now_is and now_is.reason ~= "NewReplicaSetAvailable" then
    local left = (timestamp.epoch(now_is.lastUpdateTime) or c.now) + deadline - c.now
    if now_is.reason == "ProgressDeadlineExceeded" or left < 0 then
      set_condition(c, "Progressing", "False", "ProgressDeadlineExceeded", set .. " has timed out progressing.")
      return
    end
    act(c, { op = "requeue", after = left + 0.1 })
  end
end

local function merge_conditions(c)
  local out, stamp = value.array {}, value.timestamp(c.now)
  for _, kind in ipairs { "Available", "Progressing", "ReplicaFailure" } do
    local want, have = c.conditions[kind], pods.condition(c.d, kind)
    if kind == "ReplicaFailure" and not want then have = nil end
    if kind == "Progressing" and c.drop_progress then
      want, have = nil, nil
    elseif want and have and not want.touch and want.status == have.status and want.reason == have.reason then
      want = nil
    end
    if want then
      local moved = not have or have.status ~= want.status
      out[#out + 1] = { type = kind, status = want.status, lastUpdateTime = stamp,
        lastTransitionTime = moved and stamp or have.lastTransitionTime, reason = want.reason,
        message = want.message }
    elseif have then
      out[#out + 1] = have
    end
  end
  return out
end

--- What the newest ReplicaSet cannot do, its Deployment says too.
local function judge_failure(c)
  for _, rs in ipairs(c.all) do
    local failure = pods.condition(rs, "ReplicaFailure")
    if failure then set_condition(c, "ReplicaFailure", failure.status, failure.reason, failure.message) end
  end
end

local function write_status(c)
  local s = counts(c)
  judge_failure(c)
  if s.availableReplicas >= replicas_of(c.d) - c.unavailable then
    set_condition(c, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
  else
    set_condition(c, "Available", "False", "MinimumReplicasUnavailable",
      "Deployment does not have minimum availability.")
  end
  judge_progress(c, s)
  local status = pods.omit_zero(s)
  status.terminatingReplicas = sum(c.all, function(rs) return status_of(rs, "terminatingReplicas") end)
  status.conditions = merge_conditions(c)
  status.collisionCount = value.dig(c.d, "status", "collisionCount")
  local changed = value.shallow(c.d)
  changed.status = status
  local notes = value.dig(c.d, "metadata", "annotations", REVISION)
  if c.revision and notes ~= tostring(c.revision) then
    changed.metadata = value.shallow(c.d.metadata)
    changed.metadata.annotations = value.copy(c.d.metadata.annotations or {})
    changed.metadata.annotations[REVISION] = tostring(c.revision)
  end
  if not value.equal(changed.status, c.d.status or {}) or changed.metadata ~= c.d.metadata then
    act(c, { op = "status", gvr = "apps/v1/deployments", object = changed })
  end
end

local function recreate(c, old_pods)
  if sum(c.old, replicas_of) > 0 then
    for _, rs in ipairs(c.old) do
      if replicas_of(rs) > 0 then scale(c, rs, 0) end
    end
    return
  end
  if old_pods > 0 then return end
  if not sync_revision(c) and not scale_new(c) and complete(c, counts(c)) then clean_up(c) end
end

--- What a Deployment needs done.
---@param d table the Deployment
---@param sets table[] the ReplicaSets it controls
---@param now number unix seconds
---@param old_pods? integer pods of other templates that still exist (for Recreate)
---@return table[] actions
function deployment.reconcile(d, sets, now, old_pods)
  local c = context(d, sets, now)
  c.conditions = {}
  if d.metadata.deletionTimestamp then
    c.new_name = c.new and c.new.metadata.name
  elseif d.spec.paused then
    c.new_name = c.new and c.new.metadata.name
    if c.new then scale_new(c) end
    c.conditions.Progressing = { status = "Unknown", reason = "DeploymentPaused", message = "Deployment is paused" }
  elseif (d.spec.strategy or {}).type == "Recreate" then
    recreate(c, old_pods or 0)
  elseif not sync_revision(c) and not scale_new(c) and not scale_old(c) and complete(c, counts(c)) then
    clean_up(c)
  end
  write_status(c)
  return c.actions
end

return deployment

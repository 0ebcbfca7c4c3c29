--- The StatefulSet controller as a pure function: objects in, writes out. It keeps the real one's
--- trap: with ordered pods it waits for each to be Running and Ready before it goes on, so a pod that
--- never becomes ready is never replaced by a newer (or older) revision.
--- Follows https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/statefulset/stateful_set_control.go
local value = require "almanac.sim.model.value"
local histories = require "almanac.sim.control.histories"
local pods = require "almanac.sim.control.pods"

local statefulset = {}

local CLAIMS = "v1/persistentvolumeclaims"
local REVISION_LABEL = "controller-revision-hash"
local HASH_LABEL = "controller.kubernetes.io/hash"

local function act(c, action) c.actions[#c.actions + 1] = action end

local function say(c, kind, reason, message)
  act(c, { op = "event", about = c.set, type = kind, reason = reason, message = message,
    component = "statefulset-controller" })
end

local function ordinal_of(pod) return math.tointeger(tonumber(pod.metadata.name:match("%-(%d+)$"))) end

local function revision_of(pod) return value.dig(pod, "metadata", "labels", REVISION_LABEL) end

local function replicas_of(set)
  local n = set.spec.replicas
  return n == nil and 1 or n
end

local function healthy(pod) return pods.running_and_ready(pod) and not pods.terminating(pod) end

--- Finds or makes the ControllerRevision of the wanted template, and clears old ones.
local function sync_revisions(c, revisions)
  local set = c.set
  local hash = histories.hash(set, revisions, HASH_LABEL)
  local name = set.metadata.name .. "-" .. hash
  c.update = name
  c.current = value.dig(set, "status", "currentRevision") or name
  c.templates = { [name] = set.spec.template }
  for _, r in ipairs(revisions) do
    c.templates[r.metadata.name] = c.templates[r.metadata.name] or value.dig(r, "data", "spec", "template")
  end
  for _, action in ipairs(histories.sync(set, revisions, hash, HASH_LABEL)) do act(c, action) end
end

local function prune_revisions(c, revisions, owned)
  local used = { [c.update] = true, [c.current] = true }
  for _, pod in ipairs(owned) do used[revision_of(pod) or ""] = true end
  for _, action in ipairs(histories.prune(c.set, revisions, used)) do act(c, action) end
end

local function start_ordinal(set) return value.dig(set, "spec", "ordinals", "start") or 0 end

local function partition_of(set) return value.dig(set, "spec", "updateStrategy", "rollingUpdate", "partition") end

local function on_delete(set) return value.dig(set, "spec", "updateStrategy", "type") == "OnDelete" end

--- Which revision a pod that is made now gets.
local function revision_for(c, ordinal)
  if c.current == c.update or on_delete(c.set) or not c.templates[c.current] then return c.update end
  local first, partition = start_ordinal(c.set), partition_of(c.set)
  local kept = partition or value.dig(c.set, "status", "currentReplicas") or 0
  return ordinal < first + kept and c.current or c.update
end

local function claim_name(set, template, ordinal)
  return ("%s-%s-%d"):format(template.metadata.name, set.metadata.name, ordinal)
end

--- Makes the claims that are missing. False when one is being deleted: the pod must wait.
local function sync_claims(c, ordinal)
  local set = c.set
  local pod_name = ("%s-%d"):format(set.metadata.name, ordinal)
  for _, template in ipairs(set.spec.volumeClaimTemplates or {}) do
    local name = claim_name(set, template, ordinal)
    local claim = c.claims[name]
    if claim and claim.metadata.deletionTimestamp then
      say(c, "Warning", "FailedCreate", ('create Pod %s in StatefulSet %s failed error: pvc %s is being deleted')
        :format(pod_name, set.metadata.name, name))
      act(c, { op = "requeue", after = 0.5 })
      return false
    end
    if not claim then
      local labels = value.copy(template.metadata.labels or {})
      for k, v in pairs(value.dig(set, "spec", "selector", "matchLabels") or {}) do labels[k] = v end
      act(c, { op = "create", gvr = CLAIMS, object = {
        apiVersion = "v1", kind = "PersistentVolumeClaim",
        metadata = { name = name, namespace = set.metadata.namespace, labels = labels,
          annotations = value.copy(template.metadata.annotations) },
        spec = value.copy(template.spec), status = { phase = "Pending" },
      } })
      say(c, "Normal", "SuccessfulCreate", ("Create Claim %s Pod %s in StatefulSet %s success")
        :format(name, pod_name, set.metadata.name))
    end
  end
  return true
end

local function pod_for(c, ordinal)
  local set, revision = c.set, revision_for(c, ordinal)
  local name = ("%s-%d"):format(set.metadata.name, ordinal)
  local pod = pods.from_template(c.templates[revision], set, { name = name, generate = set.metadata.name .. "-", labels = {
    [REVISION_LABEL] = revision, ["statefulset.kubernetes.io/pod-name"] = name,
    ["apps.kubernetes.io/pod-index"] = tostring(ordinal),
  } })
  pod.spec.hostname, pod.spec.subdomain = name, set.spec.serviceName
  local volumes, ours = value.array {}, {}
  for _, template in ipairs(set.spec.volumeClaimTemplates or {}) do
    ours[template.metadata.name] = true
    volumes[#volumes + 1] = { name = template.metadata.name,
      persistentVolumeClaim = { claimName = claim_name(set, template, ordinal) } }
  end
  for _, volume in ipairs(pod.spec.volumes or {}) do
    if not ours[volume.name] then volumes[#volumes + 1] = volume end
  end
  if #volumes > 0 then pod.spec.volumes = volumes end
  return pod
end

local function create_pod(c, ordinal)
  if not sync_claims(c, ordinal) then return end
  local name = ("%s-%d"):format(c.set.metadata.name, ordinal)
  act(c, { op = "create", gvr = "v1/pods", object = pod_for(c, ordinal), about = c.set,
    component = "statefulset-controller",
    failing = ("create Pod %s in StatefulSet %s failed error: "):format(name, c.set.metadata.name),
    created = function()
      return "SuccessfulCreate", ("Create Pod %s in StatefulSet %s successful"):format(name, c.set.metadata.name)
    end })
end

local function delete_pod(c, pod)
  act(c, { op = "delete", gvr = "v1/pods", ns = pod.metadata.namespace, name = pod.metadata.name,
    uid = pod.metadata.uid })
  say(c, "Normal", "SuccessfulDelete", ("Delete Pod %s in StatefulSet %s successful")
    :format(pod.metadata.name, c.set.metadata.name))
end

local function available(c, pod)
  local ok, wait = pods.available(pod, c.set.spec.minReadySeconds, c.now)
  if wait then act(c, { op = "requeue", after = wait }) end
  return ok and pods.running_and_ready(pod)
end

--- Brings the wanted ordinals about, lowest first. False where the ordered walk stops.
local function grow(c, wanted, ordered)
  local first = start_ordinal(c.set)
  for ordinal = first, first + replicas_of(c.set) - 1 do
    local pod = wanted[ordinal]
    if not pod then
      create_pod(c, ordinal)
      if ordered then return false end
    elseif pods.finished(pod) then
      if not pods.terminating(pod) then
        say(c, "Warning", "RecreatingFailedPod", ("StatefulSet %s/%s is recreating failed Pod %s"):format(
          c.set.metadata.namespace, c.set.metadata.name, pod.metadata.name))
        delete_pod(c, pod)
      end
      if ordered then return false end
    elseif ordered and (pods.terminating(pod) or not pods.running_and_ready(pod) or not available(c, pod)) then
      return false
    end
  end
  return true
end

--- Takes away the ordinals past the wanted, highest first.
local function shrink(c, condemned, ordered, first_unhealthy)
  table.sort(condemned, function(a, b) return ordinal_of(a) > ordinal_of(b) end)
  for _, pod in ipairs(condemned) do
    if pods.terminating(pod) then
      if ordered then return false end
    else
      if ordered and not pods.running_and_ready(pod) and pod ~= first_unhealthy then return false end
      delete_pod(c, pod)
      if ordered then return false end
    end
  end
  return true
end

--- Replaces pods of another revision, highest ordinal first, waiting for each to be healthy.
local function roll(c, wanted)
  local first = start_ordinal(c.set)
  for ordinal = first + replicas_of(c.set) - 1, first + (partition_of(c.set) or 0), -1 do
    local pod = wanted[ordinal]
    if not pod then return end
    if revision_of(pod) ~= c.update and not pods.terminating(pod) then
      delete_pod(c, pod)
      return
    end
    if not healthy(pod) then return end
  end
end

local function status_of(c, owned)
  local n = { readyReplicas = 0, currentReplicas = 0, updatedReplicas = 0 }
  local total, avail = 0, 0
  for _, pod in ipairs(owned) do
    total = total + 1
    if pods.running_and_ready(pod) then n.readyReplicas = n.readyReplicas + 1 end
    if available(c, pod) then avail = avail + 1 end
    if not pods.terminating(pod) then
      if revision_of(pod) == c.current then n.currentReplicas = n.currentReplicas + 1 end
      if revision_of(pod) == c.update then n.updatedReplicas = n.updatedReplicas + 1 end
    end
  end
  local current, want = c.current, replicas_of(c.set)
  if not on_delete(c.set) and n.updatedReplicas == want and n.readyReplicas == want and total == want then
    n.currentReplicas, current = n.updatedReplicas, c.update
  end
  local status = pods.omit_zero(n)
  status.observedGeneration, status.replicas = c.set.metadata.generation, total
  status.availableReplicas, status.collisionCount = avail, 0
  status.currentRevision, status.updateRevision = current, c.update
  return status
end

--- What a StatefulSet needs done.
---@param set table
---@param owned table[] the pods it controls
---@param revisions table[] the ControllerRevisions it controls
---@param claims table<string, table> the claims of its namespace by name
---@param now number
---@return table[] actions
function statefulset.reconcile(set, owned, revisions, claims, now)
  local c = { set = set, now = now, claims = claims, actions = {} }
  sync_revisions(c, revisions)
  local status = status_of(c, owned)
  if not value.equal(status, set.status or {}) then
    local changed = value.shallow(set)
    changed.status = status
    act(c, { op = "status", gvr = "apps/v1/statefulsets", object = changed })
  end
  if set.metadata.deletionTimestamp then return c.actions end
  local wanted, condemned, unhealthy = {}, {}, nil
  local first = start_ordinal(set)
  table.sort(owned, function(a, b) return ordinal_of(a) < ordinal_of(b) end)
  for _, pod in ipairs(owned) do
    local ordinal = ordinal_of(pod)
    if ordinal >= first and ordinal < first + replicas_of(set) then
      wanted[ordinal] = pod
    else
      condemned[#condemned + 1] = pod
    end
    if not unhealthy and not healthy(pod) then unhealthy = pod end
  end
  local ordered = set.spec.podManagementPolicy ~= "Parallel"
  if grow(c, wanted, ordered) and shrink(c, condemned, ordered, unhealthy) and not on_delete(set) then
    roll(c, wanted)
  end
  prune_revisions(c, revisions, owned)
  return c.actions
end

return statefulset

--- Why a rollout does not go on: pure functions from objects of the API to what they mean. When it is
--- done is almanac.rollout_verdict's; here is what kubectl does not know: why a rollout cannot succeed,
--- read from pods, events and claims, and the StatefulSet that waits for ever for a broken pod.
local fields = require "almanac.k8s.rollout.fields"
local timestamp = require "almanac.base.timestamp"
local verdicts = require "almanac.k8s.rollout.verdict"

local M = {}

M.deployment, M.statefulset, M.daemonset = verdicts.deployment, verdicts.statefulset, verdicts.daemonset
M.job, M.conditions, M.verdict, M.is_workload = verdicts.job, verdicts.conditions, verdicts.verdict, verdicts.is_workload

---@class almanac.rollout.Given
---@field workload table
---@field pods table[]
---@field replicasets? table[]  of a Deployment
---@field events? table[]
---@field claims? table[]
---@field now? number           seconds since 1970
---@field since? number         seconds since 1970: the following began
---@field scaling? table<string, boolean>  uids of pods for which an autoscaler makes a node
---@field probe_grace? number   seconds a probe may fail; nil: as long as there is time
---@field late? boolean         time is over: what is normal for a while counts too

---@class almanac.rollout.Diagnosis
---@field reason string       the API's word: CrashLoopBackOff, ImagePullBackOff, OOMKilled, Unschedulable, …
---@field fatal boolean       waiting longer will not help
---@field pod? string
---@field uid? string         of the pod
---@field container? string
---@field role? "init"|"sidecar"
---@field exit_code? integer
---@field restarts? integer
---@field image? string
---@field detail? string      the API's own sentence

local number, get, condition = fields.number, fields.get, fields.condition

local is_observed = verdicts.is_observed

-- Whose pods count ---------------------------------------------------------------------------------

local REVISION = "deployment.kubernetes.io/revision"

local function is_owned_by(obj, uid)
  for _, owner in ipairs(get(obj, "metadata", "ownerReferences") or {}) do
    if owner.uid == uid then return true end
  end
  return false
end

--- The label, and its value, that the pods of the workload's newest revision carry.
---@param workload table
---@param replicasets? table[]  of a Deployment; others are ignored
---@return string? label
---@return string? value  nil when the controller has not made it yet
function M.revision(workload, replicasets)
  if workload.kind == "StatefulSet" then
    return "controller-revision-hash", get(workload, "status", "updateRevision")
  end
  if workload.kind == "DaemonSet" then
    local generation = get(workload, "metadata", "annotations", "deprecated.daemonset.template.generation")
    return "pod-template-generation", generation and tostring(generation)
  end
  if workload.kind == "Job" then return "batch.kubernetes.io/controller-uid", get(workload, "metadata", "uid") end
  -- By the time the generation is observed the Deployment carries the number of its ReplicaSet. A
  -- list of ReplicaSets that does not have it yet is older than the Deployment: nothing is known.
  local current = tonumber(get(workload, "metadata", "annotations", REVISION))
  local newest, hash = -1, nil
  for _, rs in ipairs(replicasets or {}) do
    local revision = tonumber(get(rs, "metadata", "annotations", REVISION))
    if revision and revision > newest and is_owned_by(rs, workload.metadata.uid)
      and (not current or revision == current) then
      newest, hash = revision, get(rs, "metadata", "labels", "pod-template-hash")
    end
  end
  return "pod-template-hash", hash
end

local function is_terminating(pod)
  return get(pod, "metadata", "deletionTimestamp") ~= nil
end

--- The pods of the newest revision that are to stay.
---@param workload table
---@param pods table[]
---@param replicasets? table[]
---@return table[]
function M.new_pods(workload, pods, replicasets)
  local label, value = M.revision(workload, replicasets)
  local out = {}
  for _, pod in ipairs(value and pods or {}) do
    if get(pod, "metadata", "labels", label) == value and not is_terminating(pod) then out[#out + 1] = pod end
  end
  table.sort(out, function(a, b) return a.metadata.name < b.metadata.name end)
  return out
end

-- Why it does not go on ----------------------------------------------------------------------------

-- Seconds that a state may last before it counts. The scheduler may be waiting for a volume that is being
-- made; a ConfigMap may come a moment after the pod, a registry or a webhook may be away for a while; a
-- terminating claim goes when the pod that used it has ended.
local GRACE = { Unschedulable = 30, UnboundClaim = 30, TerminatingClaim = 60, CreateContainerConfigError = 10,
  FailedCreate = 10, registry = 60, webhook = 60 }

-- Reasons of a waiting container. true: waiting longer does not help; false: it may.
local WAITING = {
  CrashLoopBackOff = true, -- but see below
  ImagePullBackOff = true,
  ErrImagePull = false, -- the first failure; ImagePullBackOff follows
  InvalidImageName = true,
  ErrImageNeverPull = true,
  CreateContainerConfigError = "grace",
  CreateContainerError = false,
  RunContainerError = false,
  PreCreateHookError = false,
  PostStartHookError = false,
}

-- What registries, and those who carry their words, say of what passes by itself.
local PASSING = { "i/o timeout", "connection refused", "connection reset", "TLS handshake timeout", "toomanyrequests",
  "429 Too Many Requests", "500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable",
  "504 Gateway Timeout", "deadline exceeded", "unexpected EOF" }

local function may_pass(text)
  for _, words in ipairs(PASSING) do
    if text:find(words, 1, true) then return true end
  end
  return false
end

--- Whether `since` is at least `seconds` before `now`. Without a clock nothing is old.
local function is_older(since, now, seconds)
  local at = timestamp.epoch(since)
  return at ~= nil and now ~= nil and now - at >= seconds
end

local KERNEL = "the container used more memory than its limit"

local function is_fatal(pod, finding, given)
  local state = WAITING[finding.reason]
  local made = pod.metadata.creationTimestamp
  if state == "grace" then return is_older(made, given.now, GRACE[finding.reason]) end
  -- A Job counts its own failures; and one crash, of a container that has not been started again, is none.
  if finding.reason == "CrashLoopBackOff" then return finding.restarts > 0 and given.workload.kind ~= "Job" end
  if finding.reason == "ImagePullBackOff" and may_pass(finding.detail or "") then
    return is_older(made, given.now, GRACE.registry)
  end
  return state
end

local function waiting_finding(pod, waiting, last, finding, given)
  if WAITING[waiting.reason] == nil then return nil end -- ContainerCreating, PodInitializing
  finding.reason, finding.detail = waiting.reason, get(waiting, "message")
  finding.fatal = is_fatal(pod, finding, given)
  -- The kernel's word says more than the loop that follows from it.
  if last and last.reason == "OOMKilled" and finding.reason == "CrashLoopBackOff" then
    finding.reason, finding.detail = "OOMKilled", KERNEL
  end
  return finding
end

--- What is wrong with one container; nil when nothing is.
local function container_finding(pod, status, role, given)
  local waiting, ended = get(status, "state", "waiting"), get(status, "state", "terminated")
  local last = get(status, "lastState", "terminated") or ended
  local finding = {
    pod = pod.metadata.name, uid = pod.metadata.uid, container = status.name, role = role, image = status.image,
    restarts = number(status.restartCount), exit_code = last and math.tointeger(last.exitCode),
  }
  if waiting then return waiting_finding(pod, waiting, last, finding, given) end
  if not ended or ended.exitCode == 0 then return nil end
  finding.exit_code = math.tointeger(ended.exitCode)
  finding.reason, finding.detail, finding.fatal = ended.reason or "Error", get(ended, "message"), false
  if finding.reason == "OOMKilled" then finding.detail = KERNEL end
  return finding
end

local function claims_of(pod)
  local names = {}
  for _, volume in ipairs(get(pod, "spec", "volumes") or {}) do
    local claim = get(volume, "persistentVolumeClaim", "claimName")
    if claim then names[#names + 1] = claim end
  end
  return names
end

local function claim_finding(pod, claims, since, now)
  for _, name in ipairs(claims_of(pod)) do
    local claim
    for _, c in ipairs(claims or {}) do
      if c.metadata.name == name then claim = c end
    end
    local finding = { pod = pod.metadata.name, uid = pod.metadata.uid, claim = name,
      fatal = is_older(since, now, GRACE.UnboundClaim) }
    if claim and is_terminating(claim) then
      finding.reason, finding.fatal = "TerminatingClaim", is_older(since, now, GRACE.TerminatingClaim)
      finding.detail = string.format("claim %s is being deleted", name)
      return finding
    end
    if claim and get(claim, "status", "phase") ~= "Bound" then
      finding.reason = "UnboundClaim"
      finding.detail = string.format("claim %s is %s (storage class %s)", name,
        get(claim, "status", "phase") or "Pending", get(claim, "spec", "storageClassName") or "by default")
      return finding
    end
  end
  return nil
end

--- The scheduler's words. Where an autoscaler makes a node for the pod, that is waited for.
local function scheduling_finding(pod, given)
  local scheduled
  for _, c in ipairs(get(pod, "status", "conditions") or {}) do
    if c.type == "PodScheduled" then scheduled = c end
  end
  if not scheduled or scheduled.status ~= "False" then return nil end
  local since = scheduled.lastTransitionTime or pod.metadata.creationTimestamp
  local claim = claim_finding(pod, given.claims, since, given.now)
  if claim then
    claim.detail = claim.detail .. "; the scheduler: " .. tostring(get(scheduled, "message"))
    return claim
  end
  local scaling = given.scaling and given.scaling[pod.metadata.uid] or false
  return { reason = scheduled.reason, pod = pod.metadata.name, uid = pod.metadata.uid,
    detail = get(scheduled, "message"), fatal = not scaling and is_older(since, given.now, GRACE.Unschedulable) }
end

--- The newest warning about an object.
local function newest_event(events, uid, name, reasons)
  local best, best_at
  for _, event in ipairs(events or {}) do
    local object = event.involvedObject or event.regarding or {}
    if reasons[event.reason] and (object.uid == uid or not object.uid and object.name == name) then
      local at = get(event, "lastTimestamp") or get(event, "series", "lastObservedTime")
        or get(event, "eventTime") or get(event, "metadata", "creationTimestamp") or ""
      if not best or at >= best_at then best, best_at = event, at end
    end
  end
  return best
end

local function event_text(event)
  return get(event, "message") or get(event, "note")
end

local PROBES = { Unhealthy = true, FailedMount = true, FailedAttachVolume = true, FailedCreatePodSandBox = true }

--- A pod that runs and is not ready. That is normal for a while, and how long only the caller knows: it
--- fails the rollout after `probe_grace`, where that is given.
local function probe_finding(pod, given)
  local ready
  for _, c in ipairs(get(pod, "status", "conditions") or {}) do
    if c.type == "Ready" then ready = c end
  end
  if not ready or ready.status == "True" then return nil end
  local event = newest_event(given.events, pod.metadata.uid, pod.metadata.name, PROBES)
  if not event then
    -- Every pod is not ready at first: that alone says something only when time is over.
    return given.late and { reason = ready.reason or "NotReady", pod = pod.metadata.name, uid = pod.metadata.uid,
      detail = get(ready, "message"), fatal = false } or nil
  end
  local container = (get(event, "involvedObject", "fieldPath") or ""):match "{(.-)}"
  local grace = event.reason == "Unhealthy" and given.probe_grace
  return { reason = event.reason == "Unhealthy" and "ProbeFailing" or event.reason, pod = pod.metadata.name,
    uid = pod.metadata.uid, container = container, detail = event_text(event),
    fatal = grace and is_older(ready.lastTransitionTime or pod.metadata.creationTimestamp, given.now, grace) or false }
end

--- What a pod's containers are besides: init containers, and of those the sidecars, which stay.
local function roles_of(pod)
  local roles = {}
  for _, c in ipairs(get(pod, "status", "initContainerStatuses") or {}) do roles[c.name] = "init" end
  for _, c in ipairs(get(pod, "spec", "initContainers") or {}) do
    if c.restartPolicy == "Always" then roles[c.name] = "sidecar" end
  end
  return roles
end

--- A probe that has a container killed again and again is why it loops.
local function add_probe(finding, pod, events)
  local event = newest_event(events, pod.metadata.uid, pod.metadata.name, { Unhealthy = true })
  local text = event and event_text(event)
  if text and (text:find "^Liveness" or text:find "^Startup") and finding.reason == "CrashLoopBackOff" then
    finding.probe = text
  end
end

--- The findings about one pod, worst first; empty when nothing is wrong with it.
local function pod_findings(pod, given)
  local out, roles = {}, roles_of(pod)
  for _, list in ipairs { "initContainerStatuses", "containerStatuses" } do
    for _, status in ipairs(get(pod, "status", list) or {}) do
      local finding = container_finding(pod, status, roles[status.name], given)
      if finding then
        add_probe(finding, pod, given.events)
        out[#out + 1] = finding
      end
    end
  end
  out[#out + 1] = scheduling_finding(pod, given)
  if #out == 0 and get(pod, "status", "phase") == "Failed" then
    out[#out + 1] = { reason = get(pod, "status", "reason") or "PodFailed", pod = pod.metadata.name,
      uid = pod.metadata.uid, detail = get(pod, "status", "message"), fatal = false }
  end
  if #out == 0 then out[1] = probe_finding(pod, given) end
  return out
end

-- The API has no reasons of its own for why a pod is refused, only sentences.
local REFUSALS = {
  { "exceeded quota", "QuotaExceeded", "FailedCreate" },
  { "failed calling webhook", "WebhookFailed", "webhook" },
  { "denied the request", "AdmissionRefused", "FailedCreate" },
  { "denied request", "AdmissionRefused", "FailedCreate" },
  { "violates PodSecurity", "AdmissionRefused", "FailedCreate" },
}

local function refusal_of(text)
  for _, known in ipairs(REFUSALS) do
    if text:find(known[1], 1, true) then return known[2], GRACE[known[3]] end
  end
  return "FailedCreate", GRACE.FailedCreate
end

local function later(a, b)
  return a and b and math.max(a, b) or a or b
end

--- Pods that cannot even be made: a quota, an admission that refuses them.
local function create_finding(given)
  local workload, detail, since = given.workload, nil, nil
  local failure = condition(workload, "ReplicaFailure")
  if failure and failure.status == "True" then
    detail, since = failure.message, timestamp.epoch(failure.lastTransitionTime)
  else
    local event = newest_event(given.events, workload.metadata.uid, workload.metadata.name, { FailedCreate = true })
    local wanted = get(workload, "spec", "replicas") or get(workload, "status", "desiredNumberScheduled")
      or get(workload, "spec", "parallelism") or 1
    -- An event stays for an hour: it counts only while pods are missing, and not from before we looked.
    if event and #(given.pods or {}) < wanted then
      detail = event_text(event)
      since = later(timestamp.epoch(event.firstTimestamp or event.metadata.creationTimestamp), given.since)
    end
  end
  if not detail then return nil end
  local reason, grace = refusal_of(detail)
  return { reason = reason, detail = detail, fatal = since ~= nil and given.now ~= nil and given.now - since >= grace }
end

--- Why the workload does not become ready. Only pods of the newest revision count, and only once the
--- controller has seen the newest spec. The finding that is fatal comes first, and among equals the
--- one that says most.
---@param given almanac.rollout.Given
---@return almanac.rollout.Diagnosis? diagnosis nil when nothing is known to be wrong
function M.diagnose(given)
  local workload = given.workload
  if not is_observed(workload) then return nil end
  local findings = {}
  for _, pod in ipairs(M.new_pods(workload, given.pods or {}, given.replicasets)) do
    for _, finding in ipairs(pod_findings(pod, given)) do findings[#findings + 1] = finding end
  end
  findings[#findings + 1] = create_finding(given)
  local chosen
  for _, finding in ipairs(findings) do
    if finding.fatal then
      chosen = finding
      break
    end
  end
  chosen = chosen or findings[1]
  local progressing = condition(workload, "Progressing")
  if workload.kind == "Deployment" and progressing and progressing.reason == "ProgressDeadlineExceeded" then
    chosen = chosen or { reason = "ProgressDeadlineExceeded", detail = get(progressing, "message") }
    chosen.fatal = true
  end
  return chosen
end

--- A diagnosis in one line, e.g. `pod animica-node-0, container node: CrashLoopBackOff, exit code 1,
--- 2 restarts: back-off 20s restarting failed container`.
---@param d almanac.rollout.Diagnosis
---@param without_pod? boolean
---@return string
function M.describe(d, without_pod)
  local out = {}
  if d.pod and not without_pod then out[#out + 1] = "pod " .. d.pod end
  if d.container then
    out[#out + 1] = (d.role == "init" and "init container " or d.role == "sidecar" and "sidecar " or "container ")
      .. d.container
  end
  local words = { d.reason }
  if d.exit_code and (d.exit_code ~= 0 or d.reason == "CrashLoopBackOff") then words[#words + 1] = "exit code " .. d.exit_code end
  if d.restarts and d.restarts > 0 then
    words[#words + 1] = d.restarts == 1 and "1 restart" or d.restarts .. " restarts"
  end
  local text = table.concat(words, ", ")
  if #out > 0 then text = table.concat(out, ", ") .. ": " .. text end
  -- kubelet's sentence about the loop only repeats container, pod and uid.
  if d.detail and d.reason ~= "CrashLoopBackOff" then text = text .. ": " .. d.detail end
  if d.probe then text = text .. "; " .. d.probe end
  return text
end

-- The StatefulSet that waits for ever --------------------------------------------------------------

local BROKEN = {
  CrashLoopBackOff = true, ImagePullBackOff = true, ErrImagePull = true, InvalidImageName = true,
  ErrImageNeverPull = true, CreateContainerConfigError = true, OOMKilled = true, Unschedulable = true,
  UnboundClaim = true, CreateContainerError = true, RunContainerError = true,
}

local function ordinal(pod)
  return math.tointeger(tonumber(pod.metadata.name:match "%-(%d+)$")) or -1
end

---@class almanac.rollout.Stuck
---@field pod string
---@field uid string
---@field namespace string
---@field revision string  that the pod has
---@field wanted string    that it should have
---@field diagnosis almanac.rollout.Diagnosis
---@field message string

--- The pod that keeps a StatefulSet from moving on: broken, of another revision than the wanted
--- one. With ordered pods the controller waits for it to become ready before it replaces any, so
--- the rollout (of a rollback too) never ends until somebody deletes it.
--- https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
---@param given almanac.rollout.Given
---@return almanac.rollout.Stuck?
function M.stuck_statefulset(given)
  local workload = given.workload
  local wanted = get(workload, "status", "updateRevision")
  if workload.kind ~= "StatefulSet" or not wanted or not is_observed(workload)
    or get(workload, "spec", "podManagementPolicy") == "Parallel"
    or get(workload, "spec", "updateStrategy", "type") == "OnDelete" then
    return nil
  end
  local partition = number(get(workload, "spec", "updateStrategy", "rollingUpdate", "partition"))
  local best
  for _, pod in ipairs(given.pods or {}) do
    local revision = get(pod, "metadata", "labels", "controller-revision-hash")
    if revision and revision ~= wanted and not is_terminating(pod) and ordinal(pod) >= partition
      and is_owned_by(pod, workload.metadata.uid) then
      for _, finding in ipairs(pod_findings(pod, given)) do
        if BROKEN[finding.reason] and (not best or ordinal(pod) < best.ordinal) then
          best = { pod = pod, revision = revision, diagnosis = finding, ordinal = ordinal(pod) }
        end
      end
    end
  end
  if not best then return nil end
  return {
    pod = best.pod.metadata.name,
    uid = best.pod.metadata.uid,
    namespace = best.pod.metadata.namespace,
    revision = best.revision,
    wanted = wanted,
    diagnosis = best.diagnosis,
    message = string.format(
      'statefulset "%s" waits for pod %s of revision %s to become ready before it replaces it by revision %s, '
        .. "and that pod cannot: %s", workload.metadata.name, best.pod.metadata.name, best.revision, wanted,
      M.describe(best.diagnosis, true)),
  }
end

return M

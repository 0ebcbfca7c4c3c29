--- What is wrong with one pod: its containers, its claims, the scheduler's words, its probes. Pure.
local fields = require "almanac.k8s.rollout.fields"
local revision = require "almanac.k8s.rollout.revision"
local timestamp = require "almanac.base.timestamp"
local warnings = require "almanac.k8s.rollout.warnings"

local M = {}

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
---@field to_end? boolean       a Pod's end is waited for, however often its containers are started again
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
---@field probe? string       what the probe said that has its container killed

local number, get, condition = fields.number, fields.get, fields.condition

-- Seconds that a state may last before it counts. The scheduler may be waiting for a volume that is being
-- made; a ConfigMap may come a moment after the pod, a registry may be away for a while; a
-- terminating claim goes when the pod that used it has ended.
local GRACE = { Unschedulable = 30, UnboundClaim = 30, TerminatingClaim = 60, CreateContainerConfigError = 10, registry = 60 }

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
  if finding.reason == "CrashLoopBackOff" then
    return finding.restarts > 0 and given.workload.kind ~= "Job" and not given.to_end
  end
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
    if claim and revision.is_terminating(claim) then
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
  local scheduled = condition(pod, "PodScheduled")
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

local PROBES = { Unhealthy = true, FailedMount = true, FailedAttachVolume = true, FailedCreatePodSandBox = true }

--- A pod that runs and is not ready. That is normal for a while, and how long only the caller knows: it
--- fails the rollout after `probe_grace`, where that is given.
local function probe_finding(pod, given)
  local ready = condition(pod, "Ready")
  if not ready or ready.status == "True" then return nil end
  local event = warnings.newest(given.events, pod.metadata.uid, pod.metadata.name, PROBES)
  if not event then
    -- Every pod is not ready at first: that alone says something only when time is over.
    return given.late and { reason = ready.reason or "NotReady", pod = pod.metadata.name, uid = pod.metadata.uid,
      detail = get(ready, "message"), fatal = false } or nil
  end
  local container = (get(event, "involvedObject", "fieldPath") or ""):match "{(.-)}"
  local grace = event.reason == "Unhealthy" and given.probe_grace
  return { reason = event.reason == "Unhealthy" and "ProbeFailing" or event.reason, pod = pod.metadata.name,
    uid = pod.metadata.uid, container = container, detail = warnings.text(event),
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
  local event = warnings.newest(events, pod.metadata.uid, pod.metadata.name, { Unhealthy = true })
  local text = event and warnings.text(event)
  if text and (text:find "^Liveness" or text:find "^Startup") and finding.reason == "CrashLoopBackOff" then
    finding.probe = text
  end
end

--- The findings about one pod, worst first; empty when nothing is wrong with it.
---@param pod table
---@param given almanac.rollout.Given
---@return almanac.rollout.Diagnosis[]
function M.of_pod(pod, given)
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

return M

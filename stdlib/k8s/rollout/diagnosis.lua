--- Why a rollout does not go on: pure functions from objects of the API to what they mean. When it is
--- done is verdict's; here is what kubectl does not know: why it cannot succeed, read from pods, events and
--- claims.
local fields = require "almanac.k8s.rollout.fields"
local findings = require "almanac.k8s.rollout.findings"
local revision = require "almanac.k8s.rollout.revision"
local timestamp = require "almanac.base.timestamp"
local verdicts = require "almanac.k8s.rollout.verdict"
local warnings = require "almanac.k8s.rollout.warnings"

local M = {}

local get, condition = fields.get, fields.condition

-- Seconds that a refusal may last before it counts: a service account may come a moment later, a webhook be
-- away for a while.
local GRACE = { FailedCreate = 10, webhook = 60 }

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
    local event = warnings.newest(given.events, workload.metadata.uid, workload.metadata.name, { FailedCreate = true })
    local wanted = get(workload, "spec", "replicas") or get(workload, "status", "desiredNumberScheduled")
      or get(workload, "spec", "parallelism") or 1
    -- An event stays for an hour: it counts only while pods are missing, and not from before we looked.
    if event and #(given.pods or {}) < wanted then
      detail = warnings.text(event)
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
  if not verdicts.is_observed(workload) then return nil end
  local all = {}
  for _, pod in ipairs(revision.newest(workload, given.pods or {}, given.replicasets)) do
    for _, finding in ipairs(findings.of_pod(pod, given)) do all[#all + 1] = finding end
  end
  all[#all + 1] = create_finding(given)
  local chosen
  for _, finding in ipairs(all) do
    if finding.fatal then
      chosen = finding
      break
    end
  end
  chosen = chosen or all[1]
  local progressing = condition(workload, "Progressing")
  if workload.kind == "Deployment" and progressing and progressing.reason == "ProgressDeadlineExceeded"
    and not revision.is_deadline_of_another(workload, given.replicasets or {}, get(progressing, "message")) then
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

return M

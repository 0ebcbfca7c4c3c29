--- How long a pod that is not ready may still become so by itself: as long as its own probes allow. Pure.
--- https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
local fields = require "almanac.k8s.rollout.fields"
local timestamp = require "almanac.base.timestamp"

local M = {}

local get, condition = fields.get, fields.condition

-- Seconds between a probe's success and the condition that tells of it, and by which clocks may differ.
local SETTLE = 5
-- Seconds for whoever else has a say (a readiness gate), once every container is ready.
local GATES = 60

--- Seconds that a probe may fail before its container counts as what it is: kubelet's rule, with the
--- defaults of the API.
---@param probe table?
---@return number
function M.allowed(probe)
  if not probe then return 0 end
  local every = math.max(probe.periodSeconds or 10, probe.timeoutSeconds or 1)
  return (probe.initialDelaySeconds or 0) + (probe.failureThreshold or 3) * every
end

--- Whether a pod counts as ready for its controller.
---@param pod table
---@return boolean
function M.is_ready(pod)
  local ready = condition(pod, "Ready")
  return get(pod, "status", "phase") == "Running" and ready ~= nil and ready.status == "True"
end

--- The specifications of the containers that have to be ready: sidecars too.
local function specs_of(pod)
  local out = {}
  for _, c in ipairs(get(pod, "spec", "initContainers") or {}) do
    if c.restartPolicy == "Always" then out[c.name] = c end
  end
  for _, c in ipairs(get(pod, "spec", "containers") or {}) do out[c.name] = c end
  return out
end

--- The statuses of the containers that have to be ready and are not.
local function unready(pod, specs)
  local out = {}
  for _, list in ipairs { "initContainerStatuses", "containerStatuses" } do
    for _, status in ipairs(get(pod, "status", list) or {}) do
      if specs[status.name] and not status.ready then out[#out + 1] = status end
    end
  end
  return out
end

--- When a pod ought to be ready, by its probes.
---@param pod table
---@return number? due     seconds since 1970; nil when nobody can tell: a container has not started
---@return number? allowed seconds from its start
function M.due(pod)
  local specs, due, most = specs_of(pod), nil, nil
  local waiting = unready(pod, specs)
  for _, status in ipairs(waiting) do
    local started = timestamp.epoch(get(status, "state", "running", "startedAt"))
    if not started then return nil end
    local spec = specs[status.name]
    local allowed = M.allowed(spec.startupProbe) + M.allowed(spec.readinessProbe) + SETTLE
    if not due or started + allowed > due then due, most = started + allowed, allowed end
  end
  if #waiting > 0 then return due, most end
  local since = timestamp.epoch(get(condition(pod, "Ready"), "lastTransitionTime"))
  if not since then return nil end
  return since + GATES, GATES
end

return M

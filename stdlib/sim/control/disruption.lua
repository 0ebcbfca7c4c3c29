--- Disruption budgets: what their controller writes into their status, and whether an eviction may go
--- ahead. Pure.
--- https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/disruption/disruption.go
--- https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/eviction.go
local timestamp = require "almanac.base.timestamp"
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local pods = require "almanac.sim.control.pods"
local selectors = require "almanac.sim.model.selectors"

local disruption = {}

local REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
-- Seconds for which an evicted pod counts as gone though it is still there.
local DISRUPTED_SECONDS = 120

--- Whether a budget is for pods with these labels: one without a selector is for none.
---@param budget table
---@param labels table<string, string>|nil
---@return boolean
function disruption.covers(budget, labels)
  local selector = value.dig(budget, "spec", "selector")
  if value.is_nil(selector) then return false end
  local match = selectors.object(selector)
  return match == nil or match(labels)
end

local function recently(stamp, now)
  local at = stamp and timestamp.epoch(stamp)
  return at ~= nil and now - at < DISRUPTED_SECONDS
end

--- How many healthy pods a budget asks for.
local function desired(budget, count, expected)
  local spec = budget.spec or {}
  if not value.is_nil(spec.maxUnavailable) then
    return math.max(0, expected - pods.share(spec.maxUnavailable, expected, true, 0)), expected
  end
  local least = spec.minAvailable
  if value.is_nil(least) then least = 1 end
  if math.type(least) == "integer" then return least, count end
  return pods.share(least, expected, true, 0), expected
end

--- The status of a budget.
---@param budget table
---@param covered table[] the pods it is for
---@param expected integer how many their controllers want
---@param now number
---@return table
function disruption.status(budget, covered, expected, now)
  local healthy, disrupted = 0, {}
  local before = value.dig(budget, "status", "disruptedPods") or {}
  for _, pod in ipairs(covered) do
    local name = pod.metadata.name
    if recently(before[name], now) and not pods.terminating(pod) then
      disrupted[name] = before[name]
    elseif pods.ready(pod) and not pods.terminating(pod) then
      healthy = healthy + 1
    end
  end
  local wanted, total = desired(budget, #covered, expected)
  local allowed = total > 0 and math.max(0, healthy - wanted) or 0
  local condition = pods.condition(budget, "DisruptionAllowed")
  local state = allowed > 0 and "True" or "False"
  return {
    currentHealthy = healthy, desiredHealthy = wanted, disruptionsAllowed = allowed, expectedPods = total,
    disruptedPods = next(disrupted) and disrupted or nil, observedGeneration = budget.metadata.generation,
    conditions = value.array { {
      type = "DisruptionAllowed", status = state, reason = allowed > 0 and "SufficientPods" or "InsufficientPods",
      message = "", observedGeneration = budget.metadata.generation,
      lastTransitionTime = condition and condition.status == state and condition.lastTransitionTime
        or value.timestamp(now),
    } },
  }
end

local function refusal(message, retry_after)
  return errors.failure(429, "TooManyRequests", REFUSED, {
    retryAfterSeconds = retry_after,
    causes = value.array { { reason = "DisruptionBudget", message = message } },
  })
end

--- Whether a pod may be evicted: the Status that refuses it, or nil and the budget that has to give.
---@param pod table
---@param budgets table[] of its namespace
---@return table|nil status, table|nil budget
function disruption.check(pod, budgets)
  local phase = value.dig(pod, "status", "phase")
  if phase == "Succeeded" or phase == "Failed" or phase == "Pending" or pods.terminating(pod) then return nil end
  local mine = {}
  for _, budget in ipairs(budgets) do
    if disruption.covers(budget, pod.metadata.labels) then mine[#mine + 1] = budget end
  end
  if #mine > 1 then
    return errors.failure(500, "InternalError",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
  end
  local budget = mine[1]
  if not budget then return nil end
  local name, status = budget.metadata.name, budget.status or {}
  if not pods.ready(pod) then
    if value.dig(budget, "spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow" then return nil end
    local wanted = status.desiredHealthy or 0
    if wanted > 0 and (status.currentHealthy or 0) >= wanted then return nil end
  end
  if (status.observedGeneration or 0) < (budget.metadata.generation or 1) then
    return refusal(("The disruption budget %s is still being processed by the server."):format(name), 10)
  end
  if (status.disruptionsAllowed or 0) < 1 then
    return refusal(("The disruption budget %s needs %d healthy pods and has %d currently"):format(name,
      status.desiredHealthy or 0, status.currentHealthy or 0))
  end
  return nil, budget
end

return disruption

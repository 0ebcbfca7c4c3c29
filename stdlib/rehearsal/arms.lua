--- The arms of a canary in a rehearsal that has no real Prometheus: counters and gauges that are made up, and equal in both, as
--- of a canary that is as good as its baseline. An arm is worse while its metric has a fault, or a pod of it fell. What an arm
--- has at a time follows from that time, and from when it was worse: who asks for the past gets what he got before.
local logql = require "almanac.sim.world.logql"
local pods = require "almanac.sim.control.pods"
local selector = require "almanac.observe.canary.selector"

local M = {}

local Arms = {}
Arms.__index = Arms

local ARMS = { "baseline", "canary" }

local REQUESTS = 1000                            -- of each arm, in a second
local SHARES = { count = 0.02, latency = 0.2 }   -- of them that are events, or above the least bound
local BEYOND = 1.5                               -- a worse arm is so many times as bad as what is certainly bad
local BUCKETS = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }

-- When an arm is worse -----------------------------------------------------------------------------

--- The matchers of an arm, to be held against pods; nil: none can be told by them.
local function matchers_of(given)
  local list = given and selector.matchers(given) or {}
  for i, text in ipairs(list) do list[i] = text:gsub("^([^\"'`]*)'([^\"\\]*)'$", '%1"%2"') end
  local tree = list[1] and logql.parse("{" .. table.concat(list, ",") .. "}")
  return tree and tree.matchers
end

--- The labels that the series of a pod have where Prometheus takes over those of pods, which is usual.
local function labels_of(pod)
  local labels = {}
  for name, value in pairs(pod.metadata.labels or {}) do labels[name:gsub("[^%w_]", "_")] = value end
  labels.namespace, labels.pod = pod.metadata.namespace, pod.metadata.name
  return labels
end

local function belongs(pod, matchers)
  local labels = labels_of(pod)
  for _, matcher in ipairs(matchers) do
    if not matcher.test(labels[matcher.name] or "") then return false end
  end
  return true
end

local function has_restarted(pod)
  for _, status in ipairs(pod.status and pod.status.containerStatuses or {}) do
    if (status.restartCount or 0) > 0 then return true end
  end
  return false
end

--- Whether a pod of an arm was up and is not any more. One that only comes up has no requests, and none that fail.
local function has_fallen(self, arm, list)
  local matchers, fallen = self.matchers[arm], false
  for _, pod in ipairs(matchers and list or {}) do
    if pods.active(pod) and belongs(pod, matchers) then
      local uid, ready = pod.metadata.uid, pods.ready(pod)
      fallen = fallen or not ready and (self.was_ready[uid] or has_restarted(pod))
      self.was_ready[uid] = self.was_ready[uid] or ready
    end
  end
  return fallen
end

--- Notes from when on which arm is worse, or is no longer.
---@param now number                        seconds since 1970
---@param spoilt table<string, boolean>     metrics of which the canary's arm is to be worse
---@param list table[]                      the pods that there are
function Arms:look(now, spoilt, list)
  self.spoilt = false
  local fallen = {}
  for _, arm in ipairs(ARMS) do fallen[arm] = has_fallen(self, arm, list) end
  for _, metric in ipairs(self.metrics) do
    self.spoilt = self.spoilt or spoilt[metric.name] == true
    for _, arm in ipairs(ARMS) do
      local changes = metric.changes[arm]
      local worse = fallen[arm] or arm == "canary" and spoilt[metric.name] == true
      if worse ~= (#changes % 2 == 1) then changes[#changes + 1] = now end
    end
  end
end

--- For how long it was worse until a time; `changes` are when it began to be and ceased, in turn. Pure.
local function worse_seconds(changes, at)
  local sum = 0
  for i = 1, #changes, 2 do
    if changes[i] < at then sum = sum + math.min(changes[i + 1] or at, at) - changes[i] end
  end
  return sum
end

local function is_worse(changes, at)
  local count = 0
  while changes[count + 1] and changes[count + 1] <= at do count = count + 1 end
  return count % 2 == 1
end

-- What an arm has ----------------------------------------------------------------------------------

--- How many times as often as the baseline an arm has events while it is well, and while it is not. Pure.
local function times_of(metric, arm)
  local good = arm == "canary" and math.min(1, metric.tolerated) or 1 -- it may have to be better
  local worse = BEYOND * metric.bad
  if metric.worse == "lower" then return 1 / good, 1 / worse end
  return good, worse
end

--- Events of an arm until a time, of this share of its requests. Pure.
local function events_at(metric, arm, share, at)
  local worse_for = worse_seconds(metric.changes[arm], at)
  local good, worse = times_of(metric, arm)
  share = math.min(share, 1 / (2 * math.max(times_of(metric, "canary")))) -- there are not more events than requests
  return math.floor(REQUESTS * share * (good * (at - worse_for) + worse * worse_for))
end

local function requests_at(at) return math.floor(REQUESTS * at) end

local function buckets_at(metric, arm, at)
  local bounds, out = metric.bounds or BUCKETS, {}
  for i, bound in ipairs(bounds) do
    local share = SHARES.latency * (#bounds + 1 - i) / #bounds
    out[i] = { le = string.format("%g", bound), value = requests_at(at) - events_at(metric, arm, share, at) }
  end
  out[#out + 1] = { le = "+Inf", value = requests_at(at) }
  return out
end

--- Multiples of these, without what is before the point, fill the span from 0 to 1 evenly, with large steps between neighbours:
--- a gauge that moves little by little, or never, tells little in a short time.
local STEPS = { baseline = (math.sqrt(5) - 1) / 2, canary = math.sqrt(2) - 1 }

local function wobble(arm, sample) return sample * STEPS[arm] % 1 end

local function gauge_at(metric, arm, at)
  local between = metric.bad - metric.tolerated
  local difference = arm == "canary" and math.min(0, metric.tolerated) or 0 -- it may have to be better
  if is_worse(metric.changes[arm], at) then difference = metric.tolerated + BEYOND * between end
  if metric.worse == "lower" then difference = -difference end
  local level = 10 * math.max(math.abs(metric.bad), math.abs(metric.tolerated))
  return level + difference + between / 10 * (wobble(arm, math.floor(at / metric.interval)) - 0.5)
end

local SOURCES = {
  events = function(metric, arm, at) return events_at(metric, arm, SHARES.count, at) end,
  requests = function(_, _, at) return requests_at(at) end,
  buckets = buckets_at, value = gauge_at,
}

--- What a query has, if it is one of an arm.
---@param query string  as `squeeze` makes it
---@return (fun(at: number): number|table[])?  by seconds since 1970
function Arms:answer(query)
  local one = self.queries[query]
  if not one then return nil end
  return function(at) return SOURCES[one.source](one.metric, one.arm, at) end
end

---@class almanac.rehearsal.Asked  of a comparison, as it says before it looks
---@field baseline string|table<string, string>|nil  matchers
---@field canary string|table<string, string>|nil
---@field interval number  between samples, in seconds
---@field metrics almanac.canary.Watched[]

--- The arms of a comparison.
---@param asked almanac.rehearsal.Asked
---@param squeeze fun(query: string): string  the form in which queries are compared
---@return table
function M.new(asked, squeeze)
  local self = setmetatable({ metrics = {}, queries = {}, matchers = {}, was_ready = {}, spoilt = false }, Arms)
  for _, arm in ipairs(ARMS) do self.matchers[arm] = matchers_of(asked[arm]) end
  for i, given in ipairs(asked.metrics) do
    local metric = { name = given.name, worse = given.worse, tolerated = given.tolerated, bad = given.bad, bounds = given.bounds,
      interval = asked.interval, changes = { baseline = {}, canary = {} } }
    if metric.bounds then
      metric.bounds = table.move(metric.bounds, 1, #metric.bounds, 1, {})
      table.sort(metric.bounds)
    end
    self.metrics[i] = metric
    for source, queries in pairs(given.queries) do
      for arm, query in pairs(queries) do self.queries[squeeze(query)] = { metric = metric, source = source, arm = arm } end
    end
  end
  return self
end

return M

--- What a canary is compared by: its fields, what is wrong with them, and the queries of each arm. Pure.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local selector = require "almanac.observe.canary.selector"

local M = {}

local MATCHERS = 'matchers of labels ({ namespace = "x" }, \'pod=~"x-.*"\')'
local SOURCE = "a selector, or { baseline = PromQL, canary = PromQL }"

local METRIC = {
  name = { "text", required = true, help = "what it is called" },
  kind = { "enum", values = { "count", "latency", "gauge" }, required = true, help = "how it is judged" },
  events = { "text|map", words = SOURCE, help = "of a count: the counter of what is judged, as errors" },
  requests = { "text|map", words = SOURCE, help = "of a count: the counter of what they are a share of" },
  buckets = { "text|map", words = SOURCE, help = "of a latency: the histogram's counter, …_bucket" },
  bounds = {
    "list", of = "number", shown_default = "the buckets nearest the baseline's p50, p90 and p99",
    help = "of a latency: the upper bounds of buckets; requests above each are counted",
  },
  value = { "text|map", words = SOURCE, help = "of a gauge: its value; of several series the mean" },
  worse = { "enum", values = { "higher", "lower" }, default = "higher", help = "the bad direction, of a count or a gauge" },
  tolerated = {
    "number", shown_default = "1, of a gauge 0",
    help = "still good: the canary's share over the baseline's; of a gauge the difference, in its unit",
  },
  bad = { "number", required = true, help = "certainly bad, as tolerated is counted; above it" },
  weight = { "number", default = 1, help = "share in the verdict" },
  critical = { "flag", default = false, help = "it fails the canary alone" },
  informational = { "flag", default = false, help = "it is shown, and decides nothing" },
  min_requests = { "count", default = 30, help = "of a count or a latency: requests of each arm below which there is no data" },
}

local SPEC = fields.declare("canary.compare", {
  name = { "text", default = "canary", help = "of the step, where compare is called outside of one" },
  baseline = { "text|map", words = MATCHERS, help = "labels of what runs already, put into each selector" },
  canary = { "text|map", words = MATCHERS, help = "labels of the canary" },
  metrics = { "list", of = METRIC, required = true, help = "what the arms are compared by" },
  horizon = { "seconds", required = true, help = "how long it is watched at most; a verdict ends it before" },
  interval = { "seconds", default = 15, help = "between samples: Prometheus' scrape interval" },
  warm_up = { "seconds", default = 0, help = "time at the start that does not count" },
  history = { "seconds", default = 3600, help = "before the start, in which the baseline's latency is looked up" },
  alpha = { "number", default = 0.05, help = "chance of failing a canary that is no worse than tolerated" },
  beta = { "number", default = 0.05, help = "chance of passing one that is bad, for each metric" },
  errors = { "integer", default = 4, help = "failed queries in a row that are put up with" },
  url = { "text", shown_default = "endpoints.prometheus of almanac.yaml", help = "base URL of Prometheus" },
}, { at = 2, whole = function(raw, name) return M.check(raw, name) end })

--- The queries that a metric of a kind has.
local SOURCES = { count = { "events", "requests" }, latency = { "buckets" }, gauge = { "value" } }

---@class almanac.canary.Spec   checked: the fields of SPEC, durations in seconds
---@field arms table<string, string[]>  matchers of baseline and canary
---@field metrics almanac.canary.Watched[]

---@class almanac.canary.Watched   the fields of METRIC, checked
---@field queries table<string, { baseline: string, canary: string }>  by source: events, requests, buckets, value

local function refuse(who, fmt, ...)
  errors.raise { kind = "usage", message = who .. ": " .. string.format(fmt, ...),
    hint = '{ name = "errors", kind = "count", events = \'x_total{status="error"}\', requests = "x_total", bad = 2 }' }
end

local function arm_query(who, source, given, arm, matchers)
  if type(given) == "table" then
    for key in pairs(given) do
      if key ~= "baseline" and key ~= "canary" then refuse(who, "%s.%s is none of its arms: baseline, canary", source, key) end
    end
    local query = given[arm]
    if type(query) ~= "string" or not query:find "%S" then refuse(who, "%s.%s must be PromQL text", source, arm) end
    return query
  end
  if not matchers then refuse(who, "%s is a selector, and no labels of the %s are given to put into it", source, arm) end
  local query = selector.with(given, matchers)
  if not query then
    refuse(who, "%s is no selector, into which the labels of an arm could be put: %s; other PromQL is given for each arm: "
      .. "{ baseline = …, canary = … }", source, given)
  end
  return query
end

local function check_metric(who, metric, arms)
  if metric.tolerated == nil then metric.tolerated = metric.kind == "gauge" and 0 or 1 end
  if metric.bad <= metric.tolerated then refuse(who, "bad (%g) must be above tolerated (%g)", metric.bad, metric.tolerated) end
  if metric.kind ~= "gauge" and metric.tolerated <= 0 then refuse(who, "tolerated is a ratio, above 0") end
  if metric.weight <= 0 or metric.weight == math.huge then refuse(who, "weight must be above 0") end
  if metric.critical and metric.informational then refuse(who, "it is critical, or informational") end
  if metric.kind == "latency" and metric.worse == "lower" then refuse(who, "less latency is not worse") end
  local wanted = {}
  metric.queries = {}
  for _, source in ipairs(SOURCES[metric.kind]) do
    wanted[source] = true
    if metric[source] == nil then refuse(who, "a %s needs %s: %s", metric.kind, source, METRIC[source].help) end
    metric.queries[source] = {
      baseline = arm_query(who, source, metric[source], "baseline", arms.baseline),
      canary = arm_query(who, source, metric[source], "canary", arms.canary),
    }
  end
  for _, source in ipairs { "events", "requests", "buckets", "value" } do
    if metric[source] ~= nil and not wanted[source] then refuse(who, "a %s has no %s", metric.kind, source) end
    metric[source] = nil
  end
end

local function arms_of(who, spec)
  local arms = {}
  for _, arm in ipairs { "baseline", "canary" } do
    if spec[arm] then
      arms[arm] = selector.matchers(spec[arm])
      if not arms[arm] then refuse(who, "%s must be %s", arm, MATCHERS) end
    end
  end
  return arms
end

--- Checks a specification and fills in what it leaves out; durations become seconds.
---@param raw table
---@param name? string  of the step
---@return almanac.canary.Spec
function M.check(raw, name)
  local who = "canary.compare"
  local spec = fields.check(SPEC, raw)
  spec.name = name or spec.name
  if spec.interval == 0 then refuse(who, "interval must be more than 0") end
  if spec.horizon < spec.interval then refuse(who, "horizon must be at least one interval") end
  for _, chance in ipairs { "alpha", "beta" } do
    if spec[chance] <= 0 or spec[chance] >= 1 then refuse(who, "%s must be between 0 and 1", chance) end
  end
  local arms, seen, deciding = arms_of(who, spec), {}, 0
  for _, metric in ipairs(spec.metrics) do
    local here = string.format("%s: metric %q", who, metric.name)
    if seen[metric.name] then refuse(here, "there are two of this name") end
    seen[metric.name] = true
    check_metric(here, metric, arms)
    if not metric.informational then deciding = deciding + 1 end
  end
  if deciding == 0 then refuse(who, "every metric is informational: none decides") end
  return spec
end

--- The text of which the digest is made: another specification is another comparison.
---@param spec almanac.canary.Spec checked
---@return string
function M.text(spec)
  return json.encode(spec, { canonical = true })
end

--- How many samples there are until the horizon.
---@param spec almanac.canary.Spec checked
---@return integer
function M.samples(spec)
  return math.max(1, math.floor(spec.horizon / spec.interval + 1e-9))
end

--- A bound's name in a metric's group.
---@param metric almanac.canary.Watched
---@param bound number
---@return string
function M.bound_name(metric, bound)
  return string.format("%s > %g", metric.name, bound)
end

--- The metrics as the analysis takes them: of a latency one for each of its bounds.
---@param spec almanac.canary.Spec checked
---@param bounds table<string, number[]>  by latency
---@return almanac.canary.Metric[]
function M.metrics(spec, bounds)
  local out = {}
  for _, metric in ipairs(spec.metrics) do
    local names = { metric.name }
    if metric.kind == "latency" then
      for i, bound in ipairs(bounds[metric.name]) do names[i] = M.bound_name(metric, bound) end
    end
    for _, name in ipairs(names) do
      out[#out + 1] = {
        name = name, group = metric.name, kind = metric.kind == "gauge" and "gauge" or "count", worse = metric.worse,
        tolerated = metric.tolerated, bad = metric.bad, weight = metric.weight / #names, critical = metric.critical,
        informational = metric.informational, min_requests = metric.min_requests,
      }
    end
  end
  return out
end

return M

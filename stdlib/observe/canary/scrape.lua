--- Samples of both arms from the raw series of Prometheus, at the same times. Pure.
local counter = require "almanac.observe.canary.counter"
local spec_of = require "almanac.observe.canary.spec"

local M = {}

local ARMS = { "baseline", "canary" }

---@alias almanac.canary.Series table<string, table<integer, number>>  by labels: value by milliseconds since 1970

local function id_of(labels, without)
  local out = {}
  for label, value in pairs(labels) do
    if label ~= without then out[#out + 1] = string.format("%s=%q", label, value) end
  end
  table.sort(out)
  return table.concat(out, ",")
end

local function add_points(into, id, points)
  local values = into[id] or {}
  into[id] = values
  for _, point in ipairs(points or {}) do
    if point.value and point.value == point.value and math.abs(point.value) ~= math.huge then
      values[math.floor(point.time * 1000 + 0.5)] = point.value
    end
  end
end

--- The series of a range query by their labels.
---@param series almanac.prom.Series[]
---@return almanac.canary.Series
function M.series(series)
  local out = {}
  for _, one in ipairs(series) do add_points(out, id_of(one.labels), one.points) end
  return out
end

--- The buckets of a histogram: the series of each upper bound.
---@param series almanac.prom.Series[]
---@return table<number, almanac.canary.Series> by bound; math.huge of all
function M.buckets(series)
  local out = {}
  for _, one in ipairs(series) do
    local bound = one.labels.le == "+Inf" and math.huge or tonumber(one.labels.le)
    if bound then
      out[bound] = out[bound] or {}
      add_points(out[bound], id_of(one.labels, "le"), one.points)
    end
  end
  return out
end

--- Events and requests of each interval in which both arms were scraped at both ends.
---@param absent number?  events of an arm that has requests, and no series of events; nil: it gives no sample
local function counts(events, requests, times, absent)
  local growth, out = {}, {}
  for _, arm in ipairs(ARMS) do
    growth[arm] = { events = counter.growth(events[arm], times), requests = counter.growth(requests[arm], times) }
  end
  for i = 2, #times do
    local sample, whole = {}, true
    for _, arm in ipairs(ARMS) do
      local happened, asked = growth[arm].events[times[i]] or absent, growth[arm].requests[times[i]]
      sample[arm .. "_events"], sample[arm .. "_requests"] = happened, asked
      whole = whole and happened ~= nil and asked ~= nil
    end
    if whole then out[times[i]] = sample end
  end
  return out
end

local function mean_at(series, time)
  local ids = {}
  for id, values in pairs(series) do
    if values[time] then ids[#ids + 1] = id end
  end
  table.sort(ids)
  local sum = 0.0
  for _, id in ipairs(ids) do sum = sum + series[id][time] end
  return #ids > 0 and sum / #ids or nil
end

local function gauges(value, times)
  local out = {}
  for i = 2, #times do
    local baseline, canary = mean_at(value.baseline, times[i]), mean_at(value.canary, times[i])
    if baseline and canary then out[times[i]] = { baseline = baseline, canary = canary } end
  end
  return out
end

--- Requests above a bound, of those in all buckets. Buckets that are not of one scrape do not give fewer than none.
local function above(buckets, bound, times)
  local within = { baseline = buckets.baseline[bound] or {}, canary = buckets.canary[bound] or {} }
  local all = { baseline = buckets.baseline[math.huge] or {}, canary = buckets.canary[math.huge] or {} }
  local out = counts(within, all, times)
  for _, sample in pairs(out) do
    for _, arm in ipairs(ARMS) do
      sample[arm .. "_events"] = math.max(0.0, sample[arm .. "_requests"] - sample[arm .. "_events"])
    end
  end
  return out
end

--- The samples of the intervals between neighbouring times.
---@param spec almanac.canary.Spec
---@param bounds table<string, number[]>  by latency
---@param times integer[]                 milliseconds since 1970, ascending
---@param ask fun(query: string): almanac.prom.Series[]  what Prometheus has at these times
---@return { time: integer, values: table<string, table> }[] samples  of the metrics that have one
function M.samples(spec, bounds, times, ask)
  local by_name = {}
  for _, metric in ipairs(spec.metrics) do
    local found = {}
    for source, queries in pairs(metric.queries) do
      found[source] = {}
      for arm, query in pairs(queries) do
        found[source][arm] = (source == "buckets" and M.buckets or M.series)(ask(query))
      end
    end
    if metric.kind == "count" then
      by_name[metric.name] = counts(found.events, found.requests, times, 0.0) -- many make the series with the first event
    elseif metric.kind == "gauge" then
      by_name[metric.name] = gauges(found.value, times)
    else
      for _, bound in ipairs(bounds[metric.name]) do
        by_name[spec_of.bound_name(metric, bound)] = above(found.buckets, bound, times)
      end
    end
  end
  local out = {}
  for i = 2, #times do
    local values = {}
    for name, at in pairs(by_name) do values[name] = at[times[i]] end
    out[i - 1] = { time = times[i], values = values }
  end
  return out
end

return M

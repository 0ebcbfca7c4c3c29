--- What a comparison reads of Prometheus: the series of both arms, and the bounds that a latency is judged at.
local bounds_of = require "almanac.observe.canary.bounds"
local errors = require "almanac.base.errors"
local prom = require "almanac.observe.prom"
local scrape = require "almanac.observe.canary.scrape"

local M = {}

--- Asks for the series that queries have at these times, each query once.
---@param spec almanac.canary.Spec
---@param times integer[]  milliseconds since 1970, evenly spaced, at least two
---@return fun(query: string): almanac.prom.Series[]  raises what prom.range raises, with `query`
function M.asker(spec, times)
  local answers = {}
  return function(query)
    if not answers[query] then
      local ok, result = errors.try(prom.fetch_range, query, { from = times[1] / 1000, to = times[#times] / 1000, url = spec.url,
        step = (times[2] - times[1]) / 1000 })
      local err = not ok and result or prom.histogram_error(result, query)
      if err then
        err.query = query
        error(err, 0)
      end
      answers[query] = result.series
    end
    return answers[query]
  end
end

--- Points of the baseline's history: enough to see resets, few enough for one answer.
local HISTORY_POINTS = 240

--- The bounds of each latency, from the baseline's history before `now`; none where there are no requests in it.
---@param spec almanac.canary.Spec
---@param now integer  milliseconds since 1970
---@return table<string, number[]> by latency
function M.bounds(spec, now)
  local out = {}
  local every = math.max(1, math.ceil(math.max(spec.interval, spec.history / HISTORY_POINTS) * 1000))
  local times = { now - math.max(1, math.floor(spec.history * 1000 / every)) * every }
  while times[#times] < now do times[#times + 1] = times[#times] + every end
  local ask = M.asker(spec, times)
  for _, metric in ipairs(spec.metrics) do
    if metric.kind == "latency" then
      out[metric.name] = metric.bounds or bounds_of.choose(scrape.buckets(ask(metric.queries.buckets.baseline)), times)
    end
  end
  return out
end

return M

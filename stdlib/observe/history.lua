--- What a query said in the past, look by look: a range query of Prometheus is the instant query at each of its times.
--- https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
local prom = require "almanac.observe.prom"

local M = {}

--- Points that are asked for at once: Prometheus gives 11 000 of a series at most.
local AT_ONCE = 10000

---@class almanac.Look
---@field time number  seconds since 1970
---@field answer { series: almanac.prom.Series[] }  as prom.query gives it

local NOTHING = { series = {} }

local function ms_of(seconds)
  return math.floor(seconds * 1000 + 0.5)
end

--- Adds the points of one series to the answers by time.
local function add_series(answers, series)
  local function add(time, field, value)
    local at = ms_of(time)
    local answer = answers[at] or { series = {} }
    answers[at] = answer
    answer.series[#answer.series + 1] = { labels = series.labels, [field] = value }
  end
  for _, point in ipairs(series.points or {}) do add(point.time, "value", point.value) end
  for _, point in ipairs(series.histograms or {}) do add(point.time, "histogram", point) end
end

--- The looks at these times, of the answer of a range query. Pure.
---@param result almanac.prom.Result
---@param from number   seconds since 1970
---@param every number  seconds
---@param count integer
---@return almanac.Look[]
function M.looks(result, from, every, count)
  local answers, out = {}, {}
  for _, series in ipairs(result.series) do add_series(answers, series) end
  for i = 1, count do
    local at = ms_of(from) + (i - 1) * ms_of(every)
    out[i] = { time = at / 1000, answer = answers[at] or NOTHING }
  end
  return out
end

--- The looks that a watch would have had which began at `from`, every so many seconds. Raises what prom.query raises.
---@param query string
---@param url string?  of Prometheus
---@param from number  seconds since 1970
---@param to number    the last one is not after it
---@param every number seconds, at least 1 ms
---@return almanac.Look[]
function M.read(query, url, from, to, every)
  local out = {}
  local left = math.floor((to - from) / every + 1e-9) + 1
  while left > 0 do
    local count = math.min(left, AT_ONCE)
    local result = prom.fetch_range(query, { from = from, to = from + (count - 1) * every, step = every, url = url })
    table.move(M.looks(result, from, every, count), 1, count, #out + 1, out)
    from, left = from + count * every, left - count
  end
  return out
end

return M

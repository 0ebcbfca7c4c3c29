--- Prometheus: instant and range queries as data. What is no number is never silently one: no data,
--- several series and NaN are told apart.
--- https://prometheus.io/docs/prometheus/latest/querying/api/
local api = require "almanac.observe.api"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local step = require "almanac.run.step"

local M = {}

---@class almanac.prom.Series
---@field labels table<string, string>
---@field value? number     NaN when Prometheus says so; nil for a string or a native histogram
---@field histogram? almanac.prom.Histogram  a native one, which is no number
---@field time number       seconds since 1970
---@field points? { time: number, value: number }[]  of a range
---@field histograms? almanac.prom.Histogram[]  of a range

---@class almanac.prom.Histogram  of a native histogram what it counts; its buckets are Prometheus' to read
---@field time number       seconds since 1970
---@field count number
---@field sum number

---@class almanac.prom.Result
---@field type "vector"|"scalar"|"matrix"|"string"
---@field series almanac.prom.Series[]
---@field warnings string[]
---@field infos string[]    what Prometheus 3 says besides

local function points_of(values)
  local out = {}
  for i, pair in ipairs(values or {}) do out[i] = { time = pair[1], value = api.number(pair[2]) } end
  return out
end

local function histogram_of(pair)
  local is = type(pair[2]) == "table" and pair[2] or {}
  return { time = pair[1], count = api.number(is.count), sum = api.number(is.sum) }
end

local function histograms_of(pairs_of)
  local out = {}
  for i, pair in ipairs(pairs_of) do out[i] = histogram_of(pair) end
  return out
end

local PAIR, HISTOGRAM = { "number", "string" }, { "number", "table" }
local LABELS = { optional = { map = "string" } }

--- What an answer holds, by its type.
local FORMS = {
  scalar = PAIR, string = PAIR,
  vector = { list = { metric = LABELS, value = { optional = PAIR }, histogram = { optional = HISTOGRAM } } },
  matrix = { list = { metric = LABELS, values = { optional = { list = PAIR } }, histograms = { optional = { list = HISTOGRAM } } } },
}

--- The answer of a query as data. Pure; Loki's metric queries have the same form. Raises kind "protocol" where it is none of a
--- type that there is.
---@param answer table
---@return almanac.prom.Result
function M.result(answer)
  local data = answer.data
  local result = api.result_of(data, FORMS)
  local out = { type = data.resultType, series = {}, warnings = answer.warnings or {}, infos = answer.infos or {} }
  if data.resultType == "scalar" or data.resultType == "string" then
    local point = result
    out.series[1] = { labels = {}, time = point[1], value = api.number(point[2]) }
    if data.resultType == "string" then out.text = point[2] end
    return out
  end
  for i, item in ipairs(result) do
    local series = { labels = item.metric or {} }
    if item.value then series.time, series.value = item.value[1], api.number(item.value[2]) end
    if item.values then series.points = points_of(item.values) end
    if item.histogram then series.time, series.histogram = item.histogram[1], histogram_of(item.histogram) end
    if item.histograms then
      series.histograms, series.points = histograms_of(item.histograms), series.points or {}
    end
    out.series[i] = series
  end
  return out
end

local SERVER = {
  url = { "text", shown_default = "endpoints.prometheus of almanac.yaml", help = "base URL of Prometheus" },
  timeout = { "seconds", shown_default = "30s", help = "for the answer" },
}
local INSTANT = fields.with(SERVER, { time = { "number", unit = "seconds since 1970", shown_default = "now", help = "of the sample" } })
local MOMENT = 'a time: seconds since 1970, or how long ago ("1h")'
local QUERY = fields.declare("prom.query", INSTANT, { at = 2 })
local VALUE = fields.declare("prom.value", INSTANT, { at = 2 })
local RANGE = fields.declare("prom.range", fields.with(SERVER, {
  from = { "number|duration", required = true, words = MOMENT, help = "seconds since 1970, or how long ago" },
  to = { "number|duration", shown_default = "now", words = MOMENT, help = "seconds since 1970, or how long ago" },
  step = { "seconds", shown_default = "1/120 of the range", help = "between points" },
}), { at = 2 })

local function check(declaration, promql, opts)
  step.require_read(declaration.who)
  if type(promql) ~= "string" or not promql:find "%S" then errors.usage("%s: the query must be PromQL text", declaration.who) end
  return fields.check(declaration, opts)
end

local function ask(who, path, promql, opts, params)
  params.query = promql
  local result = M.result(api.get {
    service = "prometheus", who = who, url = opts.url, path = path, params = params,
    timeout = opts.timeout,
  })
  api.note("Prometheus warns: ", result.warnings)
  api.note("Prometheus says: ", result.infos)
  return result
end

--- An instant query.
function M.query(promql, opts)
  opts = check(QUERY, promql, opts)
  return ask("prom.query", "/api/v1/query", promql, opts, { time = opts.time and api.time(opts.time) })
end

local function series_text(series)
  local out = {}
  for k, v in pairs(series.labels) do out[#out + 1] = string.format("%s=%q", k, v) end
  table.sort(out)
  return "{" .. table.concat(out, ", ") .. "}"
end

--- The error for native histograms where numbers are wanted. Pure.
---@param result almanac.prom.Result
---@param promql string
---@return table? err  for errors.raise; nil: there are none
function M.histogram_error(result, promql)
  for _, series in ipairs(result.series) do
    if series.histogram or series.histograms then
      return {
        kind = "prom", error_type = "native_histogram",
        message = string.format("%s gives a native histogram, which is no number: %s", promql, series_text(series)),
        hint = "histogram_quantile(0.95, …), histogram_avg(…), histogram_count(…) or histogram_sum(…) of it is one",
      }
    end
  end
end

--- The one number of a result. Pure.
---@param result almanac.prom.Result
---@param promql string  for the error
---@return number value  raises kind "no_data" (nothing, or NaN), "several_series" or "prom" (a native histogram)
function M.only(result, promql)
  local n = #result.series
  if n > 1 then
    local names = {}
    for i = 1, math.min(n, 5) do names[i] = series_text(result.series[i]) end
    errors.raise {
      kind = "several_series",
      message = string.format("%d series answer %s: %s%s", n, promql, table.concat(names, ", "), n > 5 and ", …" or ""),
      hint = "aggregate them (sum, max, …) or select one by its labels",
      series = names,
    }
  end
  local is_histogram = M.histogram_error(result, promql)
  if is_histogram then errors.raise(is_histogram) end
  local value = n == 1 and result.series[1].value
  if not value or value ~= value then
    errors.raise {
      kind = "no_data",
      message = string.format("%s gives %s", promql, value and "NaN" or "nothing"),
      hint = value and "a ratio of two zeros is NaN; clamp_min(…, 1e-6) keeps the divisor apart from 0"
        or "is the metric's name right, and is it scraped?",
    }
  end
  return value
end

--- The one number that a query gives.
function M.value(promql, opts)
  opts = check(VALUE, promql, opts)
  return M.only(M.query(promql, opts), promql)
end

--- Seconds since 1970 of a point in time: a number, or a duration ago.
local function moment(value, now)
  if type(value) == "string" then return now - duration.parse(value) end
  return value
end

--- A range query that no script asks for itself.
---@param promql string
---@param opts { from: number, to: number, step: number, url: string?, timeout: number? }  in seconds, times since 1970
---@return almanac.prom.Result
function M.fetch_range(promql, opts)
  return ask("prom.range", "/api/v1/query_range", promql, opts,
    { start = api.time(opts.from), ["end"] = api.time(opts.to), step = api.time(opts.step) })
end

--- A range query.
function M.range(promql, opts)
  opts = check(RANGE, promql, opts)
  local now = require("native.task").wall_ms() / 1000
  local from, to = moment(opts.from, now), moment(opts.to, now) or now
  if type(from) ~= "number" or type(to) ~= "number" or from > to then
    errors.usage "prom.range: from must be a time before to, e.g. { from = \"1h\" }"
  end
  local every = opts.step or math.max(1, (to - from) / 120)
  return M.fetch_range(promql, { from = from, to = to, step = every, url = opts.url, timeout = opts.timeout })
end

return M

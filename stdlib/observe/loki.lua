--- Loki: log lines and counts. https://grafana.com/docs/loki/latest/reference/loki-http-api/
local api = require "almanac.observe.api"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local prom = require "almanac.observe.prom"
local step = require "almanac.run.step"

local M = {}

---@class almanac.loki.Entry
---@field time_ns string   nanoseconds since 1970, as text: no double holds them
---@field line string
---@field labels table<string, string>

---@class almanac.loki.Result
---@field type "streams"|"vector"|"matrix"|"scalar"
---@field entries? almanac.loki.Entry[]        of a log query, newest first unless asked otherwise
---@field truncated? boolean                   the limit was reached: there may be more
---@field series? almanac.prom.Series[]        of a metric query

---@class almanac.loki.Options
---@field since? number|string  duration: the range is up to now; default 1h
---@field from? number          seconds since 1970, instead of since
---@field to? number            default now
---@field limit? integer        lines at most; default 100
---@field direction? "backward"|"forward"  newest or oldest first; default backward
---@field step? number|string   of a metric query
---@field tenant? string        X-Scope-OrgID
---@field url? string           default: endpoints.loki of almanac.yaml
---@field timeout? number|string

local function by_time(direction)
  return function(a, b)
    local x, y = tonumber(a.time_ns) or 0, tonumber(b.time_ns) or 0
    if direction == "forward" then return x < y end
    return x > y
  end
end

--- Entries keep the order they have in their stream when their times are equal.
local function sort_entries(entries, direction)
  local before = by_time(direction)
  for i, entry in ipairs(entries) do entry.order = i end
  table.sort(entries, function(a, b)
    if a.time_ns ~= b.time_ns then return before(a, b) end
    return a.order < b.order
  end)
  for _, entry in ipairs(entries) do entry.order = nil end
end

--- The answer of a query as data. Pure.
---@param answer table
---@param direction? "backward"|"forward"
---@param limit? integer
---@return almanac.loki.Result
function M.result(answer, direction, limit)
  local data = answer.data
  if data.resultType ~= "streams" then return prom.result(answer) end
  local entries = {}
  for _, stream in ipairs(data.result or {}) do
    for _, value in ipairs(stream.values or {}) do
      entries[#entries + 1] = { time_ns = value[1], line = value[2], labels = stream.stream or {} }
    end
  end
  sort_entries(entries, direction or "backward")
  return { type = "streams", entries = entries, truncated = limit ~= nil and #entries >= limit,
    warnings = answer.warnings or {} }
end

local function check(who, logql, opts)
  step.require_read(who)
  if type(logql) ~= "string" or not logql:find "%S" then errors.usage("%s: the query must be LogQL text", who) end
  if type(opts) ~= "table" then errors.usage("%s: the options must be a table, not a %s", who, type(opts)) end
  if opts.limit ~= nil and (math.type(opts.limit) ~= "integer" or opts.limit < 1) then
    errors.usage("%s: limit must be a whole number of at least 1", who)
  end
  if opts.direction and opts.direction ~= "backward" and opts.direction ~= "forward" then
    errors.usage('%s: direction must be "backward" or "forward"', who)
  end
end

local function ask(who, path, opts, params)
  return api.get {
    kind = "loki", who = who, base = api.base_url(who, "loki", opts.url), path = path, params = params,
    timeout = opts.timeout and duration.parse(opts.timeout),
    headers = opts.tenant and { ["X-Scope-OrgID"] = opts.tenant } or nil,
  }
end

--- Nanoseconds, exactly: a double of seconds has no room for them.
local function nanoseconds(seconds)
  return string.format("%d", math.floor(seconds * 1000 + 0.5) * 1000000)
end

local function now_seconds()
  return require("native.task").wall_ms() / 1000
end

--- An instant query; for LogQL that gives numbers. Log lines need loki.query_range.
---@param logql string
---@param opts? almanac.loki.Options  and `time`: seconds since 1970
---@return almanac.loki.Result result  raises kind "loki" when Loki refuses the query
function M.query(logql, opts)
  opts = opts or {}
  check("loki.query", logql, opts)
  local params = { query = logql, limit = opts.limit, direction = opts.direction,
    time = opts.time and nanoseconds(opts.time) }
  return M.result(ask("loki.query", "/loki/api/v1/query", opts, params), opts.direction, opts.limit)
end

--- Log lines (or points) of a range of time.
---@param logql string
---@param opts? almanac.loki.Options
---@return almanac.loki.Result result  raises kind "loki" when Loki refuses the query
function M.query_range(logql, opts)
  opts = opts or {}
  check("loki.query_range", logql, opts)
  local limit = opts.limit or 100
  local to = opts.to or now_seconds()
  local from = opts.from or to - duration.parse(opts.since or "1h")
  if type(from) ~= "number" or type(to) ~= "number" or from > to then
    errors.usage "loki.query_range: from must be a time before to"
  end
  local params = { query = logql, start = nanoseconds(from), ["end"] = nanoseconds(to), limit = limit,
    direction = opts.direction or "backward", step = opts.step and api.time(duration.parse(opts.step)) }
  return M.result(ask("loki.query_range", "/loki/api/v1/query_range", opts, params), opts.direction, limit)
end

--- How many lines a log query matches. 0 says that none did; whether anything was logged at all is
--- another question.
---@param logql string  a log query, without a range
---@param opts? { since?: number|string, to?: number, tenant?: string, url?: string, timeout?: number|string }
---@return integer
function M.count(logql, opts)
  opts = opts or {}
  check("loki.count", logql, opts)
  local seconds = math.max(1, math.ceil(duration.parse(opts.since or "1h")))
  local query = string.format("sum(count_over_time(%s [%ds]))", logql, seconds)
  local params = { query = query, time = nanoseconds(opts.to or now_seconds()) }
  local result = M.result(ask("loki.count", "/loki/api/v1/query", opts, params))
  local series = result.series and result.series[1]
  return series and math.tointeger(series.value) or 0
end

return M

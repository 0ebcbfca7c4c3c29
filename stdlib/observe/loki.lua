--- Loki: log lines and counts. https://grafana.com/docs/loki/latest/reference/loki-http-api/
local api = require "almanac.observe.api"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
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

local SERVER = {
  url = { "text", shown_default = "endpoints.loki of almanac.yaml", help = "base URL of Loki" },
  tenant = { "text", help = "X-Scope-OrgID" },
  timeout = { "seconds", shown_default = "30s", help = "for the answer" },
}
local SINCE = { "seconds", default = "1h", help = "how far back from `to`" }
local TO = { "number", unit = "seconds since 1970", shown_default = "now", help = "end of the range" }
local LINES = fields.with(SERVER, {
  limit = { "count", help = "lines at most" },
  direction = { "enum", values = { "backward", "forward" }, help = "newest or oldest first" },
})
local QUERY = fields.declare("loki.query", fields.with(LINES, {
  time = { "number", unit = "seconds since 1970", shown_default = "now", help = "of the sample" },
}), { at = 2 })
local RANGE = fields.declare("loki.query_range", fields.with(LINES, {
  since = SINCE, to = TO,
  from = { "number", unit = "seconds since 1970", help = "begin of the range, in the place of since" },
  limit = { "count", default = 100, help = "lines at most" },
  direction = { "enum", values = { "backward", "forward" }, default = "backward", help = "newest or oldest first" },
  step = { "seconds", help = "between the points of a metric query" },
}), { at = 2 })
local COUNT = fields.declare("loki.count", fields.with(SERVER, { since = SINCE, to = TO }), { at = 2 })

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

local STREAMS = { streams = { list = { stream = { optional = { map = "string" } },
  values = { optional = { list = { "string", "string" } } } } } }

--- The answer of a query as data. Pure. Raises kind "protocol" where it is none: no line is no sign of health then.
---@param answer table
---@param direction? "backward"|"forward"
---@param limit? integer
---@return almanac.loki.Result
function M.result(answer, direction, limit)
  local data = answer.data
  if data.resultType ~= "streams" then return prom.result(answer) end
  local entries = {}
  for _, stream in ipairs(api.result_of(data, STREAMS)) do
    for _, value in ipairs(stream.values or {}) do
      entries[#entries + 1] = { time_ns = value[1], line = value[2], labels = stream.stream or {} }
    end
  end
  sort_entries(entries, direction or "backward")
  return { type = "streams", entries = entries, truncated = limit ~= nil and #entries >= limit,
    warnings = answer.warnings or {} }
end

local function check(declaration, logql, opts)
  step.require_read(declaration.who)
  if type(logql) ~= "string" or not logql:find "%S" then errors.usage("%s: the query must be LogQL text", declaration.who) end
  return fields.check(declaration, opts)
end

local function ask(who, path, opts, params)
  local answer = api.get {
    service = "loki", who = who, url = opts.url, path = path, params = params,
    timeout = opts.timeout,
    headers = opts.tenant and { ["X-Scope-OrgID"] = opts.tenant } or nil,
  }
  api.note("Loki warns: ", answer.warnings or {})
  return answer
end

--- Nanoseconds, exactly: a double of seconds has no room for them.
local function nanoseconds(seconds)
  return string.format("%d", math.floor(seconds * 1000 + 0.5) * 1000000)
end

local function now_seconds()
  return require("native.task").wall_ms() / 1000
end

--- An instant query; for LogQL that gives numbers. Log lines need loki.query_range.
function M.query(logql, opts)
  opts = check(QUERY, logql, opts)
  local params = { query = logql, limit = opts.limit, direction = opts.direction,
    time = opts.time and nanoseconds(opts.time) }
  return M.result(ask("loki.query", "/loki/api/v1/query", opts, params), opts.direction, opts.limit)
end

--- Log lines (or points) of a range of time.
function M.query_range(logql, opts)
  opts = check(RANGE, logql, opts)
  local to = opts.to or now_seconds()
  local from = opts.from or to - opts.since
  if from > to then
    errors.usage "loki.query_range: from must be a time before to"
  end
  local params = { query = logql, start = nanoseconds(from), ["end"] = nanoseconds(to), limit = opts.limit,
    direction = opts.direction, step = opts.step and api.time(opts.step) }
  return M.result(ask("loki.query_range", "/loki/api/v1/query_range", opts, params), opts.direction, opts.limit)
end

--- How many lines a log query matches. 0 says that none did; whether anything was logged at all is
--- another question.
function M.count(logql, opts)
  opts = check(COUNT, logql, opts)
  local seconds = math.max(1, math.ceil(opts.since))
  local query = string.format("sum(count_over_time(%s [%ds]))", logql, seconds)
  local params = { query = query, time = nanoseconds(opts.to or now_seconds()) }
  local result = M.result(ask("loki.count", "/loki/api/v1/query", opts, params))
  if result.type == "vector" and #result.series == 0 then return 0 end
  local count = result.series and #result.series == 1 and math.tointeger(result.series[1].value)
  return count or errors.raise {
    kind = "protocol", message = "loki.count: the answer is no number of lines",
    hint = "is the URL that of Loki, or of something before it?",
  }
end

return M

--- Prometheus as somebody says it is: its API over answers to whole queries, at a time. Tests of runbooks and rehearsals
--- serve it.
--- https://prometheus.io/docs/prometheus/latest/querying/api/
local codec = require "native.codec"
local errors = require "almanac.base.errors"
local json = require "native.json"
local timestamp = require "almanac.base.timestamp"

local prometheus = {}

---@class sim.PrometheusSource  who says it
---@field now fun(self): number      seconds since 1970
---@field began number               the same, when answers by the second begin
---@field answer_of fun(self, query: string): any  a number, a list of series, nil for no data, or a function of the seconds
---  since `began` that gives one of these; may raise
---@field call fun(self, fn: function, ...): any   calls such a function
---@field firing fun(self): table[]  alerts: { name, severity, summary, labels }

local JSON = { ["Content-Type"] = "application/json" }
local POINTS_MAX = 11000 -- as Prometheus has it

--- What a request gives, in its URL or as a form.
---@param request table
---@return table<string, string>
function prometheus.parameters(request)
  local out = {}
  for name, value in pairs(request.query) do out[name] = value end
  if tostring(request.headers["content-type"]):find("x-www-form-urlencoded", 1, true) then
    for name, value in request.body:gmatch "([^=&]+)=?([^&]*)" do out[name] = codec.percent_decode(value, true) end
  end
  return out
end

local function text_of(value)
  if value ~= value then return "NaN" end
  if value == math.huge then return "+Inf" end
  if value == -math.huge then return "-Inf" end
  return string.format("%.17g", value)
end

--- Series of an answer at a time: a number is one without labels, nil and false are none, and a list holds tables of
--- labels with their `value`.
local function series_of(source, answer, query, seconds)
  if type(answer) == "function" then answer = source:call(answer, seconds, query) end
  if answer == nil or answer == false then return {} end
  if type(answer) == "number" then return { { labels = {}, value = answer } } end
  if type(answer) ~= "table" then errors.usage("prom %q: answers with a number, a list of series or nil, not %s", query, type(answer)) end
  local out = {}
  for i, one in ipairs(answer) do
    local labels = {}
    for name, value in pairs(type(one) == "table" and one or {}) do
      if name ~= "value" then labels[name] = tostring(value) end
    end
    if type(one) ~= "table" or type(one.value) ~= "number" then errors.usage("prom %q: series %d has no value", query, i) end
    out[i] = { labels = labels, value = one.value }
  end
  return out
end

local function seconds_of(text, fallback)
  return tonumber(text) or text and timestamp.epoch(text) or fallback
end

local function instant(source, given)
  local at = seconds_of(given.time, source:now())
  if given.query == "time()" then return { resultType = "scalar", result = { at, text_of(at) } } end
  local result = json.array {}
  for i, one in ipairs(series_of(source, source:answer_of(given.query), given.query, at - source.began)) do
    result[i] = { metric = one.labels, value = { at, text_of(one.value) } }
  end
  return { resultType = "vector", result = result }
end

local function range(source, given)
  local answer, query = source:answer_of(given.query), given.query
  local from, to = seconds_of(given.start, source:now()), seconds_of(given["end"], source:now())
  local step = math.max(tonumber(given.step) or 15, (to - from) / POINTS_MAX)
  local known, result = {}, json.array {}
  for at = from, to, step do
    for _, one in ipairs(series_of(source, answer, query, at - source.began)) do
      local key = json.encode(one.labels, { canonical = true })
      if not known[key] then
        known[key] = { metric = one.labels, values = json.array {} }
        result[#result + 1] = known[key]
      end
      table.insert(known[key].values, { at, text_of(one.value) })
    end
  end
  return { resultType = "matrix", result = result }
end

--- The alerts that fire, as /api/v1/alerts has them.
local function alerts(source)
  local out = json.array {}
  for i, one in ipairs(source:firing()) do
    local labels = { alertname = one.name, severity = one.severity or "critical" }
    for name, value in pairs(one.labels or {}) do labels[name] = value end
    out[i] = { labels = labels, annotations = { summary = one.summary }, state = "firing", value = "1",
      activeAt = timestamp.utc(source.began) }
  end
  return { alerts = out }
end

--- The same as Alertmanager has them: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
local function active(source)
  local out = json.array {}
  for i, one in ipairs(alerts(source).alerts) do
    out[i] = { labels = one.labels, annotations = one.annotations, startsAt = one.activeAt, endsAt = one.activeAt,
      status = { state = "active", silencedBy = json.array {}, inhibitedBy = json.array {} }, fingerprint = tostring(i),
      receivers = json.array {}, updatedAt = one.activeAt }
  end
  return out
end

local PATHS = {
  ["/api/v1/query"] = instant, ["/api/v1/query_range"] = range, ["/api/v1/alerts"] = alerts,
  ["/api/v1/rules"] = function() return { groups = json.array {} } end,
  ["/api/v1/labels"] = function() return json.array {} end,
}

--- Answers a request of Prometheus' API, or one of Alertmanager's for alerts; false: there is no such path.
---@param source sim.PrometheusSource
---@param path string
---@param request table
---@param response table
---@return boolean
function prometheus.handle(source, path, request, response)
  if path == "/api/v2/alerts" then
    response:send(200, JSON, json.encode(active(source)))
    return true
  end
  local answer = PATHS[path]
  if not answer then return false end
  local ok, data = errors.try(answer, source, prometheus.parameters(request))
  if ok then
    response:send(200, JSON, json.encode { status = "success", data = data })
  else
    response:send(422, JSON, json.encode { status = "error", errorType = "execution", error = tostring(data.message) })
  end
  return true
end

--- Answers as one that is away does.
---@param response table
function prometheus.be_silent(response)
  response:send(503, { ["Content-Type"] = "text/plain" }, "nobody answers\n")
end

return prometheus

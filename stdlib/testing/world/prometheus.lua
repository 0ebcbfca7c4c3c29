--- Prometheus as a test says it is: the answers to queries, at the time of the simulated clock.
--- https://prometheus.io/docs/prometheus/latest/querying/api/
local codec = require "native.codec"
local errors = require "almanac.base.errors"
local json = require "native.json"
local lookup = require "almanac.testing.world.lookup"
local timestamp = require "almanac.base.timestamp"

local M = {}

local function parameters(request)
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
local function series_of(self, answer, query, seconds)
  if type(answer) == "function" then answer = self:call(answer, seconds, query) end
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

--- The recorded answer to a query; raises kind "no_answer".
local function answer_of(self, query)
  local answers = self.spec.prom
  if type(answers) == "function" then return function(seconds) return answers(query, seconds) end end
  local answer, pattern = lookup.find(answers or {}, query)
  if pattern == nil then
    self:no_answer("prom " .. query, string.format("prom = { [%s] = 0 }", json.encode(query)))
  end
  return answer
end

local function seconds_of(text, fallback)
  return tonumber(text) or text and timestamp.epoch(text) or fallback
end

local function instant(self, given)
  local at = seconds_of(given.time, self:now())
  local result = json.array {}
  for i, one in ipairs(series_of(self, answer_of(self, given.query), given.query, at - self.began)) do
    result[i] = { metric = one.labels, value = { at, text_of(one.value) } }
  end
  return { resultType = "vector", result = result }
end

local POINTS_MAX = 11000 -- as Prometheus has it

local function range(self, given)
  local answer, query = answer_of(self, given.query), given.query
  local from, to = seconds_of(given.start, self:now()), seconds_of(given["end"], self:now())
  local step = math.max(tonumber(given.step) or 15, (to - from) / POINTS_MAX)
  local known, result = {}, json.array {}
  for at = from, to, step do
    for _, one in ipairs(series_of(self, answer, query, at - self.began)) do
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
local function alerts(self)
  local out = json.array {}
  local list = self.spec.alerts or {}
  if type(list) == "function" then list = self:call(list, self:now() - self.began) or {} end
  for i, one in ipairs(list) do
    local labels = { alertname = one.name, severity = one.severity or "critical" }
    for name, value in pairs(one.labels or {}) do labels[name] = value end
    out[i] = { labels = labels, annotations = { summary = one.summary }, state = "firing", value = "1",
      activeAt = timestamp.utc(self.began) }
  end
  return { alerts = out }
end

--- The same as Alertmanager has them: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
local function active(self)
  local out = json.array {}
  for i, one in ipairs(alerts(self).alerts) do
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

--- Answers a request of Prometheus' API; false: there is no such path.
---@param self almanac.testing.World
---@param request table
---@param response table
---@return boolean
function M.handle(self, request, response)
  if self.prometheus_is_silent then
    response:send(503, { ["Content-Type"] = "text/plain" }, "nobody answers\n")
    return true
  end
  if request.path == "/api/v2/alerts" then
    response:send(200, { ["Content-Type"] = "application/json" }, json.encode(active(self)))
    return true
  end
  local answer = PATHS[request.path]
  if not answer then return false end
  local headers = { ["Content-Type"] = "application/json" }
  local ok, data = errors.try(answer, self, parameters(request))
  if ok then
    response:send(200, headers, json.encode { status = "success", data = data })
  else
    response:send(422, headers, json.encode { status = "error", errorType = "execution", error = tostring(data.message) })
  end
  return true
end

return M

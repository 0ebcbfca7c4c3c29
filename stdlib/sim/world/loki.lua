--- The HTTP API of a simulated Loki, answered as a Loki 3 does.
--- https://grafana.com/docs/loki/latest/reference/loki-http-api/
local timestamp = require "almanac.base.timestamp"
local value = require "almanac.sim.model.value"
local logql = require "almanac.sim.world.logql"
local streams = require "almanac.sim.world.streams"

local loki = {}

local Loki = {}
Loki.__index = Loki

local NS = 1000000000
local TEXT = { ["Content-Type"] = "text/plain; charset=utf-8" }
local JSON = { ["Content-Type"] = "application/json; charset=UTF-8" }

---@param now_ns fun(): integer  nanoseconds since the epoch
function loki.new(now_ns) return setmetatable({ now_ns = now_ns, streams = streams.new() }, Loki) end

--- Adds a line.
---@param labels table<string, string>
---@param at integer nanoseconds
---@param line string
function Loki:push(labels, at, line) self.streams:push(labels, at, line) end

local function bad(response, text) response:send(400, TEXT, text) end

--- Nanoseconds of a time parameter: an integer, seconds with a fraction, or RFC 3339.
local function time_of(text)
  if text:find("^%d+$") then
    local n = math.tointeger(tonumber(text))
    return n and (#text <= 10 and n * NS or n)
  end
  if text:find("^%d+%.%d*$") then return math.tointeger(math.floor(tonumber(text) * 1000000)) * 1000 end
  local seconds = timestamp.epoch(text)
  return seconds and math.tointeger(math.floor(seconds * 1000000)) * 1000
end

local function time_param(p, name, fallback)
  if not p[name] or p[name] == "" then return fallback end
  return time_of(p[name])
end

local function answer(response, kind, result, entries)
  response:send(200, JSON, value.json.encode {
    status = "success",
    data = { resultType = kind, result = result, stats = { summary = {
      bytesProcessedPerSecond = 0, linesProcessedPerSecond = 0, totalBytesProcessed = 0, totalLinesProcessed = 0,
      execTime = 0.001, queueTime = 0, subqueries = 0, totalEntriesReturned = entries, splits = 0, shards = 1,
    } } },
  })
end

--- Parses the query and the time window of a request, or answers what is wrong and returns nil.
function Loki:query_of(p, response)
  local tree, why = logql.parse(p.query or "")
  if not tree then return bad(response, why) end
  local to = time_param(p, "end", self.now_ns())
  local from = to and time_param(p, "start", to - 3600 * NS)
  if not from then return bad(response, ("could not parse '%s' as a time"):format(p.start or p["end"])) end
  if to < from then return bad(response, "end timestamp must not be before or equal to start time") end
  local limit = math.tointeger(tonumber(p.limit or "100"))
  if not limit or limit < 1 then return bad(response, "limit must be a positive value") end
  return { tree = tree, from = from, to = to, limit = limit, forward = p.direction == "forward" }
end

local routes = {}

function routes.query_range(self, p, response)
  local q = self:query_of(p, response)
  if not q then return end
  if q.tree.type == "log" then
    local result, entries = self.streams:select(q.tree, q.from, q.to, q.limit, q.forward)
    return answer(response, "streams", result, entries)
  end
  local step = p.step and (tonumber(p.step) or logql.seconds(p.step)) or math.max((q.to - q.from) / NS / 250, 1)
  if step <= 0 then
    return bad(response, "zero or negative query resolution step widths are not accepted. Try a positive integer")
  end
  local ns = math.tointeger(math.floor(step * NS))
  if (q.to - q.from) // ns > 11000 then
    return bad(response, "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of "
      .. "the step parameter")
  end
  local result = self.streams:matrix(q.tree, q.from, q.to, ns)
  answer(response, "matrix", result, #result)
end

function routes.query(self, p, response)
  local q = self:query_of(p, response)
  if not q then return end
  if q.tree.type == "log" then
    return bad(response, "log queries are not supported as an instant query type, please change your query to a range "
      .. "query type")
  end
  local at = time_param(p, "time", self.now_ns())
  if not at then return bad(response, ("could not parse '%s' as a time"):format(p.time)) end
  local result = self.streams:vector(q.tree, at)
  answer(response, "vector", result, #result)
end

local function success(response, data)
  response:send(200, JSON, value.json.encode { status = "success", data = data } .. "\n")
end

function routes.labels(self, _, response) success(response, self.streams:label_values()) end

function routes.series(self, p, response)
  local match = p["match[]"] or p.match
  local tree
  if match then
    local why
    tree, why = logql.parse(match)
    if not tree then return bad(response, why) end
  end
  success(response, self.streams:series(tree and tree.matchers))
end

function routes.push(self, _, response, request)
  local ok, body = pcall(value.json.decode, request.body)
  if not ok or type(body) ~= "table" or type(body.streams) ~= "table" then
    return bad(response, "loghttp.PushRequest.Streams: expected a JSON object with streams\n")
  end
  for _, stream in ipairs(body.streams) do
    if next(stream.stream or {}) == nil then
      return bad(response, "error at least one label pair is required per stream\n")
    end
    for _, pair in ipairs(stream.values or {}) do
      if not math.tointeger(tonumber(pair[1])) then
        return bad(response, ("loghttp.PushRequest.Streams: not a timestamp in nanoseconds: %s\n"):format(pair[1]))
      end
    end
  end
  for _, stream in ipairs(body.streams) do
    for _, pair in ipairs(stream.values or {}) do
      self.streams:push(stream.stream, math.tointeger(tonumber(pair[1])), pair[2])
    end
  end
  response:send(204, {}, "")
end

local function form(text)
  local out = {}
  local function plain(s)
    return (s:gsub("+", " "):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end))
  end
  for k, v in text:gmatch("([^&=]+)=?([^&]*)") do out[plain(k)] = plain(v) end
  return out
end

--- Answers one HTTP request.
---@param request table see native.httpd
---@param response table
function Loki:handle(request, response)
  if request.path == "/ready" then return response:send(200, TEXT, "ready\n") end
  local p, name = request.query, request.path:match("^/loki/api/v1/label/([^/]+)/values$")
  if name then return success(response, self.streams:label_values(name)) end
  local route = request.path:match("^/loki/api/v1/([%w_]+)$")
  if not route or not routes[route] then return response:send(404, TEXT, "404 page not found\n") end
  local method = request.method
  if method ~= "POST" and (route == "push" or method ~= "GET") then
    return response:send(405, TEXT, "405 method not allowed\n")
  end
  local kind = request.headers["content-type"] or ""
  if method == "POST" and kind:find("application/x-www-form-urlencoded", 1, true) then p = form(request.body) end
  routes[route](self, p, response, request)
end

return loki

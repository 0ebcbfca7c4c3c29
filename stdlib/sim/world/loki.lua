--- A simulated Loki: streams of lines, kept in memory, and the HTTP API over them as a Loki 3 answers.
--- https://grafana.com/docs/loki/latest/reference/loki-http-api/
local value = require "almanac.sim.model.value"
local logql = require "almanac.sim.world.logql"

local loki = {}

local Loki = {}
Loki.__index = Loki

local KEPT = 20000
local NS = 1000000000
local TEXT = { ["Content-Type"] = "text/plain; charset=utf-8" }
local JSON = { ["Content-Type"] = "application/json; charset=UTF-8" }

-- The labels that name a service, in the order Loki looks for them.
local SERVICE = { "service", "app", "application", "name", "app_kubernetes_io_name", "container", "container_name",
  "k8s_container_name", "component", "workload", "job", "k8s_job_name" }

---@param now_ns fun(): integer  nanoseconds since the epoch
function loki.new(now_ns) return setmetatable({ now_ns = now_ns, streams = {}, order = {} }, Loki) end

local function key_of(labels)
  local out = {}
  for _, k in ipairs(value.sorted_keys(labels)) do out[#out + 1] = ("%s=%q"):format(k, labels[k]) end
  return table.concat(out, ",")
end

local function level_of(line)
  local level = line:match('"level"%s*:%s*"(%a+)"') or line:match("%f[%w]level=(%a+)")
  local text = (level or line):lower()
  for _, word in ipairs { "trace", "debug", "info", "warn", "error", "critical", "fatal" } do
    local found = level and text:sub(1, #word) == word or not level and text:find("%f[%w]" .. word .. "%f[%W]")
    if found then return word end
  end
  return "unknown"
end

--- Adds a line.
---@param labels table<string, string>
---@param at integer nanoseconds
---@param line string
function Loki:push(labels, at, line)
  local key = key_of(labels)
  local stream = self.streams[key]
  if not stream then
    local all = value.copy(labels)
    if not all.service_name then
      all.service_name = "unknown_service"
      for _, name in ipairs(SERVICE) do
        if labels[name] then
          all.service_name = labels[name]
          break
        end
      end
    end
    stream = { labels = all, entries = {} }
    self.streams[key] = stream
    self.order = value.sorted_keys(self.streams)
  end
  local entries = stream.entries
  local i = #entries
  while i > 0 and entries[i].at > at do i = i - 1 end
  table.insert(entries, i + 1, { at = at, line = line, level = level_of(line) })
  if #entries > KEPT then table.move(entries, KEPT // 4 + 1, #entries + KEPT // 4, 1) end
end

-- ── evaluation ──

local function selected(stream, matchers)
  for _, m in ipairs(matchers) do
    if not m.test(stream.labels[m.name] or "") then return false end
  end
  return true
end

local function flatten(object, prefix, put)
  for k, v in pairs(object) do
    local name = prefix .. tostring(k):gsub("[^%w_]", "_")
    if value.is_object(v) then
      flatten(v, name .. "_", put)
    elseif type(v) ~= "table" and v ~= value.null then
      put(name, tostring(v))
    end
  end
end

local function extract_json(line, put)
  local ok, object = pcall(value.json.decode, line)
  if not ok or not value.is_object(object) then
    put("__error__", "JSONParserErr")
    return
  end
  flatten(object, "", put)
end

local function extract_logfmt(line, put)
  local at = 1
  while true do
    local k, stop = line:match("^%s*([%w_%.%-]+)=()", at)
    if not k then return end
    local v, after = line:match('^"(.-)"()', stop)
    if not v then v, after = line:match("^(%S*)()", stop) end
    put((k:gsub("[^%w_]", "_")), v)
    at = after
  end
end

--- The labels an entry has after the stages, or nil when one of them drops it.
local function labels_after(stream, entry, stages)
  local labels = value.copy(stream.labels)
  labels.detected_level = entry.level
  local function put(name, v)
    if stream.labels[name] then name = name .. "_extracted" end
    labels[name] = v
  end
  for _, stage in ipairs(stages) do
    if stage.type == "line" then
      if not stage.test(entry.line) then return nil end
    elseif stage.type == "label" then
      if not stage.test(labels) then return nil end
    elseif stage.type == "json" then
      extract_json(entry.line, put)
    else
      extract_logfmt(entry.line, put)
    end
  end
  return labels
end

--- Calls fn(labels, entry) for each entry a log query selects with from < at <= to, oldest first in its stream.
function Loki:each(log, from, to, fn)
  for _, key in ipairs(self.order) do
    local stream = self.streams[key]
    if selected(stream, log.matchers) then
      for _, entry in ipairs(stream.entries) do
        if entry.at > from and entry.at <= to then
          local labels = labels_after(stream, entry, log.stages)
          if labels then fn(labels, entry) end
        end
      end
    end
  end
end

function Loki:log_streams(log, from, to, limit, forward)
  local all = {}
  -- A query's start is inclusive, its end exclusive.
  self:each(log, from - 1, to - 1, function(labels, entry) all[#all + 1] = { labels = labels, entry = entry } end)
  table.sort(all, function(a, b)
    if a.entry.at == b.entry.at then return a.entry.line < b.entry.line end
    return (a.entry.at < b.entry.at) == forward
  end)
  local by_key, result = {}, value.array {}
  for i = 1, math.min(limit, #all) do
    local key = key_of(all[i].labels)
    local stream = by_key[key]
    if not stream then
      stream = { stream = all[i].labels, values = value.array {}, key = key }
      by_key[key], result[#result + 1] = stream, stream
    end
    stream.values[#stream.values + 1] = value.array { ("%d"):format(all[i].entry.at), all[i].entry.line }
  end
  table.sort(result, function(a, b) return a.key < b.key end)
  for _, stream in ipairs(result) do stream.key = nil end
  return result, math.min(limit, #all)
end

local function add_sample(samples, labels, n)
  local key = key_of(labels)
  local s = samples[key]
  if not s then
    s = { labels = labels, value = 0, count = 0, min = math.huge, max = -math.huge }
    samples[key] = s
  end
  s.value, s.count = s.value + n, s.count + 1
  s.min, s.max = math.min(s.min, n), math.max(s.max, n)
end

local function grouped(labels, node)
  local out = {}
  for _, name in ipairs(node.by or {}) do out[name] = labels[name] end
  if node.without then
    for k, v in pairs(labels) do out[k] = v end
    for _, name in ipairs(node.without) do out[name] = nil end
  end
  return out
end

local evaluate = {}

function evaluate.range(self, node, at)
  local samples = {}
  local bytes = node.fn == "bytes_over_time" or node.fn == "bytes_rate"
  self:each(node.log, at - math.tointeger(math.floor(node.seconds * NS)), at, function(labels, entry)
    add_sample(samples, labels, bytes and #entry.line or 1)
  end)
  if node.fn == "rate" or node.fn == "bytes_rate" then
    for _, s in pairs(samples) do s.value = s.value / node.seconds end
  end
  return samples
end

function evaluate.aggregate(self, node, at)
  local out = {}
  for _, s in pairs(evaluate[node.inner.type](self, node.inner, at)) do
    add_sample(out, grouped(s.labels, node), s.value)
  end
  for _, s in pairs(out) do
    if node.fn == "avg" then
      s.value = s.value / s.count
    elseif node.fn ~= "sum" then
      s.value = s[node.fn]
    end
  end
  return out
end

function evaluate.compare(self, node, at)
  local out = {}
  for key, s in pairs(evaluate[node.inner.type](self, node.inner, at)) do
    if logql.compare[node.op](s.value, node.number) then out[key] = s end
  end
  return out
end

local function number_text(n)
  local whole = math.tointeger(n)
  return whole and tostring(whole) or ("%.14g"):format(n)
end

local function float_seconds(ns) return ns // 1000000 / 1000 end

function Loki:vector(node, at)
  local result, samples = value.array {}, evaluate[node.type](self, node, at)
  for _, key in ipairs(value.sorted_keys(samples)) do
    local s = samples[key]
    result[#result + 1] = { metric = s.labels, value = value.array { float_seconds(at), number_text(s.value) } }
  end
  return result
end

function Loki:matrix(node, from, to, step)
  local series, at = {}, from // step * step
  while at <= to do
    for key, s in pairs(evaluate[node.type](self, node, at)) do
      series[key] = series[key] or { metric = s.labels, values = value.array {} }
      local points = series[key].values
      points[#points + 1] = value.array { float_seconds(at), number_text(s.value) }
    end
    at = at + step
  end
  local result = value.array {}
  for _, key in ipairs(value.sorted_keys(series)) do result[#result + 1] = series[key] end
  return result
end

-- ── HTTP ──

local function bad(response, text) response:send(400, TEXT, text) end

--- Nanoseconds of a time parameter: an integer, seconds with a fraction, or RFC 3339.
local function time_of(text)
  if text:find("^%d+$") then
    local n = math.tointeger(tonumber(text))
    return n and (#text <= 10 and n * NS or n)
  end
  if text:find("^%d+%.%d*$") then return math.tointeger(math.floor(tonumber(text) * 1000000)) * 1000 end
  local seconds = require("almanac.sim.control.pods").seconds(text)
  return seconds and seconds * NS
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
    local result, entries = self:log_streams(q.tree, q.from, q.to, q.limit, q.forward)
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
  local result = self:matrix(q.tree, q.from, q.to, ns)
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
  local result = self:vector(q.tree, at)
  answer(response, "vector", result, #result)
end

local function success(response, data)
  response:send(200, JSON, value.json.encode { status = "success", data = data } .. "\n")
end

function Loki:label_values(name)
  local seen = {}
  for _, stream in pairs(self.streams) do
    if not name then
      for k in pairs(stream.labels) do seen[k] = true end
    elseif stream.labels[name] then
      seen[stream.labels[name]] = true
    end
  end
  return value.array(value.sorted_keys(seen))
end

function routes.labels(self, _, response) success(response, self:label_values()) end

function routes.series(self, p, response)
  local match = p["match[]"] or p.match
  local tree
  if match then
    local why
    tree, why = logql.parse(match)
    if not tree then return bad(response, why) end
  end
  local out = value.array {}
  for _, key in ipairs(self.order) do
    local stream = self.streams[key]
    if not tree or selected(stream, tree.matchers) then out[#out + 1] = stream.labels end
  end
  success(response, out)
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
      self:push(stream.stream, math.tointeger(tonumber(pair[1])), pair[2])
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
  if name then return success(response, self:label_values(name)) end
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

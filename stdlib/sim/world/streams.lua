--- The lines that the simulated Loki keeps, in streams by their labels, and what a parsed LogQL query finds in
--- them. Times are nanoseconds since the epoch.
local number = require "almanac.base.number"
local value = require "almanac.sim.model.value"
local logql = require "almanac.sim.world.logql"

local streams = {}

local Streams = {}
Streams.__index = Streams

local NS = 1000000000
local KEPT = 20000

-- The labels that name a service, in the order Loki looks for them.
local SERVICE = { "service", "app", "application", "name", "app_kubernetes_io_name", "container", "container_name",
  "k8s_container_name", "component", "workload", "job", "k8s_job_name" }

function streams.new() return setmetatable({ by_key = {}, order = {} }, Streams) end

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
function Streams:push(labels, at, line)
  local key = key_of(labels)
  local stream = self.by_key[key]
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
    self.by_key[key] = stream
    self.order = value.sorted_keys(self.by_key)
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
function Streams:each(log, from, to, fn)
  for _, key in ipairs(self.order) do
    local stream = self.by_key[key]
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

--- The streams of a log query with their lines, and how many lines.
function Streams:select(log, from, to, limit, forward)
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

local function float_seconds(ns) return ns // 1000000 / 1000 end

--- A metric query at one time.
function Streams:vector(node, at)
  local result, samples = value.array {}, evaluate[node.type](self, node, at)
  for _, key in ipairs(value.sorted_keys(samples)) do
    local s = samples[key]
    result[#result + 1] = { metric = s.labels, value = value.array { float_seconds(at), number.text(s.value) } }
  end
  return result
end

--- A metric query in steps from `from` to `to` (nanoseconds).
function Streams:matrix(node, from, to, step)
  local series, at = {}, from // step * step
  while at <= to do
    for key, s in pairs(evaluate[node.type](self, node, at)) do
      series[key] = series[key] or { metric = s.labels, values = value.array {} }
      local points = series[key].values
      points[#points + 1] = value.array { float_seconds(at), number.text(s.value) }
    end
    at = at + step
  end
  local result = value.array {}
  for _, key in ipairs(value.sorted_keys(series)) do result[#result + 1] = series[key] end
  return result
end

--- The names of the labels, or the values of one; in order.
---@param name? string
---@return string[]
function Streams:label_values(name)
  local seen = {}
  for _, stream in pairs(self.by_key) do
    if not name then
      for k in pairs(stream.labels) do seen[k] = true end
    elseif stream.labels[name] then
      seen[stream.labels[name]] = true
    end
  end
  return value.array(value.sorted_keys(seen))
end

--- The labels of the streams that matchers select; nil: of all.
---@param matchers table[]|nil
---@return table<string, string>[]
function Streams:series(matchers)
  local out = value.array {}
  for _, key in ipairs(self.order) do
    local stream = self.by_key[key]
    if not matchers or selected(stream, matchers) then out[#out + 1] = stream.labels end
  end
  return out
end

return streams

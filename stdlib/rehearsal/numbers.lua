--- The Prometheus of a rehearsal that has no real one. What a file says of a query holds; else a gate's query has a value
--- that is healthy, by the gate's own limit, and both arms of a canary have the same; and faults make a query bad, or take its
--- data away. What came from where is counted, and said in the end.
local arms = require "almanac.rehearsal.arms"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local json = require "native.json"
local lookup = require "almanac.base.lookup"
local metrics = require "almanac.sim.world.metrics"
local nearest = require "almanac.base.nearest"
local prometheus = require "almanac.sim.world.prometheus"
local yaml = require "native.yaml"

local M = {}

local Numbers = {}
Numbers.__index = Numbers

-- Values of a gate -------------------------------------------------------------------------------

local BELOW = { ["<"] = true, ["<="] = true }
local ABOVE = { [">"] = true, [">="] = true }

--- So far from a limit that it is on the one side of it without a doubt.
local function distance(limit) return limit == 0 and 1 or math.abs(limit) / 4 end

--- A value that is healthy for a gate. Pure.
---@param gate { op: string, limit: number }
---@return number
function M.healthy(gate)
  if BELOW[gate.op] then return gate.limit - distance(gate.limit) end
  if ABOVE[gate.op] or gate.op == "~=" then return gate.limit + distance(gate.limit) end
  return gate.limit
end

--- A value that is not: its critical limit, where it has one. Pure.
---@param gate { op: string, limit: number, critical: number? }
---@return number
function M.bad(gate)
  if gate.critical then return gate.critical end
  if gate.op == "~=" or gate.op == ">" and gate.limit == 0 then return gate.limit end -- a count is not below 0
  return ABOVE[gate.op] and gate.limit - distance(gate.limit) or gate.limit + distance(gate.limit)
end

-- What a file says --------------------------------------------------------------------------------

--- Values from a time on: { ["0s"] = 1, ["2m"] = 9 } as pairs in order; nil: it is none.
local function course_of(answer)
  local out = {}
  for key, value in pairs(answer) do
    local ok, seconds = errors.try(duration.parse, type(key) == "string" and key or "?")
    if not ok then return nil end
    out[#out + 1] = { from = seconds, value = value }
  end
  table.sort(out, function(a, b) return a.from < b.from end)
  return out[1] and out or nil
end

local HINT = "a query is followed by a number, by a list of series with their value, by null for no data, or by what it is from a "
  .. "time on: { 0s: 0.01, 2m: 0.3 }"

--- Whether it is a value at one time.
local function is_value(value)
  if type(value) == "number" or value == false or value == nil then return true end
  if type(value) ~= "table" then return false end
  for _, one in ipairs(value) do
    if type(one) ~= "table" or type(one.value) ~= "number" then return false end
  end
  return #value > 0 or next(value) == nil
end

--- The answer that a file has for a query, as one of Prometheus' is given.
local function answer_from(name, query, given)
  if given == json.null then return false end
  if is_value(given) then return given end
  local course = type(given) == "table" and #given == 0 and course_of(given)
  for _, one in ipairs(course or {}) do
    if one.value == json.null then one.value = false end
    if not is_value(one.value) then course = nil break end
  end
  if not course then
    errors.raise { kind = "usage", message = string.format("--prom %s: %s: that is no answer", name, query), hint = HINT }
  end
  return function(seconds)
    local value = false
    for _, one in ipairs(course) do
      if one.from <= seconds then value = one.value end
    end
    return value
  end
end

--- Reads what somebody wrote down of queries: YAML or JSON. Raises kinds "usage", "io" and "parse".
---@param name string
---@return table<string, any> answers
function M.read(name)
  local given = yaml.decode(require("native.fs").read_own(name, "answers of Prometheus"), { name = name })
  if type(given) ~= "table" or #given > 0 then
    errors.raise { kind = "usage", message = string.format("--prom %s: it holds no queries", name), hint = HINT }
  end
  local out = {}
  for query, answer in pairs(given) do out[query] = answer_from(name, tostring(query), answer) end
  return out
end

-- Answering --------------------------------------------------------------------------------------

---@class almanac.rehearsal.NumbersOptions
---@field answers table<string, any>?  of a file
---@field faults table                 of the simulated cluster
---@field is_up fun(workload: string, namespace: string?): boolean
---@field pods fun(): table[]          that there are
---@field now fun(): number            seconds since 1970

---@param o almanac.rehearsal.NumbersOptions
---@return table
function M.new(o)
  return setmetatable({
    answers = o.answers or {}, faults = o.faults, is_up = o.is_up, pods = o.pods, clock = o.now, began = o.now(),
    gates = {}, comparisons = {}, names = {}, spoilt = {}, seen = { default = {}, canary = {}, file = {}, nothing = {} },
  }, Numbers)
end

function Numbers:now() return self.clock() end

function Numbers.call(_, fn, ...) return fn(...) end

function Numbers.firing() return {} end

local function squeezed(query) return (query:gsub("%s+", " "):match "^ ?(.-) ?$") end

--- Gates that are watched from now on.
---@param gates { name: string, query: string, op: string, limit: number, critical: number? }[]
function Numbers:learn(gates)
  for _, gate in ipairs(gates) do
    self.names[gate.name] = true
    if tonumber(gate.limit) then
      local limit, critical = tonumber(gate.limit), tonumber(gate.critical)
      self.gates[squeezed(gate.query)] = { name = gate.name, op = gate.op, limit = limit, critical = critical }
    end
  end
end

--- Looks which arms of canaries are worse now.
local function look(self)
  if not self.comparisons[1] then return end
  local list = self.pods()
  for _, comparison in ipairs(self.comparisons) do comparison:look(self:now(), self.spoilt, list) end
end

--- A canary that is compared from now on. One that is taken up again goes on.
---@param asked almanac.rehearsal.Asked
function Numbers:learn_canary(asked)
  local known = json.encode(asked, { canonical = true })
  for _, comparison in ipairs(self.comparisons) do
    if comparison.asked == known then return end
  end
  local comparison = arms.new(asked, squeezed)
  comparison.asked = known
  table.insert(self.comparisons, 1, comparison) -- the newest is found first
  for _, metric in ipairs(asked.metrics) do self.names[metric.name] = true end
  look(self)
end

--- Has the query of a gate bad values, and a canary's metric of that name worse ones, or no longer.
---@param name string
---@param on boolean
function Numbers:spoil(name, on)
  self.spoilt[name] = on or nil
  look(self)
end

--- What an arm of a canary has, and the comparison; nil: the query is of none.
local function arm_of(self, query)
  for _, comparison in ipairs(self.comparisons) do
    local answer = comparison:answer(squeezed(query))
    if answer then return answer, comparison end
  end
  return nil
end

--- Whether a fault of the cluster is on that a query's metrics show.
local function shows_fault(self, found)
  for _, text in ipairs(self.faults:list()) do
    for _, metric in ipairs(found) do
      if metric.shows(text) then return true end
    end
  end
  return false
end

--- The fault that takes a query's data away, or makes two series of it.
local function fault_of(self, query, kind)
  for _, text in ipairs(self.faults:list()) do
    local metric = text:match("^" .. kind .. "=(.*)$")
    if metric and query:find(metric, 1, true) then return true end
  end
  return false
end

local function is_gone(self, query, found)
  if fault_of(self, query, "no%-data") then return true end
  local namespace = query:match '[{,%s]namespace="([^"]+)"'
  for _, metric in ipairs(found) do
    if not self.is_up(metric.workload, namespace) then return true end -- who is down exports nothing
  end
  return false
end

--- Whether the gate of a query is to have bad values now, whoever answers it otherwise; or any metric of the canary that it is
--- of: counters of one comparison are of one source.
---@param query string
---@return boolean
function Numbers:is_spoilt(query)
  local gate = self.gates[squeezed(query)]
  if gate then return self.spoilt[gate.name] == true end
  local _, comparison = arm_of(self, query)
  return comparison ~= nil and comparison.spoilt
end

--- What a query has without a fault of its own, and where that is from.
local function plain_answer(self, query)
  local answer, pattern = lookup.find(self.answers, query)
  local arm, comparison = arm_of(self, query)
  if pattern ~= nil and not (comparison and comparison.spoilt) then return answer, "file" end
  local gate = self.gates[squeezed(query)]
  if gate then return M.healthy(gate), "default" end
  if arm then return function(seconds) return arm(self.began + seconds) end, "canary" end
  return nil, query:find("ALERTS", 1, true) and "default" or "nothing"
end

--- What a query has now.
---@param query string
---@return any
function Numbers:answer_of(query)
  look(self)
  local found, gate = metrics.of_query(query), self.gates[squeezed(query)]
  local answer, source = plain_answer(self, query)
  self.seen[source][query] = true
  if is_gone(self, query, source ~= "canary" and found or {}) then return nil end -- an arm that is down is a worse one
  if gate and (self.spoilt[gate.name] or source == "default" and shows_fault(self, found)) then answer = M.bad(gate) end
  if type(answer) == "number" and fault_of(self, query, "series") then
    return { { replica = "a", value = answer }, { replica = "b", value = answer } }
  end
  return answer
end

--- Answers a request, whose path is this of Prometheus' API.
---@return boolean served
function Numbers:handle(path, request, response) return prometheus.handle(self, path, request, response) end

-- Saying -----------------------------------------------------------------------------------------

local function queries_of(seen)
  local out = {}
  for query in pairs(seen) do out[#out + 1] = query end
  table.sort(out)
  return out
end

local SHOWN = 3 -- queries that nothing is known of

--- Where the numbers came from, in words, and what was meant to be bad and was never asked.
---@return string[] lines
function Numbers:told()
  local out, defaults, files, nothing = {}, queries_of(self.seen.default), queries_of(self.seen.file), queries_of(self.seen.nothing)
  local parts, canaries = {}, queries_of(self.seen.canary)
  if defaults[1] then parts[#parts + 1] = string.format("%d queries had a healthy value by default", #defaults) end
  if canaries[1] then parts[#parts + 1] = string.format("%d of a canary were made up, its arms equal but for faults", #canaries) end
  if files[1] then parts[#parts + 1] = string.format("%d what the file says", #files) end
  if parts[1] then out[#out + 1] = "  numbers: " .. table.concat(parts, ", ") end
  for i = 1, math.min(#nothing, SHOWN) do out[#out + 1] = "! no data, for nothing is said of it (--prom FILE): " .. nothing[i] end
  if #nothing > SHOWN then out[#out + 1] = string.format("! and %d queries more", #nothing - SHOWN) end
  for name in pairs(self.spoilt) do
    if not self.names[name] then
      out[#out + 1] = string.format("! gate=%s: no gate of that name was watched%s", name, nearest.suffix(name, self.names))
    end
  end
  return out
end

return M

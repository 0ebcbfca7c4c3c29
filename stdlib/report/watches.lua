--- What gates and canaries saw, as series that can be drawn: samples against limits, and evidence against bounds. Pure.
local errors = require "almanac.base.errors"
local analysis = require "almanac.observe.canary.analysis"
local json = require "native.json"
local number = require "almanac.base.number"
local shape = require "almanac.base.shape"
local standings = require "almanac.report.standing"
local watch_of = require "almanac.observe.canary.watch"

local M = {}

---@class almanac.report.Gate
---@field path string
---@field spec? table       of gate.start: query, op, limit, critical, hold, interval; nil: an older almanac kept none
---@field samples { ms: integer, value: number|string|nil, ok: boolean?, what: string? }[]
---@field holds { from_ms: integer, to_ms: integer }[]  in which somebody saw that it was healthy, without a break
---@field verdict? string   nil: it was not decided
---@field why? string
---@field standing? almanac.report.Standing  while it is watched

---@class almanac.report.Canary
---@field path string
---@field begin_ms integer
---@field horizon? number       seconds
---@field metrics almanac.report.CanaryMetric[]
---@field verdict? string
---@field why? string
---@field unread? string        why the evidence could not be computed once more

---@class almanac.report.CanaryMetric
---@field name string
---@field kind "count"|"gauge"
---@field queries? string[]
---@field arms { ms: integer, canary: number?, baseline: number? }[]
---@field evidence { ms: integer, bad: number, good: number }[]  logarithms
---@field fails_at? number      log evidence
---@field passes_at? number
---@field verdict? string
---@field why? string
---@field decided_ms? integer
---@field informational? boolean

-- Gates ------------------------------------------------------------------------------------------

---@param path string
---@return almanac.report.Gate
function M.gate(path)
  return { path = path, samples = json.array {}, holds = json.array {}, bad_row = 0, unwatched = 0 }
end

--- What a sample without a number was instead.
local function what_of(data)
  if type(data.series) == "table" then return #data.series .. " series answered" end
  return data.missing or data.error
end

--- A gate begins to watch, for the first time or once more: what it came to before is not what it comes to.
---@param gate almanac.report.Gate
---@param spec table  of gate.start
function M.begin(gate, spec)
  gate.spec, gate.decided = spec, nil
end

--- What the watch itself came to.
---@param gate almanac.report.Gate
---@param data { verdict: string?, why: string? }
function M.decide(gate, data)
  gate.decided = data
end

--- Whether nobody saw how it was since the sample before; the watch counts it, an older almanac kept where it went on.
local function has_gap(gate, data)
  local unwatched = tonumber(data.unwatched) or gate.unwatched
  local grew = unwatched > gate.unwatched
  gate.unwatched = unwatched
  return grew or data.resumed == true
end

--- Takes one sample. The hold goes on while samples are healthy, or as often unhealthy as is tolerated, and somebody saw it.
---@param gate almanac.report.Gate
---@param data almanac.gate.Sample
function M.add_sample(gate, data)
  local ms = math.floor((tonumber(data.time) or 0) * 1000)
  table.insert(gate.samples, { ms = ms, value = data.value, ok = data.ok, what = what_of(data) })
  if has_gap(gate, data) or data.error then gate.holding = nil end
  if data.error then return end
  local hold = gate.holding
  gate.bad_row = data.ok and 0 or gate.bad_row + 1
  local tolerated = number.of(data.value) and gate.bad_row <= (gate.spec and tonumber(gate.spec.tolerate) or 0)
  if data.ok and not hold then
    gate.holding = { from_ms = ms, to_ms = ms }
    table.insert(gate.holds, gate.holding)
  elseif hold and (data.ok or tolerated) then
    hold.to_ms = ms
  elseif hold then
    gate.holding = nil
  end
end

-- Canaries ---------------------------------------------------------------------------------------

local SPEC = {
  metrics = { list = { name = "string", kind = "string", bad = "number", tolerated = "number", queries = { map = { map = "string" } },
    weight = "number" } },
  alpha = "number", beta = "number", horizon = "number", interval = "number",
}

local function queries_of(spec, group)
  local out = {}
  for _, metric in ipairs(spec.metrics) do
    if metric.name == group then
      for source, arms in pairs(metric.queries) do
        for arm, query in pairs(arms) do out[#out + 1] = string.format("%s of the %s: %s", source, arm, query) end
      end
    end
  end
  table.sort(out)
  return json.array(out)
end

local function metrics_of(watch)
  local out = json.array {}
  for i, metric in ipairs(watch.metrics) do
    local fails, passes = analysis.bounds(watch.analysis, metric)
    out[i] = {
      name = metric.name, kind = metric.kind, informational = metric.informational or nil, fails_at = fails, passes_at = passes,
      queries = queries_of(watch.spec, metric.group), arms = json.array {}, evidence = json.array {},
    }
  end
  return out
end

---@param path string
---@param data table  of canary.start
---@return almanac.report.Canary
function M.canary(path, data)
  local canary = { path = path, begin_ms = math.tointeger(data.begin) or 0, metrics = json.array {} }
  if shape.wrong(data.spec, SPEC) or shape.wrong(data.bounds, { map = { list = "number" } }) then
    canary.unread = "its journal was written by an almanac that kept samples without what they are judged by"
    return canary
  end
  local ok, watch = errors.try(watch_of.new, data.spec, canary.begin_ms, data.bounds)
  if not ok then
    canary.unread = tostring(watch.message)
    return canary
  end
  canary.watch, canary.horizon, canary.metrics = watch, data.spec.horizon, metrics_of(watch)
  return canary
end

--- What an arm did in one sample: a share of its requests, or a value.
local function of_arm(kind, value, arm)
  if kind == "gauge" then return tonumber(value[arm]) end
  local events, requests = tonumber(value[arm .. "_events"]), tonumber(value[arm .. "_requests"])
  return events and requests and requests > 0 and events / requests or nil
end

--- Takes one sample of a canary.
---@param canary almanac.report.Canary
---@param data { begin: integer, time: integer, values: table<string, table> }
function M.add_comparison(canary, data)
  local watch = canary.watch
  if not watch or data.begin ~= canary.begin_ms or watch.over then return end
  local ok, err = errors.try(watch_of.take, watch, data)
  if not ok then
    canary.watch, canary.unread = nil, tostring(err.message)
    return
  end
  for i, one in ipairs(watch.verdict.metrics) do
    local metric, value = canary.metrics[i], data.values[watch.metrics[i].name]
    if value then
      table.insert(metric.arms, { ms = data.time, canary = of_arm(metric.kind, value, "canary"),
        baseline = of_arm(metric.kind, value, "baseline") })
    end
    table.insert(metric.evidence, { ms = data.time, bad = one.fail, good = one.pass })
    metric.verdict, metric.why = one.verdict, one.why
    if one.decided == watch.analysis.samples then metric.decided_ms = data.time end
  end
  canary.verdict = watch.verdict.verdict
end

--- The verdict of a gate or canary, and why it did not pass: as it was journalled; an older almanac kept a gate's in what its
--- step returned, or in its failure.
---@param watch almanac.report.Gate|almanac.report.Canary
---@param node almanac.Node  its step
---@param now_ms integer
function M.conclude(watch, node, now_ms)
  watch.standing = standings.of(node, now_ms)
  local given = type(node.result) == "table" and node.result or {}
  watch.result = next(given) and given or nil
  local decided = watch.decided
  if decided then
    watch.verdict = decided.verdict
    watch.why = decided.verdict ~= "pass" and (node.message or decided.why) or nil
  else
    watch.verdict, watch.why = given.verdict or watch.verdict, node.message
    if not watch.verdict and node.message then watch.verdict = node.message:match '": ([%a ]+): ' end
  end
  M.close(watch)
end

--- Without what was only needed to gather it.
---@param watch almanac.report.Gate|almanac.report.Canary
function M.close(watch)
  watch.watch, watch.holding, watch.bad_row, watch.unwatched, watch.decided = nil, nil, nil, nil, nil
end

return M

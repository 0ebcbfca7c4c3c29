--- Gates on Prometheus' history: the verdict that a run would have come to, from the looks that it would have had, by the
--- code that a run uses.
local errors = require "almanac.base.errors"
local history = require "almanac.observe.history"
local limits = require "almanac.observe.gate.limits"
local number = require "almanac.base.number"
local samples_of = require "almanac.observe.gate.sample"
local verdicts = require "almanac.observe.gate.verdict"

local M = {}

--- Breaks that a finding lists: the worst ones.
local LISTED = 3

--- The samples at these looks. Pure.
---@param spec almanac.gate.Spec
---@param looks almanac.Look[]
---@return almanac.gate.Sample[]
function M.samples(spec, looks)
  local out = {}
  for i, look in ipairs(looks) do out[i] = samples_of.of(spec, look.answer, look.time) end
  return out
end

--- One watch: its verdict, none where the samples end before it, and the sample that it was known at.
local function watch(spec, samples, first)
  local tally = verdicts.begin()
  for i = first, #samples do
    verdicts.add(spec, tally, samples[i])
    local so_far = verdicts.so_far(spec, tally)
    if so_far.verdict then return so_far, i end
  end
  return verdicts.so_far(spec, tally), #samples
end

--- The watches of a window, one behind the other; only the first where one is wanted. Pure.
---@param spec almanac.gate.Spec
---@param samples almanac.gate.Sample[]
---@param once boolean
---@return { from: number, at: number, verdict: string?, why: string, last: integer }[]
function M.watches(spec, samples, once)
  local out, first = {}, 1
  while first <= #samples and not (once and #out > 0) do
    local so_far, last = watch(spec, samples, first)
    out[#out + 1] = { from = samples[first].time, at = samples[last].time, verdict = so_far.verdict, why = so_far.why, last = last }
    first = last + 1
  end
  return out
end

--- The stretches in which samples were unhealthy, the worst first. Pure.
---@param spec almanac.gate.Spec
---@param samples almanac.gate.Sample[]
---@param last integer  samples that count
---@return { from: number, to: number, worst: number|string }[]
function M.breaks(spec, samples, last)
  local out, open = {}, nil
  for i = 1, last do
    local value = number.of(samples[i].value)
    if value and not samples_of.judge(spec, value) then
      if not open then
        open = { from = samples[i].time, worst = value }
        out[#out + 1] = open
      end
      local worse = { op = spec.op, limit = open.worst }
      if value ~= open.worst and not samples_of.judge(worse, value) then open.worst = value end
      open.to = samples[i].time
    else
      open = nil
    end
  end
  table.sort(out, function(a, b)
    if a.worst ~= b.worst then return not samples_of.judge({ op = spec.op, limit = b.worst }, a.worst) end
    return a.from < b.from
  end)
  for _, one in ipairs(out) do one.worst = number.plain(one.worst) end
  return out
end

--- The watch that stands for all: the first that did not pass, else the first.
local function telling(watches)
  for _, one in ipairs(watches) do
    if one.verdict and one.verdict ~= "pass" then return one end
  end
  return watches[1]
end

local function passes(spec, samples, once)
  local any = false
  for _, one in ipairs(M.watches(spec, samples, once)) do
    if one.verdict and one.verdict ~= "pass" then return false end
    any = any or one.verdict == "pass"
  end
  return any
end

--- What the limits come to, as fields of a finding. Pure.
---@param spec almanac.gate.Spec
---@param samples almanac.gate.Sample[]
---@param margin number
---@param trial fun(spec: almanac.gate.Spec): boolean
---@return { needed: number?, suggested: number? }
function M.limits(spec, samples, margin, trial)
  local needed = limits.tightest(spec, samples, trial)
  return { needed = needed, suggested = needed and limits.suggested(spec, needed, margin) }
end

--- What a gate would have come to. Pure.
---@param spec almanac.gate.Spec checked
---@param samples almanac.gate.Sample[]
---@param once boolean   one watch that began with the first sample; else as many as there were
---@param margin number
---@return almanac.past.Finding
function M.judge(spec, samples, once, margin)
  local watches = M.watches(spec, samples, once)
  local over, held = 0, 0
  for _, one in ipairs(watches) do
    over = over + (one.verdict and 1 or 0)
    held = held + (one.verdict == "pass" and 1 or 0)
  end
  local told = telling(watches) or { why = "there is no time in the window" }
  local breaks = M.breaks(spec, samples, once and told.last or #samples)
  local found = M.limits(spec, samples, margin, function(other) return passes(other, samples, once) end)
  return {
    kind = "gate", name = spec.name, query = spec.query, op = spec.op, limit = spec.limit, critical = spec.critical,
    limit_from = spec.limit_from, hold = spec.hold, verdict = told.verdict or "not over", why = told.why, at = told.at,
    watches = over, held = held, breaks = table.move(breaks, 1, math.min(#breaks, LISTED), 1, {}), broken = #breaks,
    needed = found.needed, suggested = found.suggested,
  }
end

--- Looks at the past of a gate. What Prometheus says of the query is a verdict, as in a run.
---@param spec almanac.gate.Spec checked
---@param to number
---@param past almanac.Past
---@return almanac.gate.Sample[]
function M.read(spec, to, past)
  local ok, looks = errors.try(history.read, spec.query, spec.url, past.from, to, spec.interval)
  if ok then return M.samples(spec, looks) end
  if looks.kind ~= "prom" then error(looks, 0) end
  return { { time = past.from, ok = false, error = tostring(looks.message), permanent = true } }
end

--- Judges a gate, and adds it to what was found.
---@param spec almanac.gate.Spec checked
---@param past almanac.Past
---@param path string
---@return table  what a gate returns that passed: the script goes on
function M.find(spec, past, path)
  local longest = spec.grace + 2 * spec.hold + spec.interval
  local samples = M.read(spec, past:ending(longest), past)
  local finding = M.judge(spec, samples, past.to == nil, past.margin)
  past:add(path, finding)
  local last = samples[#samples]
  return { verdict = "pass", value = last and last.value, limit = spec.limit, held = spec.hold, unwatched = 0, samples = #samples }
end

return M

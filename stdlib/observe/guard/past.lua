--- A guard on Prometheus' history: when it would have been breached. It has no window of its own: it is looked at as long
--- as the window of the backtest lasts.
local conditions = require "almanac.observe.guard.condition"
local gate_past = require "almanac.observe.gate.past"

local M = {}

--- How long a guard is looked at where the backtest has a beginning alone: as long as a cutover keeps its canary.
local LENGTH = 30 * 60

--- The first breach. Pure.
---@param spec almanac.gate.Spec  of the guard
---@param samples almanac.gate.Sample[]
---@return almanac.guard.Breach?
---@return integer? sample
function M.breach(spec, samples)
  local condition = conditions.new(spec.name)
  for i, sample in ipairs(samples) do
    local breach = condition:gate(spec, sample)
    if breach then return breach, i end
  end
end

--- What one gate of a guard would have come to. Pure.
---@param guard string  its name
---@param spec almanac.gate.Spec
---@param samples almanac.gate.Sample[]
---@param margin number
---@return almanac.past.Finding
function M.judge(guard, spec, samples, margin)
  local breach, at = M.breach(spec, samples)
  local breaks = gate_past.breaks(spec, samples, #samples)
  local found = gate_past.limits(spec, samples, margin, function(other) return M.breach(other, samples) == nil end)
  local verdict = breach and (breach.kind == "blind" and "no data" or "fail") or #samples > 0 and "pass" or "not over"
  return {
    kind = "guard", guard = guard, name = spec.name, query = spec.query, op = spec.op, limit = spec.limit,
    critical = spec.critical, limit_from = spec.limit_from, verdict = verdict, why = breach and breach.why or "healthy throughout",
    at = at and samples[at].time, breaks = { breaks[1] }, broken = #breaks, needed = found.needed, suggested = found.suggested,
  }
end

--- Judges the gates of a guard.
---@param spec almanac.guard.Spec
---@param past almanac.Past
---@param path string
function M.find(spec, past, path)
  for _, gate in ipairs(spec.gates) do
    local looked = {}
    for key, value in pairs(gate) do looked[key] = value end
    looked.interval = spec.interval
    past:add(path, M.judge(spec.name, looked, gate_past.read(looked, past:ending(LENGTH), past), past.margin))
  end
end

return M

--- A guard on Prometheus' history: when it would have been breached. It has no window of its own: it is looked at as long
--- as the window of the backtest lasts.
local conditions = require "almanac.observe.guard.condition"
local errors = require "almanac.base.errors"
local gate_past = require "almanac.observe.gate.past"
local history = require "almanac.observe.history"
local selector = require "almanac.observe.canary.selector"

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
local function judge(guard, spec, samples, margin)
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

--- The alerts that Prometheus' own rules had firing, as its series ALERTS keeps them. Pure.
--- https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
---@param wanted table  the `alerts` of a guard
---@return string query
local function alerts_query(wanted)
  local severities = {}
  for i, severity in ipairs(wanted.severity) do severities[i] = severity:gsub("[^%w_]", "\\\\%0") end
  local labels = {}
  for label, value in pairs(wanted.labels) do labels[label] = tostring(value) end
  local matchers = selector.matchers(labels) or {}
  table.insert(matchers, 1, string.format('severity=~"%s"', table.concat(severities, "|")))
  return (selector.with('ALERTS{alertstate="firing"}', matchers))
end

--- The first look that has an alert which is meant. Pure.
---@param looks almanac.Look[]
---@param ignore string[]
---@return number? at
---@return string? why
local function fired(looks, ignore)
  local ignored = {}
  for _, name in ipairs(ignore) do ignored[name] = true end
  for _, look in ipairs(looks) do
    local names = {}
    for _, series in ipairs(look.answer.series) do
      local name = series.labels.alertname or "?"
      if not ignored[name] then names[#names + 1] = name .. " fires, severity " .. tostring(series.labels.severity) end
    end
    table.sort(names)
    if #names > 0 then return look.time, table.concat(names, "; ") end
  end
end

--- What the alerts of a guard would have come to.
local function alerts_finding(spec, past)
  local query = alerts_query(spec.alerts)
  local found = { kind = "guard", guard = spec.name, name = "alerts", query = query, breaks = {}, broken = 0 }
  local ok, looks = errors.try(history.read, query, nil, past.from, past:ending(LENGTH), spec.interval)
  if not ok then
    if looks.kind ~= "prom" then error(looks, 0) end
    found.verdict, found.why = "error", tostring(looks.message)
    return found
  end
  local at, why = fired(looks, spec.alerts.ignore)
  found.at, found.why, found.verdict = at, why or "none fired by Prometheus' own rules", at and "fail" or "pass"
  return found
end

--- Judges the gates and alerts of a guard.
---@param spec almanac.guard.Spec
---@param past almanac.Past
---@param path string
function M.find(spec, past, path)
  if spec.alerts then past:add(path, alerts_finding(spec, past)) end
  for _, gate in ipairs(spec.gates) do
    local looked = {}
    for key, value in pairs(gate) do looked[key] = value end
    looked.interval = spec.interval
    past:add(path, judge(spec.name, looked, gate_past.read(looked, past:ending(LENGTH), past), past.margin))
  end
end

return M

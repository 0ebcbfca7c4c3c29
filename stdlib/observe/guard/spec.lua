--- What a guard watches: its fields, and what is wrong with them. Pure.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local gates = require "almanac.observe.gate.spec"
local unknown = require "almanac.base.unknown"

local M = {}

local GATE = fields.with(gates.MEASURE, {
  name = { "text", required = true, help = "what it is called" },
  critical = { "number", help = "at or past it on the unhealthy side one sample is a breach" },
  tolerate = { "integer", default = 1, help = "unhealthy samples in a row that are no breach yet" },
  errors = { "integer", default = 4, help = "samples in a row without a value that are no breach yet" },
})

local ALERTS = {
  severity = { "texts", default = { "critical", "page" }, help = "an alert of one of them is a breach" },
  labels = { "map", default = {}, help = "labels that it must have" },
  ignore = { "texts", default = {}, may_be_empty = true, help = "names of alerts that are none" },
  errors = { "integer", default = 4, help = "failed looks in a row that are no breach yet" },
  url = {
    "text", shown_default = "endpoints.alertmanager of almanac.yaml, else Prometheus' own alerts", help = "base URL of Alertmanager",
  },
}

local SPEC = fields.declare("guard", {
  gates = { "list", of = GATE, help = "numbers of Prometheus that must stay healthy" },
  alerts = { "shape", of = ALERTS, help = "alerts that must not fire; {} for all of severity critical and page" },
  on_breach = {
    "enum", values = { "pause", "stop", "undo" }, default = "pause",
    help = "pause: somebody says whether to go on, roll back or stop; stop: the step fails; undo: the run is rolled back",
  },
  interval = { "seconds", default = 15, help = "between samples" },
}, { at = 2, whole = function(raw, name) return unknown.within(raw) or M.check(name or "guard", raw) end })

---@class almanac.guard.Spec   checked: the fields of SPEC
---@field name string
---@field gates almanac.gate.Spec[]

local function gates_of(name, list)
  local out, seen = {}, {}
  for i, raw in ipairs(list or {}) do
    if seen[raw.name] then errors.usage("guard %q: two gates are called %q", name, raw.name) end
    seen[raw.name] = true
    local spec = {}
    for field, value in pairs(raw) do
      if field ~= "name" then spec[field] = value end
    end
    spec.hold = 1 -- it is never over
    out[i] = gates.check(raw.name, spec)
  end
  return out
end

--- Checks a specification.
---@param name string
---@param raw table
---@return almanac.guard.Spec
function M.check(name, raw)
  local spec = fields.check(SPEC, raw, string.format("guard %q", tostring(name)))
  spec.name, spec.gates = name, gates_of(name, spec.gates)
  if #spec.gates == 0 and not spec.alerts then
    errors.raise {
      kind = "usage", message = string.format("guard %q watches nothing", tostring(name)),
      hint = 'give it gates = { { name = …, query = …, limit = … } }, or alerts = {}, or both',
    }
  end
  if spec.interval == 0 then errors.usage("guard %q: interval must be more than 0", tostring(name)) end
  return spec
end

--- What is watched, and what a breach leads to, as plain data.
---@param spec almanac.guard.Spec
---@return table<string, any>
function M.watched(spec)
  local watched = {}
  for i, gate in ipairs(spec.gates) do watched[i] = gates.watched(gate) end
  return { gates = watched, alerts = spec.alerts, on_breach = spec.on_breach, interval = spec.interval }
end

--- The text of which a guard's digest is made: another specification is another guard.
---@param spec almanac.guard.Spec
---@return string
function M.text(spec)
  return require("native.json").encode({
    gates = spec.gates, alerts = spec.alerts, on_breach = spec.on_breach, interval = spec.interval,
  }, { canonical = true })
end

return M

--- What was planned beside what happened: a plan's effects and gates, and the events of the run that was
--- bound to it. Pure.
local number = require "almanac.base.number"

local M = {}

---@class almanac.PlanOutcome
---@field path string
---@field title string
---@field state "as planned"|"failed"|"in doubt"|"not reached"|"not in the plan"
---@field why? string
---@field planned? table   of the plan
---@field within? string[] titles of effects that it needed besides

local function key_of(path, ordinal)
  return path .. "#" .. ordinal
end

local on = {}

on["effect.intent"] = function(seen, path, data)
  local parent, rest = tostring(data.ordinal):match "^(%d+)(%.?.*)$"
  local key = key_of(path, parent)
  if rest ~= "" then -- an effect of an effect: a repair that it needed
    local item = seen.by_key[key]
    if item then item.within[#item.within + 1] = data.title or data.op end
    return
  end
  if not seen.by_key[key] then seen.order[#seen.order + 1] = key end
  seen.by_key[key] = { path = path, title = data.title or data.op, op = data.op, digest = data.digest, state = "in doubt", within = {} }
end

on["effect.outcome"] = function(seen, path, data)
  local item = seen.by_key[key_of(path, tostring(data.ordinal))]
  if not item then return end
  item.state = data.ok and "done" or "failed"
  item.why = data.error and data.error.message
end

on["gate.sample"] = function(seen, path, data)
  local gate = seen.samples[path] or { count = 0 }
  gate.count, gate.last = gate.count + 1, data
  seen.samples[path] = gate
end

on["run.unbound"] = function(seen) seen.unbound = true end
on["step.done"] = function(seen, path) seen.steps[path] = "done" end
on["step.failed"] = function(seen, path, data)
  seen.steps[path] = "failed"
  seen.failures[path] = data.message
end
on["step.interrupted"] = on["step.failed"]

--- What a gate saw in the run.
local function watched(gate)
  if not gate then return nil end
  local last = gate.last
  local value = type(last.value) == "number" and number.text(last.value) or last.value
  return string.format("%d sample%s, the last %s", gate.count, gate.count == 1 and "" or "s",
    value or last.missing or last.error or "without a value")
end

--- Sets what happened beside what was planned.
---@param plan table     the payload of run.plan
---@param events { kind: string, path: string, data: table }[]
---@return almanac.PlanOutcome[] effects the planned ones in their order, then those that were not planned
---@return { path: string, text: string, state: string, why: string?, saw: string? }[] gates in the plan's order
---@return boolean unbound the operator went on without the plan
function M.compare(plan, events)
  local seen = { by_key = {}, order = {}, steps = {}, failures = {}, samples = {}, unbound = false }
  for _, event in ipairs(events) do
    if on[event.kind] then on[event.kind](seen, event.path, event.data) end
  end
  local effects, gates, planned_keys = {}, {}, {}
  for _, planned in ipairs(plan.effects) do
    local key = key_of(planned.path, planned.ordinal)
    planned_keys[key] = true
    local item = seen.by_key[key]
    local entry = { path = planned.path, title = planned.title, planned = planned, state = "not reached" }
    if item then
      entry.within = #item.within > 0 and item.within or nil
      entry.state, entry.why = item.state == "done" and "as planned" or item.state, item.why
      if item.op ~= planned.op or item.digest ~= planned.digest and not planned.open then
        entry.state, entry.why = "not in the plan", "it became: " .. item.title
      end
    end
    effects[#effects + 1] = entry
  end
  for _, key in ipairs(seen.order) do
    local item = seen.by_key[key]
    if not planned_keys[key] then
      effects[#effects + 1] = { path = item.path, title = item.title, state = "not in the plan", why = item.why }
    end
  end
  for _, gate in ipairs(plan.gates or {}) do
    gates[#gates + 1] = {
      path = gate.path, text = gate.text, state = seen.steps[gate.path] or "not reached", why = seen.failures[gate.path],
      saw = watched(seen.samples[gate.path]),
    }
  end
  return effects, gates, seen.unbound
end

return M

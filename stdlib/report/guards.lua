--- What guards watched: their gates as series that can be drawn, their alerts, and each breach with what was answered. Pure.
local json = require "native.json"
local watches = require "almanac.report.watches"

local M = {}

---@class almanac.report.Guard
---@field path string
---@field step? integer          id of its step
---@field interval? number       seconds between two looks; nil: an older almanac kept none
---@field on_breach? "pause"|"stop"|"undo"
---@field gates almanac.report.Gate[]  each with its `name`; every look at first, later one a minute and what was news
---@field alerts? { ms: integer, ok: boolean?, what: string? }[]  as they changed; nil: it watched none
---@field breaches almanac.report.Breach[]
---@field verdict? "held"|"let pass"|"breach"  nil: it is not over

---@class almanac.report.Breach
---@field ms integer
---@field gates string[]     names of the gates and alerts that it is of
---@field why string
---@field answer? string     "go on", "roll back", "stop"; nil: nobody has answered
---@field by? string
---@field reason? string
---@field answered_ms? integer

---@class almanac.report.Guards
---@field list almanac.report.Guard[]
---@field private of table<table, almanac.report.Guard>   by node
local Guards = {}
Guards.__index = Guards

--- The name under which a guard keeps its looks at alerts.
local ALERTS = "alerts"

---@return almanac.report.Guards
function M.new()
  return setmetatable({ list = {}, of = {} }, Guards)
end

---@param node almanac.Node
---@return almanac.report.Guard
function Guards:guard(node)
  local guard = self.of[node]
  if guard then return guard end
  guard = { path = node.path, node = node, gates = json.array {}, breaches = json.array {}, by_name = {} }
  self.of[node] = guard
  table.insert(self.list, guard)
  return guard
end

local function gate_of(guard, name)
  local gate = guard.by_name[name]
  if gate then return gate end
  gate = watches.gate(guard.path)
  gate.name, guard.by_name[name] = name, gate
  table.insert(guard.gates, gate)
  return gate
end

local on = {}

on["guard.start"] = function(guard, event)
  local data = event.data
  guard.interval, guard.on_breach = data.interval, data.on_breach
  for _, gate in ipairs(guard.gates) do gate.holding = nil end -- nobody looked while nobody ran it
  for _, spec in ipairs(type(data.gates) == "table" and data.gates or {}) do
    if type(spec) == "table" and type(spec.name) == "string" then gate_of(guard, spec.name).spec = spec end
  end
end

on["guard.sample"] = function(guard, event)
  local data = event.data
  if data.name == ALERTS then
    guard.alerts = guard.alerts or json.array {}
    table.insert(guard.alerts, { ms = event.time_ms, ok = data.ok, what = data.why })
  elseif type(data.name) == "string" then
    watches.add_sample(gate_of(guard, data.name), { time = data.time, value = data.value, ok = data.ok, missing = data.why })
  end
end

on["guard.breach"] = function(guard, event)
  local names, why = json.array {}, {}
  for i, breach in ipairs(type(event.data.breaches) == "table" and event.data.breaches or {}) do
    names[i], why[i] = tostring(breach.name), string.format("%s: %s", breach.name, breach.why)
  end
  table.insert(guard.breaches, { ms = event.time_ms, gates = names, why = table.concat(why, "; ") })
end

--- When somebody answered from elsewhere: the guard hears of it when the run goes on.
on["confirm.answered"] = function(guard, event) guard.answered_ms = event.data.at_ms end

on["guard.answered"] = function(guard, event)
  for _, breach in ipairs(guard.breaches) do
    if not breach.answer then
      local data = event.data
      breach.answer, breach.reason, breach.answered_ms = data.answer, data.reason, guard.answered_ms or event.time_ms
      guard.answered_ms = nil
      breach.by = data.by == "on_breach" and "the runbook (on_breach)" or data.by
      return
    end
  end
end

--- Folds an event in.
---@param event almanac.Event
---@param node almanac.Node?  of its path
function Guards:add(event, node)
  local fn = on[event.kind]
  if not fn or not node or event.kind:find "^confirm%." and not self.of[node] then return end
  fn(self:guard(node), event)
end

local function verdict_of(guard)
  local last = guard.breaches[#guard.breaches]
  if last and last.answer ~= "go on" then return "breach" end
  if guard.node.status ~= "done" then return nil end
  return last and "let pass" or "held"
end

local function close_gate(guard, gate)
  gate.verdict = guard.node.status == "done" and "held" or nil
  for _, breach in ipairs(guard.breaches) do
    for _, name in ipairs(breach.gates) do
      if name == gate.name then gate.verdict, gate.why = "breach", breach.why end
    end
  end
  watches.close(gate)
end

--- What is drawn in the row of its step.
local function marks_of(guard)
  local marks = json.array {}
  for _, breach in ipairs(guard.breaches) do
    marks[#marks + 1] = { ms = breach.ms, what = "breach", text = breach.why }
    if breach.answer then
      marks[#marks + 1] = { ms = breach.answered_ms, what = "answer", text = string.format("%s, by %s", breach.answer, breach.by or "?") }
    end
  end
  return marks
end

--- The guards of a report, when all events are in; their breaches are marked in their steps.
---@param steps almanac.report.Step[]
---@return almanac.report.Guard[]
function Guards:finish(steps)
  local by_path = {}
  for _, step in ipairs(steps) do by_path[step.path] = step end
  for _, guard in ipairs(self.list) do
    local step = by_path[guard.node.path]
    guard.path, guard.verdict = guard.node.path, verdict_of(guard)
    for _, gate in ipairs(guard.gates) do close_gate(guard, gate) end
    if step then guard.step, step.marks = step.id, marks_of(guard) end
    guard.node, guard.by_name, guard.answered_ms = nil, nil, nil
  end
  return json.array(self.list)
end

return M

--- What was planned beside what happened: a plan's effects and gates, and the events of the run that was
--- bound to it. Pure.
local number = require "almanac.base.number"
local step_name = require "almanac.base.step_name"

local M = {}

---@class almanac.PlanOutcome
---@field path string
---@field title string
---@field state "as planned"|"failed"|"in doubt"|"not reached"|"not in the plan"|"without the plan"
---@field why? string
---@field planned? table   of the plan
---@field within? string[] titles of effects that it needed besides
---@field undone? boolean  it was taken back
---@field left? "nothing"|"skipped"  it was not: see almanac.Node

local function key_of(path, ordinal)
  return path .. "#" .. ordinal
end

local on = {}

--- An effect is refused in its step, and every step around that fails of it as well.
local function take_refusal(seen, path, message)
  for refused in pairs(seen.refused) do
    if step_name.is_within(refused, path) then return end
  end
  seen.refused[path] = message
end

--- Why the effect that a step begins next was refused before; nil: it was not, or was put right and kept to the plan.
local function refusal_of(seen, path)
  local message = seen.refused[path]
  seen.refused[path] = nil
  return seen.unbound and message or nil
end

on["effect.intent"] = function(seen, path, data)
  local parent, rest = tostring(data.ordinal):match "^(%d+)(%.?.*)$"
  local key = key_of(path, parent)
  if rest ~= "" then -- an effect of an effect: a repair that it needed
    local item = seen.by_key[key]
    if item then item.within[#item.within + 1] = data.title or data.op end
    return
  end
  if not seen.by_key[key] then seen.order[#seen.order + 1] = key end
  seen.by_key[key] = {
    path = path, ordinal = parent, id = data.id, title = data.title or data.op, op = data.op, digest = data.digest, state = "in doubt",
    within = {}, refused = refusal_of(seen, path) or (seen.by_key[key] or {}).refused,
  }
  if data.id then seen.by_id[data.id] = seen.by_key[key] end
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
on["step.interrupted"] = function(seen, path, data)
  seen.steps[path] = "failed"
  seen.failures[path] = data.message
end
on["step.failed"] = function(seen, path, data)
  on["step.interrupted"](seen, path, data)
  if data.kind == "plan_mismatch" then take_refusal(seen, path, data.message) end
end

--- What is known by path, or below it, has another one from then on.
on["step.renamed"] = function(seen, path, data)
  for i, key in ipairs(seen.order) do
    local item = seen.by_key[key]
    if step_name.is_within(item.path, data.from) then
      seen.by_key[key] = nil
      item.path = path .. item.path:sub(#data.from + 1)
      seen.order[i] = key_of(item.path, item.ordinal)
      seen.by_key[seen.order[i]] = item
    end
  end
  for _, by_path in ipairs { seen.steps, seen.failures, seen.samples, seen.refused } do
    by_path[path], by_path[data.from] = by_path[data.from], nil
  end
  table.insert(seen.renamed, { from = data.from, to = path })
end

local function each_taken_back(seen, path, id, fn)
  if id then return seen.by_id[id] and fn(seen.by_id[id]) end
  for _, item in pairs(seen.by_key) do
    if step_name.is_within(item.path, path) then fn(item) end
  end
end

on["step.undone"] = function(seen, path, data)
  each_taken_back(seen, path, data.effect, function(item) item.undone, item.left = true, nil end)
end

on["step.left"] = function(seen, path, data)
  each_taken_back(seen, path, data.effect, function(item) item.left = data.how end)
end

--- The path that a planned step has now.
local function path_now(seen, path)
  for _, renamed in ipairs(seen.renamed) do
    if step_name.is_within(path, renamed.from) then path = renamed.to .. path:sub(#renamed.from + 1) end
  end
  return path
end

--- Which of the effects of a run is a planned one that is not in its place as it was planned, the surest first: by what it
--- is, and by its place only where there is nothing better, for a script that was edited has others there.
local SAME = {
  function(planned, item) return item.path == planned.path and item.digest == planned.digest end,
  function(planned, item) return planned.open and item.path == planned.path and item.ordinal == planned.ordinal end,
  function(planned, item) return item.path == planned.path and item.title == planned.title end,
  function(planned, item) return item.digest == planned.digest and item.title == planned.title end,
  function(planned, item) return item.path == planned.path and item.ordinal == planned.ordinal end,
}

--- Pairs planned effects with those of the run.
---@return table<integer, table> items by place in the plan
local function pair(seen, plan)
  local pairs_of, taken, wanted, others = {}, {}, {}, {}
  for i, planned in ipairs(plan.effects) do
    local path, ordinal = path_now(seen, planned.path), tostring(planned.ordinal)
    local item = seen.by_key[key_of(path, ordinal)]
    if item and item.op == planned.op and item.digest == planned.digest then
      pairs_of[i], taken[item] = item, true
    else
      wanted[#wanted + 1] = { place = i, path = path, ordinal = ordinal, op = planned.op, digest = planned.digest, title = planned.title,
        open = planned.open }
    end
  end
  for _, key in ipairs(seen.order) do
    if not taken[seen.by_key[key]] then others[#others + 1] = seen.by_key[key] end
  end
  for _, is_same in ipairs(SAME) do
    for _, planned in ipairs(wanted) do
      for _, item in ipairs(pairs_of[planned.place] and {} or others) do
        if not taken[item] and item.op == planned.op and is_same(planned, item) then
          pairs_of[planned.place], taken[item] = item, true
          break
        end
      end
    end
  end
  return pairs_of, taken
end

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
  local seen = { by_key = {}, by_id = {}, order = {}, steps = {}, failures = {}, samples = {}, renamed = {}, refused = {}, unbound = false }
  for _, event in ipairs(events) do
    if on[event.kind] then on[event.kind](seen, event.path, event.data) end
  end
  local effects, gates = {}, {}
  local pairs_of, taken = pair(seen, plan)
  for i, planned in ipairs(plan.effects) do
    local item = pairs_of[i]
    local entry = { path = item and item.path or planned.path, title = planned.title, planned = planned, state = "not reached" }
    if item then
      entry.within = #item.within > 0 and item.within or nil
      entry.undone, entry.left = item.undone, item.left
      entry.state, entry.why = item.state == "done" and "as planned" or item.state, item.why
      if item.digest ~= planned.digest and not planned.open then
        entry.state, entry.why = "not in the plan", "it became: " .. item.title
      elseif item.refused and item.state == "done" then
        entry.state, entry.why = "without the plan", "it had been refused: " .. item.refused
      end
    end
    effects[i] = entry
  end
  for _, key in ipairs(seen.order) do
    local item = seen.by_key[key]
    if not taken[item] then
      effects[#effects + 1] = {
        path = item.path, title = item.title, state = "not in the plan", why = item.why, undone = item.undone, left = item.left,
      }
    end
  end
  for _, gate in ipairs(plan.gates or {}) do
    local path = path_now(seen, gate.path)
    gates[#gates + 1] = {
      path = path, text = gate.text, state = seen.steps[path] or "not reached", why = seen.failures[path],
      saw = watched(seen.samples[path]),
    }
  end
  return effects, gates, seen.unbound
end

--- What became of an effect, in words.
---@param item almanac.PlanOutcome
---@return string
function M.words(item)
  if item.undone then return item.state .. ", taken back" end
  if item.left == "nothing" then return item.state .. "; it never took place" end
  return item.left and item.state .. ", NOT taken back" or item.state
end

return M

--- Whether an effect took place that the journal has no good outcome of: it failed, or it was begun and nobody heard of
--- it again. For who takes a run back: what never took place is not taken back, and what cannot be told is asked.
local definitions = require "almanac.run.definitions"
local diff = require "almanac.base.diff"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local once = require "almanac.run.once"
local redaction = require "almanac.base.redaction"
local known_effects = require "almanac.journal.known_effects"
local task = require "native.task"

local M = {}

---@class almanac.Doubt  an effect that may not have taken place
---@field known almanac.KnownEffect
---@field definition almanac.EffectDefinition?  nil: nobody knows it any more
---@field parts almanac.Doubt[]   the effects that it is made of

---@alias almanac.TookPlace "yes"|"no"|"unknown"

--- Whether an effect took place for sure.
---@param known almanac.KnownEffect
---@return boolean
function M.is_sure(known)
  return known.outcome ~= nil and known.outcome.ok
end

--- Whether it is known that an effect did not take place.
---@param known almanac.KnownEffect
---@return boolean
function M.is_surely_not(known)
  local failure = known.outcome and known.outcome.error
  return not known.first and (known.surely_not == true or failure ~= nil and failure.refused == true)
end

--- Whether what the effect looked at before it began is otherwise now; nil where that cannot be had.
local function has_changed(frame, doubt)
  local observe, intent = doubt.definition.observe, doubt.known.intent
  if not observe then return nil end
  local context = { run = frame.run, step = frame }
  local ok, now = errors.try(task.with, { permit = "read", shield = "none", context = context }, observe, intent.input)
  if not ok and interrupt.of(now) then error(now, 0) end
  if not ok then return nil end
  if now ~= nil then now = json.decode(json.encode(redaction.data(now))) end -- as it was journalled
  return not diff.equal(known_effects.undo_to(doubt.known), now)
end

--- What is known of the parts of an effect: of a script's own there is nothing else that it could have done.
local function parts_of(frame, run_id, doubt)
  local all = "no" ---@type almanac.TookPlace
  for _, part in ipairs(doubt.parts) do
    local said = M.is_sure(part.known) and "yes" or M.of(frame, run_id, part)
    if said == "yes" then return "yes" end
    if said == "unknown" then all = "unknown" end
  end
  return all
end

--- Asks the world, by what the effect's definition has for it. Raises what that raises.
---@param frame almanac.Frame  of the step that takes back; its recover may repair something
---@param run_id string        of the run that made the effect
---@param doubt almanac.Doubt
---@return almanac.TookPlace
---@return any result  of one that did, where that is known
function M.of(frame, run_id, doubt)
  local known, definition = doubt.known, doubt.definition
  local intent, outcome = known.intent, known.outcome
  if definition and definition.goes_on then return "yes" end
  local in_parts = parts_of(frame, run_id, doubt)
  if not definition then return in_parts == "yes" and "yes" or "unknown" end
  local call = { name = intent.op, definition = definition, key = intent.ordinal, run = run_id }
  local state, result = once.ask_world(frame, call, known, intent.input, true)
  if state == "done" then return "yes", result end
  if in_parts == "yes" then return "yes" end
  local is_only = not known.first -- no earlier try may have taken place
  if state == "not_done" and is_only then return "no" end
  local changed = has_changed(frame, doubt)
  if changed ~= nil then return changed and "yes" or "no" end
  if is_only and outcome and outcome.error and outcome.error.refused then return "no" end
  if definitions.is_builtin(intent.op) then return "unknown" end
  return in_parts
end

--- Whether one of these effects took place.
---@param frame almanac.Frame
---@param run_id string
---@param doubts almanac.Doubt[]
---@return almanac.TookPlace
---@return any result         of the first that did, where that is known
---@return almanac.Doubt? one  of which that cannot be told
function M.any(frame, run_id, doubts)
  local unsure
  for _, doubt in ipairs(doubts) do
    local said, result = M.of(frame, run_id, doubt)
    if said == "yes" then return "yes", result end
    if said == "unknown" then unsure = unsure or doubt end
  end
  return unsure and "unknown" or "no", nil, unsure
end

return M

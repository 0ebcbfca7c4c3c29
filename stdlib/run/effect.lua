--- Effects: the calls that change the world, as a step makes them. What a call does is the mode's: a run
--- makes it happen once, a plan previews it.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local json = require "native.json"
local labels = require "almanac.run.label"
local reach = require "almanac.run.reach"
local secret = require "almanac.base.secret"
local sha256 = require("native.digest").sha256
local step = require "almanac.run.step"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

M.define = definitions.define -- of the standard library's effects

local CANONICAL = { canonical = true }

--- SHA-256 of the canonical JSON of an input, its secrets concealed.
---@return string hex
local function digest_of(concealed)
  return sha256(json.encode(unknown.describe_all(concealed), CANONICAL))
end

--- What the effect would touch, as its definition tells it. In a plan it may hold what only the run will know,
--- and it will ask then: nothing.
---@return almanac.Target[]
local function targets_of(allow, input)
  local ok, targets = errors.try(allow.of, input)
  if unknown.within(input) and (not ok or unknown.within(targets)) then return {} end
  if not ok then error(targets, 0) end
  if type(targets) ~= "table" then targets = { targets } end
  local out = {}
  for i, target in ipairs(targets) do
    -- A script's own effect names what it touches; those of the standard library say more.
    out[i] = type(target) == "table" and target or { category = allow.category, names = { target } }
  end
  return out
end

--- What an effect touches, by its definition; nothing where that does not say.
---@param definition almanac.EffectDefinition?
---@param input any
---@return almanac.Target[]
function M.targets(definition, input)
  return definition and definition.allow and targets_of(definition.allow, input) or {}
end

--- Why an effect is not made; empty where it may be.
---@return table[] refusals
local function refusals(run, name, definition, input)
  local not_whole = not definition.for_people and labels.refusal(run, name, input)
  if not_whole then return { not_whole } end
  if not reach.is_asked() then return {} end
  if definition.allow then return reach.refusals(name, "change", targets_of(definition.allow, input)) end
  return { {
    kind = "refused", message = name .. ": this runbook has an allow table, and the effect does not say what it touches",
    hint = "give its definition allow = { category = \"a_word\", of = function(input) return \"name\" end }",
  } }
end

--- Whether an earlier try of this step began its next effect: what is to be waited for before it was
--- waited for then.
---@return boolean
function M.is_begun()
  local frame = step.current()
  return frame ~= nil and frame.run.effects[frame.path .. "#" .. (frame.prefix or "") .. frame.ordinal] ~= nil
end

---@class almanac.EffectCall  one call of an effect in a step
---@field name string
---@field definition almanac.EffectDefinition
---@field input any       checked
---@field raw any         as it was given
---@field concealed any   the input with each secret as its label, as it was when the call was made
---@field digest string   of the input
---@field refusals fun(): table[]  why it is refused, by the runbook's `allow` among others, for errors.raise: a mode performs
---  none that has any
---@field key string      its number in the step; an effect's own effects have two: "0.0"

--- Makes an effect happen exactly once in this run, and gives its result.
function M.perform(name, raw)
  local frame = step.current()
  local definition = definitions.find(name, frame and frame.run.definitions)
  if not definition then errors.usage("no effect %q is defined", tostring(name)) end
  if not frame then
    errors.raise {
      kind = "outside_step",
      message = name .. " was called outside a step",
      hint = string.format("write: step(\"say what it is for\", function() return %s(…) end)", name),
    }
  end
  if unknown.within(raw) then task.context().handed = nil end -- this call can be handed what is not known
  local run, input = frame.run, raw
  if definition.input then input = run.mode.input(definition, raw) end
  local concealed = secret.conceal_all(input)
  local key = (frame.prefix or "") .. frame.ordinal
  frame.ordinal = frame.ordinal + 1
  return run.mode.effect(frame, {
    name = name, definition = definition, input = input, raw = raw, key = key,
    concealed = concealed, digest = digest_of(concealed),
    refusals = function() return refusals(run, name, definition, input) end,
  })
end

--- Makes an effect of the script that calls happen exactly once in this run.
function M.perform_own(name, input)
  definitions.require_own(name)
  return M.perform(name, input)
end

return M

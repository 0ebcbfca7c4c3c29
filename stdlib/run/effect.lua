--- Effects: the calls that change the world, as a step makes them. What a call does is the mode's: a run
--- makes it happen once, a plan previews it.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local glob = require "almanac.base.glob"
local json = require "native.json"
local secret = require "almanac.base.secret"
local sha256 = require("native.digest").sha256
local step = require "almanac.run.step"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

M.define = definitions.define -- of the standard library's effects

--- SHA-256 of the canonical JSON of an input, its secrets concealed.
---@return string hex
function M.digest(input)
  return sha256(json.encode(unknown.describe_all(secret.conceal_all(input)), { canonical = true }))
end

--- The names that the effect would touch, as its definition tells them. In a plan they may hold what
--- only the run will know, and it will ask then: nil.
local function targets_of(allow, input)
  local ok, targets = errors.try(allow.of, input)
  if unknown.within(input) and (not ok or unknown.within(targets)) then return nil end
  if not ok then error(targets, 0) end
  return type(targets) == "table" and targets or { targets }
end

local function is_allowed(patterns, target)
  for _, pattern in ipairs(patterns) do
    if glob.match(pattern, target) then return true end
  end
  return false
end

local function check_target(run, name, category, target)
  if type(target) ~= "string" then
    errors.usage("%s: allow.of must give a name, or a list of names, not %s", name, fields.shown(target))
  end
  local patterns = run.allow[category] or {}
  if is_allowed(patterns, target) then return end
  errors.raise {
    kind = "refused",
    message = string.format("%s: this runbook may not touch %s %q", name, category, target),
    hint = string.format("its allow table has %s = { %s }; almanac show prints it", category, table.concat(patterns, ", ")),
  }
end

--- Refuses what the runbook's `allow` does not name.
local function check_allowed(run, name, definition, input)
  if not run.allow then return end
  local allow = definition.allow
  if not allow then
    errors.raise {
      kind = "refused", message = name .. ": this runbook has an allow table, and the effect does not say what it touches",
      hint = "give its definition allow = { category = \"a_word\", of = function(input) return \"name\" end }",
    }
  end
  for _, target in ipairs(targets_of(allow, input) or {}) do check_target(run, name, allow.category, target) end
end

--- Refuses what a call touches besides its effect, such as a program that another one has to run, unless the
--- runbook's `allow` names it.
---@param name string      "helm.upgrade"
---@param category string  "shell"
---@param target string
function M.require_allowed(name, category, target)
  local frame = step.current()
  if frame and frame.run.allow then check_target(frame.run, name, category, target) end
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
---@field digest string   of the input
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
  local digest = M.digest(input)
  local key = (frame.prefix or "") .. frame.ordinal
  frame.ordinal = frame.ordinal + 1
  check_allowed(run, name, definition, input)
  return run.mode.effect(frame, { name = name, definition = definition, input = input, raw = raw, digest = digest, key = key })
end

--- Makes an effect of the script that calls happen exactly once in this run.
function M.perform_own(name, raw)
  definitions.require_own(name)
  return M.perform(name, raw)
end

return M

--- The parts of an effect of the script's own, held to the plan: what it makes by others is what the plan foresaw.
local definitions = require "almanac.run.definitions"
local touched = require "almanac.run.touched"

local M = {}

--- The effect that the plan has, in which a call is made.
local function planned_around(plan, path, key)
  local ordinal = key:match "^(%d+)%."
  for _, planned in ipairs(plan.effects) do
    if planned.path == path and planned.ordinal == ordinal then return planned end
  end
end

--- Whether the plan foresaw a call: with that input; or with another one, of what this run changed before.
local function is_foreseen(frame, call, planned, fits)
  local same_op = false
  for _, part in ipairs(planned.makes) do
    if part.op == call.name and fits(part, call) then return true end
    same_op = same_op or part.op == call.name
  end
  return same_op and touched.covers(touched.by(frame.run, frame.run.definitions), call)
end

--- Why a part of an effect is not in the plan; nil: it is, or the plan says that it does not know.
---@param plan table
---@param frame almanac.Frame   within the effect
---@param call almanac.EffectCall
---@param fits fun(part: almanac.ForeseenEffect, call: almanac.EffectCall): boolean
---@return string?
function M.refused(plan, frame, call, fits)
  if not frame.within or definitions.is_builtin(frame.within) then return nil end -- the library's were planned with it
  local planned = planned_around(plan, frame.path, call.key)
  if not planned or not planned.makes or planned.makes_more or is_foreseen(frame, call, planned, fits) then return nil end
  return string.format("%s, which %s makes, is not in the plan", definitions.title(call.name, call.input, frame.run.definitions),
    frame.within)
end

return M

--- The way back of a run that keeps to a plan. What the library takes back, it takes back of what the plan showed; what an
--- undo of the script does no plan can show, for it goes by results. Before that touches anything that the run did not, it
--- is asked: by the operator who never said a word where `on_failure` is "undo", too.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local question = require "almanac.run.question"
local touched = require "almanac.run.touched"

local M = {}

local GO_ON, STOP = "go on", "stop"

---@class almanac.ByScript  a function of the script that takes something back
---@field at string      where it stands
---@field of string      path of what it takes back
---@field let boolean?   it may touch what the run did not: so the operator said

---@class almanac.UndoBinding
---@field original almanac.Run  that is taken back
---@field touched almanac.Allow?  what that run touched, when it is needed
local Binding = {}
Binding.__index = Binding

--- Binds the run that takes back one that keeps to a plan.
---@param original almanac.Run
---@return almanac.UndoBinding
function M.to(original)
  return setmetatable({ original = original }, Binding)
end

--- The function of the script that makes a call; nil where the library does, and where an effect of the script does, which
--- changes the world by others alone.
local function script_of(frame, call)
  if not definitions.is_builtin(call.name) or frame.within and definitions.is_builtin(frame.within) then return nil end
  while frame do
    if frame.by_script ~= nil then return frame.by_script or nil end
    frame = frame.parent
  end
end

--- Whether a call touches nothing that the run did not. The name of a runbook does not tell that: what a run of it does goes by
--- its parameters and by results, and no function of this script does it.
local function is_within(self, frame, call)
  if call.definition.goes_on then return false end
  self.touched = self.touched or touched.by(self.original, frame.run.definitions)
  return touched.covers(self.touched, call)
end

--- Asks before a script's undo touches what the run did not, once for all that it does: what follows goes by results, too.
--- Raises kind "refused" where the answer is no.
---@param frame almanac.Frame
---@param call almanac.EffectCall
function Binding:check(frame, call)
  local by = script_of(frame, call)
  if not by or by.let or is_within(self, frame, call) then return end
  local title = definitions.title(call.name, call.input, frame.run.definitions)
  local text = string.format(
    "The undo of %s, %s, goes beyond what the plan of the run shows: %s. Let it do that, and whatever else it does?",
    by.of, by.at, title)
  local given = question.ask({ run = frame.run, path = frame.path .. "#beyond" }, text, { GO_ON, STOP }, { must_sign = { GO_ON } })
  if given.answer == GO_ON then
    by.let = true
    return
  end
  errors.raise {
    kind = "refused", step = frame.path, message = string.format("%s said stop before: %s", given.by, title),
    hint = "take it back by hand, and leave it out: --skip",
  }
end

return M

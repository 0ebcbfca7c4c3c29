--- The way back of a run that keeps to a plan. What the library takes back, it takes back of what the plan showed; what an
--- undo of the script does no plan can show, for it goes by results. Before that touches anything that the run did not, it
--- is asked: by the operator who never said a word where `on_failure` is "undo", too.
local allows = require "almanac.base.allow"
local definitions = require "almanac.run.definitions"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local question = require "almanac.run.question"
local task = require "native.task"

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

--- What a run touched: the names of all that its effects changed, as an `allow` that covers no more.
local function touched_by(original, own)
  local out = {}
  for _, known in ipairs(original.replay:effects_newest_first()) do
    local definition = definitions.find(known.intent.op, own)
    local ok, targets = errors.try(effect.targets, definition, known.intent.input)
    for _, target in ipairs(ok and targets or {}) do
      local list = out[target.category] or {}
      out[target.category] = list
      for _, name in ipairs(target.access ~= "read" and target.names or {}) do
        if not name:find "[*?]" then list[#list + 1] = name end
      end
    end
  end
  return out
end

--- Whether all that a call changes was touched by the run.
local function is_touched(self, frame, call)
  self.touched = self.touched or task.with({ permit = "read" }, touched_by, self.original, frame.run.definitions)
  local targets = task.with({ permit = "read" }, effect.targets, call.definition, call.input)
  for _, target in ipairs(targets) do
    if target.access ~= "read" and not allows.covers(self.touched, "change", target) then return false end
  end
  return targets[1] ~= nil
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

--- Asks before a script's undo touches what the run did not; raises kind "refused" where the answer is no.
---@param frame almanac.Frame
---@param call almanac.EffectCall
function Binding:check(frame, call)
  local by = script_of(frame, call)
  if not by or by.let or is_touched(self, frame, call) then return end
  local title = definitions.title(call.name, call.input, frame.run.definitions)
  local text = string.format("The undo of %s, %s, goes beyond what the plan of the run shows: %s. Let it?", by.of, by.at, title)
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

--- Programs that a script hands to another program, which starts them: helm a post-renderer, or a plugin that fetches values.
--- They are children of a child, so that the right to change nothing does not hold them. A run starts them; whoever looks, in a
--- plan, a preview, a rehearsal or a test, does without, and says so.
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

local function current_run()
  local context = task.context()
  return context and context.run
end

--- What the run here is made in that is none: "a rehearsal"; nil where it is one.
---@return string?
function M.stage()
  local run = current_run()
  return run and run.operator and run.operator.stage
end

--- Whether previews of this run have them started, since whoever reviews its plan said so (`run.starts_in_previews`): of
--- the plan, of what a run compares with it, and of the runs that it makes.
---@return boolean
function M.are_previewed()
  local run = not M.stage() and current_run()
  while run and not run.starts_in_previews do run = run.caller end
  return run and true or false
end

--- Whether what happens here only looks: it is no run.
---@return boolean
function M.only_looked()
  local frame = step.current()
  return M.stage() ~= nil or not (frame and frame.run.mode.starts_handed)
end

--- Who does without them here, in words; nil where they are started.
---@return string?
function M.withheld_by()
  local stage = M.stage()
  return stage or not M.are_previewed() and M.only_looked() and "a plan" or nil
end

return M

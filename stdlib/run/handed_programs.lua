--- Programs that a script hands to another program, which starts them: helm a post-renderer, or a plugin that fetches values.
--- They are children of a child, so that the right to change nothing does not hold them. A run starts them; whoever looks, in a
--- plan, a preview, a rehearsal or a test, does without, and says so.
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

local stage ---@type string? what the whole process is instead of a run

--- From now on this process starts none, whatever it runs.
---@param where string in words: "a rehearsal"
function M.withhold(where) stage = where end

--- What a run is made in that is none: "a rehearsal"; nil where it is one.
---@return string?
function M.stage() return stage end

--- Whether previews of this run have them started, since whoever reviews its plan said so (`run.starts_in_previews`): of
--- the plan, of what a run compares with it, and of the runs that it makes.
---@return boolean
function M.are_previewed()
  local context = task.context()
  local run = not stage and context and context.run
  while run and not run.starts_in_previews do run = run.caller end
  return run and true or false
end

--- Whether what happens here only looks: it is no run.
---@return boolean
function M.only_looked()
  local frame = step.current()
  return stage ~= nil or not (frame and frame.run.mode.starts_handed)
end

--- Who does without them here, in words; nil where they are started.
---@return string?
function M.withheld_by()
  if stage then return stage end
  return not M.are_previewed() and M.only_looked() and "a plan" or nil
end

return M

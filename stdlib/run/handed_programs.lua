--- Programs that a script hands to another program, which starts them: helm a post-renderer, or a plugin that fetches values.
--- They are children of a child, so that the right to change nothing does not hold them. A run starts them; whoever looks, in a
--- plan, a preview, a rehearsal or a test, does without, and says so.
local step = require "almanac.run.step"

local M = {}

local in_previews = false
local stage ---@type string? what the whole process is instead of a run

--- From now on this process starts none, whatever it runs.
---@param where string in words: "a rehearsal"
function M.withhold(where) stage = where end

--- What a run is made in that is none: "a rehearsal"; nil where it is one.
---@return string?
function M.stage() return stage end

--- From now on a plan, and what a run compares with one that was made so, has them started: whoever reviews it says so.
function M.start_in_previews() in_previews = true end

--- Whether previews have them started.
---@return boolean
function M.are_previewed() return in_previews and not stage end

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
  return not in_previews and M.only_looked() and "a plan" or nil
end

return M

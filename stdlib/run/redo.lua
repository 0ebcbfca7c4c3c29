--- A redo: a done step, and all that followed it, is run again.
local errors = require "almanac.base.errors"
local nearest = require "almanac.base.nearest"
local param = require "almanac.base.param"
local process = require "native.process"

local M = {}

--- Whether a redo of before is still to come: the run stopped ahead of the step, and whoever goes on may say it again.
---@param run almanac.Run
---@param path string
---@return boolean
function M.is_due(run, path)
  return not run.done:seq(path) and run.replay:is_redo_due(path)
end

--- Raises kind "refused" where a step is not done, also under the name that it is about to be given.
---@param run almanac.Run
---@param path string
---@param renames { new: string, old: string? }[]  that the operator says together with it
function M.check(run, path, renames)
  for _, one in ipairs(renames) do
    if one.new == path then path = one.old or path end
  end
  if run.done:seq(path) or M.is_due(run, path) then return end
  local paths = {}
  for _, one in ipairs(run.done:paths()) do paths[one] = true end
  for _, one in ipairs(renames) do paths[one.new] = true end
  errors.raise {
    kind = "refused", message = string.format("--redo: this run has no done step %q%s", path, nearest.suffix(path, paths, "%q")),
    hint = "almanac status " .. run.id .. " shows its steps; a step inside others is named with theirs: outer/inner",
  }
end

--- Makes a done step, and all that followed it, run again. What contains it keeps its own effects.
---@param run almanac.Run
---@param path string   of a done step
---@return string[] again  the paths, in the order in which they were done
function M.record(run, path)
  local done = run.done:seq(path)
  local last, again = run.replay:last_seqs(), {}
  for _, other in ipairs(param.sorted_names(last)) do
    local contains = path:sub(1, #other + 1) == other .. "/"
    local inside = other:sub(1, #path + 1) == path .. "/"
    if inside or last[other] >= done then
      run:record("step.redo", other, { operator = process.user(), keep_effects = contains or nil })
      again[#again + 1] = other
    end
  end
  table.sort(again, function(a, b) return last[a] < last[b] end)
  return again
end

return M

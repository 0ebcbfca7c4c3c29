--- Children that outlived the almanac that started them. Every child of an effect carries the
--- effect's id in its environment, so that a recovery can tell "killed halfway" from "still at it".
local errors = require "almanac.base.errors"
local duration = require "almanac.base.duration"
local sh = require "native.sh"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

--- Name of the variable.
M.variable = "ALMANAC_EFFECT"

local POLL = 0.2 -- seconds; there is no event for the end of somebody else's child

--- The processes that still work on an effect.
---@param id string effect id
---@return integer[] pids
function M.of(id)
  return sh.find_by_env(M.variable, id)
end

--- Waits until no process works on the effect any more. Returns at once when none does.
---@param id string effect id
---@param what string what it was started as, for people
---@param limit number seconds; raises kind "busy" when they pass
---@return boolean waited whether there was one
function M.wait(id, what, limit)
  local pids = M.of(id)
  if #pids == 0 then return false end
  step.note(string.format("%s of the run that was cut short is still at work (process %s): waiting for its end",
    what, table.concat(pids, ", ")))
  local started = task.now()
  while #pids > 0 do
    if task.now() - started > limit then
      errors.raise {
        kind = "busy",
        message = string.format("%s of the run that was cut short still runs after %s (process %s)", what,
          duration.format(limit), table.concat(pids, ", ")),
        hint = "let it end or end it (kill " .. table.concat(pids, " ") .. "), then resume",
        pids = pids,
      }
    end
    step.progress(string.format("waiting for process %s", table.concat(pids, ", ")))
    task.sleep(POLL)
    pids = M.of(id)
  end
  return true
end

return M

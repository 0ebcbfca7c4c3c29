--- Says whose answer is waited for, where it takes long: a server that accepts and never answers looks like a step that
--- works.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

local PATIENCE, EVERY = 3, 5 -- seconds

--- Calls fn; while it takes longer than a few seconds, the step's progress names who is waited for.
---@param who string  "https://10.0.0.1:6443"
---@param fn fun(...: any): any
---@return any result
function M.name(who, fn, ...)
  if not step.current() then return fn(...) end
  local said = false
  local teller = task.spawn(function()
    local began, pause = task.now(), PATIENCE
    while true do
      task.sleep(pause)
      said, pause = true, EVERY
      step.progress(string.format("no answer from %s for %s", who, duration.format(math.floor(task.now() - began))))
    end
  end)
  local ok, result = errors.try(fn, ...)
  task.with({ shield = "cancel" }, function()
    teller:cancel()
    teller:join()
  end)
  if not ok then error(result, 0) end
  if said then step.progress(who .. " answered") end
  return result
end

return M

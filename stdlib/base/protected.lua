--- Protected calls that scripts make: some errors they may see, and not keep.
local interrupt = require "almanac.base.interrupt"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

--- Whether a script may not keep this error to itself: it ends the plan, or interrupts the task, which every later
--- line would be told again.
---@param err any
---@return boolean
function M.must_pass(err)
  if unknown.ends_plan(err) then return true end
  return type(err) == "table" and interrupt.kinds[rawget(err, "kind")] == true and task.interrupted() ~= nil
end

--- The results of a protected call; what must pass is raised again. In a task that is interrupted no failure is kept:
--- the code that closes a variable may have put an error of its own in the place of the interrupt's.
---@param ok boolean
function M.not_kept(ok, ...)
  if ok then return ok, ... end
  if M.must_pass((...)) then error((...), 0) end
  task.check()
  return ok, ...
end

return M

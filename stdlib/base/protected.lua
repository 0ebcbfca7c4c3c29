--- Protected calls that scripts make: some errors they may see, and not keep.
local interrupt = require "almanac.base.interrupt"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

--- Whether a script may not keep this error to itself: it ends the plan, or the time or the patience of
--- the operator is over, which every later line would be told again.
---@param err any
---@return boolean
function M.must_pass(err)
  if unknown.ends_plan(err) then return true end
  local level = task.interrupted()
  if level == nil or level == interrupt.levels.pause.level or type(err) ~= "table" then return false end
  return interrupt.final[rawget(err, "kind")] == true
end

--- The results of a protected call; what must pass is raised again.
---@param ok boolean
function M.not_kept(ok, ...)
  if not ok and M.must_pass((...)) then error((...), 0) end
  return ok, ...
end

return M

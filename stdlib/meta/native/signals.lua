---@meta native.signals
-- Made by `make docs` from runtime/native/signals.c: edit that.

--- SIGINT, SIGTERM, SIGHUP and SIGUSR1.
---@class native.signals
local M = {}

--- Names the task that the first signal pauses, and the second cancels; SIGUSR1 cancels at once.
---@param handle native.task.Handle
function M.guard(handle) end

--- From now on this process ends with the one that made it, as a cancelled run does, however that one
--- ends.
---
--- Raises: `io`.
---@param parent integer  its number, by what it said itself: one that is gone by now is noticed
function M.follow(parent) end

--- Waits for the next signal.
---@return string name
function M.wait() end

--- How many came since guard.
---@return integer
function M.count() end

return M

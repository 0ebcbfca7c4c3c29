---@meta native.signals
-- Made by `make docs` from runtime/native/signals.c: edit that.

--- SIGINT, SIGTERM and SIGHUP.
---@class native.signals
local M = {}

--- Names the task that the first signal pauses, and the second cancels.
---@param handle native.task.Handle
function M.guard(handle) end

--- Waits for the next signal.
---@return string name
function M.wait() end

--- How many came since guard.
---@return integer
function M.count() end

return M

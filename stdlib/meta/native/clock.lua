---@meta native.clock
-- Made by `make docs` from runtime/native/clock.c: edit that.

--- A clock that jumps, for tests: to the next timer when nothing else is to do.
---@class native.clock
local M = {}

--- Makes this process the owner of a simulated clock: from now on it is that time, and whenever
--- nobody who goes by it has anything to do, it jumps to the next time that somebody waits for.
---
--- Raises: `usage`, `io`.
---@param path string  a file that is not there yet; those who go by it share it
---@param wall_ms integer  milliseconds since 1970
function M.simulate(path, wall_ms) end

--- Goes by the simulated clock of another process from now on.
---
--- Raises: `usage`, `io`.
---@param path string
---@param seat integer  that its owner reserved
function M.join(path, seat) end

--- The owner: reserves a seat for a process that is about to start. It stands still until that
--- process rests, or its seat is left.
---
--- Raises: `limit`.
---@return integer
function M.seat() end

--- The owner: the process of that seat is gone.
---@param seat integer
function M.leave(seat) end

--- The owner: a child process keeps the clock from jumping; so many more (fewer) of them wait for a
--- simulated time themselves, or have a seat.
---@param more integer
function M.excuse(more) end

--- The computer's clock, which only goes forward.
---@return number seconds
function M.real() end

return M

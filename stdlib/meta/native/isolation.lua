---@meta native.isolation
-- Made by `make docs` from runtime/native/isolation.c: edit that.

--- A process in which a runbook is tested: it reaches nothing but what the test put there. There is no way back from any of these.
---@class native.isolation
local M = {}

--- Every request goes to that server of a test, whatever its URL says: the host is in Host, the scheme
--- in X-Almanac-Scheme.
---
--- Raises: `usage`.
---@param to string  "127.0.0.1:PORT"
---@param through? string  the one other origin that is reached, host:port
function M.requests(to, through) end

--- These words are started in the place of every program, those of its command behind them.
---
--- Raises: `memory`.
---@param words string[]
---@param real string[]  programs that are run as they are, where they are called by just these words
function M.programs(words, real) end

--- A program is started by those words, its arguments behind them.
---
--- Raises: `memory`.
---@param program string  as it is called
---@param words string[]
function M.guard(program, words) end

--- No file outside of those directories is read by native.fs, and none outside of the second ones is
--- written or removed.
---
--- Raises: `io`, `limit`.
---@param read string[]
---@param written string[]
function M.files(read, written) end

return M

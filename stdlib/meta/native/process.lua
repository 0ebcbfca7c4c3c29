---@meta native.process
-- Made by `make docs` from runtime/native/process.c: edit that.

--- What the standard library knows of the process it runs in.
---@class native.process
---@field argv string[]  the words of the command line, from 0
---@field version string  "0.1.0"
---@field commit string  what git describes the source as, "1b739341a" or "1b739341a-dirty"; "" where nobody knew
local M = {}

--- A variable of the environment.
---@param name string
---@return string?
function M.getenv(name) end

--- Of this process.
---@return integer
function M.pid() end

--- The program's file.
---@return string path
function M.exe() end

--- Of this machine.
---@return string
function M.hostname() end

--- The user that the process is of: a name, or the number of one who has none.
---@return string
function M.account() end

--- Who is at the terminal, as the system says: the user that the process is of, or, under sudo, who called
--- it.
---@return string
function M.user() end

--- The working directory.
---@return string path
function M.cwd() end

--- Makes another directory the working one, of the program's own command line only.
---
--- Raises: `io`.
---@param path string
function M.chdir(path) end

--- Interrupts another process, as its operator's Ctrl-C does (INT, TERM), cancels what it does (USR1),
--- or ends it. Permit "effect".
---
--- Raises: `usage`, `io`.
---@param pid integer
---@param name "INT"|"TERM"|"KILL"|"USR1"
function M.interrupt(pid, name) end

--- Passes a named point, where a test can end the program: ALMANAC_FAULT="point:N:kill".
---@param point string
function M.pass(point) end

--- No more memory than that, in bytes, for this process and for each that it starts from now on: what is asked for
--- beyond is refused to it. A sanitized build has none, for its own bookkeeping is beyond any limit.
---
--- Raises: `usage`, `io`.
---@param bytes integer
function M.limit_memory(bytes) end

return M

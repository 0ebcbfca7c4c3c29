---@meta native.sh
-- Made by `make docs` from runtime/native/sh.c: edit that.

--- What a command is started with. Times are in seconds.
---@class native.sh.Options
---@field argv string[]
---@field cwd? string
---@field env? table<string, string|false>  added to the environment; false removes
---@field keep_env? string[]  of Almanac's environment, besides what every child gets: NAME or PREFIX*
---@field stdin? string
---@field keep_stdin? boolean  of start: it is written to
---@field foreground? boolean  another almanac: with our streams, in our process group
---@field timeout? number
---@field grace? number  between TERM and KILL
---@field max_output? integer  bytes of each stream
---@field read? boolean  it only looks
---@field who? string  the public function, for errors

---@class native.sh.Result
---@field code? integer
---@field signal? string  a name, where one ended it
---@field stdout string
---@field stderr string
---@field elapsed number  seconds
---@field truncated boolean
---@field stopped boolean

--- A child process.
---@class native.sh.Child
local Child = {}

--- The next line; waits.
---@return "stdout"|"stderr"|nil stream  nil at the end
---@return string? text
---@return boolean? more  the line is longer than a buffer, and goes on in the next
function Child:read_line() end

--- Waits until it is over; lines not read yet are given up.
---@return native.sh.Result
function Child:wait() end

--- What it has said so far.
---@return string stdout
---@return string stderr
function Child:output() end

--- Writes to its standard input.
---@param text string
function Child:write(text) end

--- Ends its standard input.
function Child:close_stdin() end

--- Sends a signal to its group.
---@param signal string  "TERM"
function Child:kill(signal) end

--- TERM, and KILL grace later.
function Child:stop() end

--- Its process, which leads its group.
---@return integer
function Child:pid() end

--- Child processes. Reading needs permit "read".
---@class native.sh
local M = {}

--- Runs a command to its end; waits. A timeout or an interrupt stops it and raises with stdout,
--- stderr, argv, code, signal and elapsed in the error. Permit "effect", or "read" with read =
--- true: the caller's promise that it only looks.
---
--- Raises: `not_found`, `timeout`, `cancelled`, `paused`, `io`, `usage`.
---@param options native.sh.Options
---@return native.sh.Result
function M.exec(options) end

--- Starts a command whose lines are read while it runs. Permits as exec.
---
--- Raises: `not_found`, `io`, `usage`.
---@param options native.sh.Options
---@return native.sh.Child
function M.start(options) end

--- The processes that have a variable in their environment. Permit "read".
---@param name string
---@param value string
---@return integer[] pids
function M.find_by_env(name, value) end

--- The program that a word means, by PATH. Permit "read".
---@param name string
---@param search? string  in the place of PATH
---@param cwd? string   what a path that is relative begins at
---@return string? path
function M.which(name, search, cwd) end

--- What every child gets of the environment besides the keep_env of its own, in the place of the list
--- before it; at first it is nothing.
---@param names string[]  a name, or PREFIX* for all that begin so
function M.keep_env(names) end

return M

---@meta native.terminal
-- Made by `make docs` from runtime/native/terminal.c: edit that.

--- The standard streams, whether a person is behind them or not.
---@class native.terminal
local M = {}

--- Whether a terminal is behind a descriptor.
---@param fd integer
---@return boolean
function M.isatty(fd) end

--- Of the terminal; 80 and 24 where there is none.
---@return integer columns
---@return integer rows
function M.size() end

--- Writes text; what would steer the terminal is spelt. Never raises.
---@param fd integer
---@param text string
---@param mark? string  colours behind it pass
---@return boolean
---@return string? why
function M.write(fd, text, mark) end

--- Clears the line of the cursor, and those above it.
---@param fd integer
---@param lines integer
function M.erase(fd, lines) end

--- Draws over what begins so many lines up.
---@param fd integer
---@param lines integer
---@param text string
---@param mark? string
function M.redraw(fd, lines, text, mark) end

--- The text as write shows it.
---@param text string
---@return string
function M.spelt(text) end

--- A line of standard input without its newline; waits.
---@param prompt? string
---@param hidden? boolean  a terminal does not show it, as it is a secret
---@return string?  nil at the end
function M.read_line(prompt, hidden) end

return M

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

--- Draws a frame over the one before, of so many rows, below which the cursor is; where its lines are fewer, the
--- rest is cleared. With a text above it nothing of the frame before stays.
---@param fd integer
---@param rows integer  of the frame before
---@param lines (string|false)[]  none wider than the terminal; false: as it is
---@param above string  whole lines that stay; ""
---@param mark? string
---@return boolean
---@return string? why
function M.draw(fd, rows, lines, above, mark) end

--- Draws the line that is being typed over the cursor's row, and puts the cursor behind so many of its columns.
---@param fd integer
---@param line string  narrower than the terminal
---@param column integer
---@return boolean
---@return string? why
function M.edit(fd, line, column) end

--- Whether this process may draw on a terminal and read from it: false in the background.
---@param fd integer
---@return boolean
function M.foreground(fd) end

--- How often the process went on after it was stopped, since this was first asked: what it drew may be gone.
---@return integer
function M.continued() end

--- The text as write shows it.
---@param text string
---@return string
function M.spelt(text) end

--- A line of standard input without its newline; waits.
---@param prompt? string
---@param hidden? boolean  a terminal does not show it, as it is a secret
---@param anew? boolean    what was typed at a terminal before the prompt is thrown away
---@return string?  nil at the end
function M.read_line(prompt, hidden, anew) end

return M

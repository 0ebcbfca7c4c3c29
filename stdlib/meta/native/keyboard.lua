---@meta native.keyboard
-- Made by `make docs` from runtime/native/keyboard.c: edit that.

--- Keys, one by one, of the terminal on standard input.
---@class native.keyboard
local M = {}

--- From now on each key comes at once, and is not shown; Ctrl-C and Ctrl-Z are signals as ever. The terminal is as
--- it was when the process ends, and when it is stopped: then it has to be asked for again.
---@return boolean  false: standard input is no terminal, or this process is in its background
function M.on() end

--- The terminal is as it was before on().
function M.off() end

--- What was typed and nobody has read yet is thrown away: it is no answer to what is asked next.
function M.forget() end

--- What was typed; waits.
---@return string?  bytes; "" where somebody else's keys are typed, because this process is in the background; nil at
--- the end
function M.read() end

return M

---@meta native.scratch
-- Made by `make docs` from runtime/native/scratch.c: edit that.

--- A directory that goes with its value.
---@class native.scratch.Directory
local Directory = {}

--- Writes a file in it, 0600; the last one of its name goes.
---
--- Raises: `io`.
---@param name string  without a slash
---@param text string
---@return string path
function Directory:keep(name, text) end

--- Files of the program's own that another program is handed for a moment.
---@class native.scratch
local M = {}

--- A directory for files of the program's own that another program is handed: 0700, and removed
--- with them when the value is closed or collected. Permit "read": it is no effect, and out of the
--- reach of scripts.
---
--- Raises: `io`.
---@return native.scratch.Directory
function M.open() end

return M

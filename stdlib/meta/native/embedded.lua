---@meta native.embedded
-- Made by `make docs` from runtime/native/embedded.c: edit that.

--- The files built into the program; those of stdlib/ from the directory that --stdlib names, where it is given.
---@class native.embedded
local M = {}

--- The paths that begin so: "stdlib/public/sh.lua".
---@param prefix string
---@return string[]
function M.list(prefix) end

--- The text of an embedded file.
---@param path string
---@return string?
function M.read(path) end

--- The SHA-256 of the text of an embedded file, which becomes no string of Lua: a plan asks for all of
--- them.
---@param path string
---@return string? hex
function M.digest(path) end

return M

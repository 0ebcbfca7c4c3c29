---@meta native.aside
-- Made by `make docs` from runtime/native/aside.c: edit that.

--- What is computed aside of everything else that this process does.
---@class native.aside
local M = {}

--- Calls a function of the standard library in a Lua state of its own, which nothing was done in
--- before: it is the same whatever command this is.
---
--- Raises: what the function raised, as kind "script" and the message alone; `memory`.
---@param module string
---@param name string  of the function
---@param text string  what it is given
---@return string  what it returns
function M.call(module, name, text) end

return M

---@meta native.trace
-- Made by `make docs` from runtime/native/trace.c: edit that.

--- Where the running code stands, and errors that know where they came from.
---@class native.trace
local M = {}

--- Where the innermost function stands that is a script's.
---@return string?  "file:line"
function M.where() end

--- Where a function was defined. What debug.getinfo says, without a table for each call: a replay
--- asks for every step.
---@param fn function
---@return string chunk  its name
---@return integer first  line
---@return integer last  line
function M.place(fn) end

--- Gives a table the metatable of errors, and `where` if it has none.
---@param err table
---@return table err
function M.error(err) end

--- The error table that any raised value becomes: for coroutines and xpcall in the standard
--- library.
---@param value any
---@return table err
function M.decorate(value) end

--- The metatable of opaque values: one that is raised, or is the message or hint of an error, is said
--- as its __tostring says it.
---@param metatable table  gets a __tostring of the standard library
---@return table metatable
function M.opaque(metatable) end

return M

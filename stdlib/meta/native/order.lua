---@meta native.order
-- Made by `make docs` from runtime/native/order.c: edit that.

--- The order of what a table holds, the same in every process: what scripts see in the place of Lua's.
---@class native.order
local M = {}

--- As Lua's, in this order: 1 to the first number that is missing; other numbers; texts, byte by
--- byte; false, true; one key of another kind. Keys that are added meanwhile are not come by.
---
--- Raises: `usage` where several keys are of another kind.
---@param t table
---@return function
---@return table t
---@return nil
function M.pairs(t) end

--- Sorts a list where it stands. Equal values keep their order: Lua's own sort draws which value it
--- compares with from the clock. When before raises, the list is as it was.
---@param t table
---@param before fun(a: any, b: any): boolean
function M.sort(t, before) end

--- As Lua's, in the order of pairs. It keeps the walk that it is on, so that the next step of it
--- need not look through the table again.
---
--- Raises: `usage` where several keys are tables, functions or the like.
---@param t table
---@param key any
---@return any key
---@return any value
function M.next(t, key) end

return M

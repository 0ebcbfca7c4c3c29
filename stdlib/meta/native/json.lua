---@meta native.json
-- Made by `make docs` from runtime/native/json.c: edit that.

--- JSON, as the public `json`. Pure: allowed outside steps.
---@class native.json
---@field null any  what null is decoded to, and encoded from; truthy
local M = {}

--- What a text in JSON says. Integers are integers, 1.0 is a float, [] is marked as an array, null
--- is json.null (truthy). With null = "absent" a member of an object that is null is not there, and
--- a text that is null is nil; within an array null stays json.null, for it keeps the places of the
--- others.
---
--- Raises: `parse`, `limit`.
---@param text string
---@param options? { max_depth?: integer, max_bytes?: integer, big?: "raise"|"text", null?: "keep"|"absent" }  128; 64 MiB; "raise": of an integer that Lua has not; "keep"
---@return any
function M.decode(text, options) end

--- A value as JSON.
---
--- Raises: `usage` (a function, NaN, a cycle, holes), `limit`.
---@param value any
---@param options? { canonical?: boolean, indent?: integer, max_depth?: integer }  canonical: keys in the order of the alphabet; 0 blanks; 128
---@return string
function M.encode(value, options) end

--- Marks a table as an array, so that it is [] also when it is empty.
---@param list? any[]
---@return any[]
function M.array(list) end

--- Whether a table is marked so.
---@param value any
---@return boolean
function M.is_array(value) end

return M

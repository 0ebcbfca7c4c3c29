--- json: JSON, decoded and encoded. Integers stay integers, `[]` is told from `{}`, and no number is rounded
--- silently.
local impl = require "native.json"

local M = {}

--- What null is decoded to, and encoded from. As every value that is not nil or false, it counts as true.
M.null = impl.null

--- Marks a table as a list, so that an empty one is encoded as []. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(json.encode(json.array {}) == "[]")
--- ```
---@param list? table  default: a new one
---@return table list
M.array = impl.array

--- The value of a JSON text. Options: big = "raise"|"text" (integers past 64 bits), null = "keep"|"absent",
--- max_depth, max_bytes. Pure.
---
--- Raises: `parse` (with `line` and `column`), `limit`.
---
--- ```lua
--- assert(json.decode('{"height": 9007199254740993}').height == 9007199254740993)
--- ```
---@param text string
---@param options? { big: "raise"|"text"|nil, null: "keep"|"absent"|nil, max_depth: integer?, max_bytes: integer? }  max_bytes in bytes
---@return any
M.decode = impl.decode

--- The JSON text of a value. With canonical = true names are sorted, so that equal values give equal texts. Pure.
---
--- Raises: `usage` (a function, a cycle, NaN).
---
--- ```lua
--- assert(json.encode({ b = 1, a = { 1, 2 } }, { canonical = true }) == '{"a":[1,2],"b":1}')
--- ```
---@param value any
---@param options? { canonical: boolean?, max_depth: integer? }
---@return string
M.encode = impl.encode

--- Whether a table is encoded as a list. Pure.
---
--- Raises: nothing.
---
--- ```lua
--- assert(json.is_array { 1, 2 } and not json.is_array { a = 1 })
--- ```
---@param value table
---@return boolean
M.is_array = impl.is_array

return M

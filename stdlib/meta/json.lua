---@meta
-- Made by `make docs` from stdlib/public/json.lua: edit that.

--- JSON, decoded and encoded. Integers stay integers, `[]` is told from `{}`, and no number is rounded silently.
json = {}

--- What null is decoded to, and encoded from. As every value that is not nil or false, it counts as true.
json.null = nil

--- Marks a table as a list, so that an empty one is encoded as []. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(json.encode(json.array {}) == "[]")
--- ```
---@param list? table  default: a new one
---@return table list
function json.array(list) end

---@class json.decode.options
---@field big? "raise"|"text"  integers past 64 bits
---@field max_bytes? integer  of the text
---@field max_depth? integer  of tables within tables
---@field null? "keep"|"absent"  whether a member that is null is there

--- The value of a JSON text. Pure.
---
--- Raises: `parse` (with `line` and `column`), `limit`, `usage`.
---
--- ```lua
--- assert(json.decode('{"height": 9007199254740993}').height == 9007199254740993)
--- ```
---@param text string
---@param options? json.decode.options
---@return any
function json.decode(text, options) end

---@class json.encode.options
---@field canonical? boolean  names are sorted, so that equal values give equal texts: they always are
---@field indent? integer  spaces for each level; 0: all in one line
---@field max_depth? integer  of tables within tables

--- The JSON text of a value. Names are sorted, so that equal values give equal texts, in a resumed run, too;
--- of data with a secret in them the text is a secret. Pure.
---
--- Raises: `usage` (a function, a cycle, NaN).
---
--- ```lua
--- assert(json.encode { b = 1, a = { 1, 2 } } == '{"a":[1,2],"b":1}')
--- ```
---@param value any
---@param options? json.encode.options
---@return string
function json.encode(value, options) end

--- Whether a table is encoded as a list. Pure.
---
--- Raises: nothing.
---
--- ```lua
--- assert(json.is_array { 1, 2 } and not json.is_array { a = 1 })
--- ```
---@param value table
---@return boolean
function json.is_array(value) end

--- json: JSON, decoded and encoded. Integers stay integers, `[]` is told from `{}`, and no number is rounded
--- silently.
local fields = require "almanac.base.fields"
local impl = require "native.json"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

local DECODE = fields.declare("json.decode", {
  big = { "enum", values = { "raise", "text" }, shown_default = '"raise"', help = "integers past 64 bits" },
  null = { "enum", values = { "keep", "absent" }, shown_default = '"keep"', help = "whether a member that is null is there" },
  max_depth = { "count", shown_default = "128", help = "of tables within tables" },
  max_bytes = { "count", unit = "bytes", shown_default = "64 MiB", help = "of the text" },
}, { at = 2 })

local ENCODE = fields.declare("json.encode", {
  canonical = { "flag", default = true, help = "names are sorted, so that equal values give equal texts: they always are" },
  indent = { "integer", shown_default = "0", help = "spaces for each level; 0: all in one line" },
  max_depth = { "count", shown_default = "128", help = "of tables within tables" },
}, { at = 2 })

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
function M.decode(text, options)
  return impl.decode(text, options and fields.check(DECODE, options))
end

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
function M.encode(value, options)
  options = fields.check(ENCODE, options or {})
  options.canonical = true
  return secret.encoded(unknown.describe_all(value), function(data) return impl.encode(data, options) end)
end

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

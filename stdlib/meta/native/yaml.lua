---@meta native.yaml
-- Made by `make docs` from runtime/native/yaml.c: edit that.

---@class native.yaml.Options
---@field name? string  of the text, for errors
---@field null? "keep"|"absent"  "keep"
---@field dialect? "core"|"kubernetes"  "core"
---@field max_depth? integer  128
---@field max_nodes? integer  1,000,000
---@field private? boolean  errors show no line of it: it may hold secrets
---@field places? boolean  also where each key and item is

--- YAML on libyaml, as the public `yaml`. Plain scalars are as base/yaml_scalar.h says. Keys are always strings. A sequence is marked as json.array, null is json.null. An alias is copied, and its nodes count against max_nodes. Unknown anchors are refused, and of the dialect "core" duplicate keys and unknown tags: "kubernetes" takes the last one, and text, and warns. There a key is the text that JSON has for it (on: "true", 0x10: "16"), !!binary is decoded, and NaN and infinities are refused. Pure: allowed outside steps.
---@class native.yaml
local M = {}

--- The one document of a text.
---
--- Raises: `parse` (with line and column), `limit`.
---@param text string
---@param options? native.yaml.Options
---@return any
---@return table<string, { line: integer, column: integer }>? places  with places = true: by JSON Pointer (RFC 6901, "/a/b/0")
function M.decode(text, options) end

--- The documents that are not empty.
---
--- Raises: as decode.
---@param text string
---@param options? native.yaml.Options
---@return any[]
---@return string[]? warnings  of the dialect "kubernetes"
function M.decode_all(text, options) end

--- Where the keys of the first document are: by path ("a.b[2].c").
---
--- Raises: as decode.
---@param text string
---@param options? native.yaml.Options
---@return table<string, integer> lines
function M.lines(text, options) end

--- A value as YAML: keys sorted, strings quoted wherever some reader would take them for something
--- else.
---
--- Raises: `usage`, `limit`.
---@param value any
---@return string
function M.encode(value) end

return M

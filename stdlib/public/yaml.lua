--- yaml: YAML, decoded and encoded. Anchors and merge keys are followed, and bounded.
local impl = require "native.yaml"

local M = {}

--- The value of a text with one document. Options: name (for errors), nulls = "keep"|"absent", dialect =
--- "core"|"kubernetes" (as the Kubernetes tools read scalars), max_depth, max_nodes, places (also gives where each
--- key and item is, by its JSON Pointer: `{ line, column }`, for errors about it). Pure.
---
--- Raises: `parse` (with `line` and `column`), `limit`.
---
--- ```lua
--- assert(yaml.decode("replicas: 3").replicas == 3)
--- local _, places = yaml.decode("a:\n  - b", { places = true })
--- assert(places["/a/0"].line == 2 and places["/a/0"].column == 5)
--- ```
---@param text string
---@param options? { name: string?, nulls: "keep"|"absent"|nil, dialect: "core"|"kubernetes"|nil, max_depth: integer?, max_nodes: integer?, places: boolean? }
---@return any
---@return table<string, { line: integer, column: integer }>? places
M.decode = impl.decode

--- The values of a text with several documents; empty ones are left out. Options as for yaml.decode. Pure.
---
--- Raises: `parse` (with `line` and `column`), `limit`.
---
--- ```lua
--- assert(#yaml.decode_all("a: 1\n---\nb: 2\n") == 2)
--- ```
---@param text string
---@param options? { name: string?, nulls: "keep"|"absent"|nil, dialect: "core"|"kubernetes"|nil, max_depth: integer?, max_nodes: integer? }
---@return any[]
M.decode_all = impl.decode_all

--- The YAML text of a value. Pure.
---
--- Raises: `usage` (a function, a cycle).
---
--- ```lua
--- assert(yaml.encode { replicas = 3 } == "replicas: 3\n")
--- ```
---@param value any
---@return string
M.encode = impl.encode

--- The line of each value of a document, for errors about it: by the value's path. Pure.
---
--- Raises: `parse`.
---
--- ```lua
--- local lines = yaml.lines "a: 1\nb:\n  c: 2\n"
--- assert(lines)
--- ```
---@param text string
---@return table lines
M.lines = impl.lines

return M

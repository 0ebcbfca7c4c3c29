---@meta
-- Made by `make docs` from stdlib/public/yaml.lua: edit that.

--- YAML, decoded and encoded. Anchors and merge keys are followed, and bounded.
yaml = {}

---@class yaml.decode.options
---@field dialect? "core"|"kubernetes"  how scalars are read; as the Kubernetes tools do
---@field max_depth? integer  of tables within tables
---@field max_nodes? integer  of values, those of aliases counted
---@field name? string  of the text, for errors
---@field null? "keep"|"absent"  whether a key that is null is there
---@field places? boolean  also gives where each key and item is, by its JSON Pointer: { line, column }

--- The value of a text with one document. Pure.
---
--- Raises: `parse` (with `line` and `column`), `limit`.
---
--- ```lua
--- assert(yaml.decode("replicas: 3").replicas == 3)
--- local _, places = yaml.decode("a:\n  - b", { places = true })
--- assert(places["/a/0"].line == 2 and places["/a/0"].column == 5)
--- ```
---@param text string
---@param options? yaml.decode.options
---@return any
---@return table<string, { line: integer, column: integer }>? places
function yaml.decode(text, options) end

---@class yaml.decode_all.options
---@field dialect? "core"|"kubernetes"  how scalars are read; as the Kubernetes tools do
---@field max_depth? integer  of tables within tables
---@field max_nodes? integer  of values, those of aliases counted
---@field name? string  of the text, for errors
---@field null? "keep"|"absent"  whether a key that is null is there

--- The values of a text with several documents; empty ones are left out. Pure.
---
--- Raises: `parse` (with `line` and `column`), `limit`.
---
--- ```lua
--- assert(#yaml.decode_all("a: 1\n---\nb: 2\n") == 2)
--- ```
---@param text string
---@param options? yaml.decode_all.options
---@return any[]
function yaml.decode_all(text, options) end

--- The YAML text of a value; of data with a secret in them it is a secret. Pure.
---
--- Raises: `usage` (a function, a cycle).
---
--- ```lua
--- assert(yaml.encode { replicas = 3 } == "replicas: 3\n")
--- ```
---@param value any
---@return string
function yaml.encode(value) end

---@class yaml.lines.options
---@field max_depth? integer  of tables within tables
---@field max_nodes? integer  of values, those of aliases counted
---@field name? string  of the text, for errors

--- The line of each key of a text's first document, for errors about it: by the key's path. Pure.
---
--- Raises: `parse` (with `line` and `column`), `limit`.
---
--- ```lua
--- local lines = yaml.lines("a: 1\nb:\n  c: 2\n", { name = "values.yaml" })
--- assert(lines["b.c"] == 3)
--- ```
---@param text string
---@param options? yaml.lines.options
---@return table<string, integer> lines
function yaml.lines(text, options) end

--- yaml: YAML, decoded and encoded. Anchors and merge keys are followed, and bounded.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local impl = require "native.yaml"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

local DOCUMENTS = {
  name = { "text", help = "of the text, for errors" },
  null = { "enum", values = { "keep", "absent" }, shown_default = '"keep"', help = "whether a key that is null is there" },
  dialect = {
    "enum", values = { "core", "kubernetes" }, shown_default = '"core"', help = "how scalars are read; as the Kubernetes tools do",
  },
  max_depth = { "count", shown_default = "128", help = "of tables within tables" },
  max_nodes = { "count", shown_default = "1000000", help = "of values, those of aliases counted" },
}
local DECODE = fields.declare("yaml.decode", fields.with(DOCUMENTS, {
  places = { "flag", help = "also gives where each key and item is, by its JSON Pointer: { line, column }" },
}), { at = 2 })
local DECODE_ALL = fields.declare("yaml.decode_all", DOCUMENTS, { at = 2 })
local LINES = fields.declare("yaml.lines", {
  name = DOCUMENTS.name, max_depth = DOCUMENTS.max_depth, max_nodes = DOCUMENTS.max_nodes,
}, { at = 2 })

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
function M.decode(text, options)
  return impl.decode(text, options and fields.check(DECODE, options))
end

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
function M.decode_all(text, options)
  return impl.decode_all(text, options and fields.check(DECODE_ALL, options))
end

--- The YAML text of a value; of data with a secret in them it is a secret. Pure.
---
--- Raises: `usage` (a function, a cycle).
---
--- ```lua
--- assert(yaml.encode { replicas = 3 } == "replicas: 3\n")
--- ```
---@param value any
---@return string
function M.encode(value, ...)
  if (...) ~= nil then errors.usage "yaml.encode: takes a value, and no options" end
  return secret.encoded(unknown.describe_all(value), impl.encode)
end

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
function M.lines(text, options)
  return impl.lines(text, options and fields.check(LINES, options))
end

return M

--- param: the parameters of a runbook, by type. They are checked before the first step, given as key=value, from
--- a file or from almanac.yaml; one that is missing is asked for on a terminal. A script reads them and does not assign to them:
--- the journal has what they are.
local impl = require "almanac.base.param"

local M = {}

--- Text.
---
--- Raises: `usage`.
---
--- ```lua
--- local tag = param.string { required = true, pattern = "^v%d+%.%d+%.%d+%-%x+$", help = "e.g. v0.5.0-a1b2c3d" }
--- ```
---@param options? param.string.options
---@return table parameter
M.string = impl.string

--- A whole number.
---
--- Raises: `usage`.
---
--- ```lua
--- local replicas = param.integer { default = 3, min = 1, max = 9, help = "of the miner" }
--- ```
---@param options? param.integer.options
---@return table parameter
M.integer = impl.integer

--- A number.
---
--- Raises: `usage`.
---
--- ```lua
--- local share = param.number { default = 0.05, min = 0, max = 1, help = "of failed requests" }
--- ```
---@param options? param.number.options
---@return table parameter
M.number = impl.number

--- True or false; also yes, no, 1 and 0.
---
--- Raises: `usage`.
---
--- ```lua
--- local strict = param.boolean { default = true, help = "metrics are mandatory" }
--- ```
---@param options? param.boolean.options
---@return table parameter
M.boolean = impl.boolean

--- A duration; the script gets its seconds.
---
--- Raises: `usage`.
---
--- ```lua
--- local observe = param.duration { default = "10m", min = 60, help = "how long the gates must hold" }
--- ```
---@param options? param.duration.options
---@return table parameter
M.duration = impl.duration

--- One of several texts.
---
--- Raises: `usage`.
---
--- ```lua
--- local kind = param.enum { values = { "canary", "full" }, default = "canary", help = "how much of it" }
--- ```
---@param options param.enum.options
---@return table parameter
M.enum = impl.enum

--- A list, given as a,b,c.
---
--- Raises: `usage`.
---
--- ```lua
--- local heights = param.list { of = param.integer {}, default = { 1, 2 }, help = "to compare" }
--- ```
---@param options? param.list.options
---@return table parameter
M.list = impl.list

--- Names and values, given as a=1,b=2.
---
--- Raises: `usage`.
---
--- ```lua
--- local urls = param.map { default = { explorer = "https://explorer.example" }, help = "where each part is" }
--- ```
---@param options? param.map.options
---@return table parameter
M.map = impl.map

--- A secret: a text, env:NAME or file:PATH. The journal keeps where it is, never the text.
---
--- A script gets a value that it can hand on (to `sh` in env and stdin, to headers, to `data` of a Kubernetes Secret), join to a text by `..`,
--- which is a secret then, compare with another secret by `==`, and print, as its name. Its text it cannot look into: the length, `<` and the
--- methods of texts raise, and `==` with a text is always false, which `almanac check` finds. What the text must be, `min_length` and
--- `pattern` say.
---
--- Raises: `usage`.
---
--- ```lua
--- local token = param.secret { required = true, min_length = 12, help = "of the registry, e.g. env:REGISTRY_TOKEN" }
--- ```
---@param options? param.secret.options
---@return table parameter
M.secret = impl.secret

return M

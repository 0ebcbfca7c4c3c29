--- vars: what runbooks share in almanac.yaml: names, patterns of files, addresses, thresholds.
local impl = require "almanac.run.vars"

local M = {}

--- A section of `vars` in almanac.yaml, as the runbook declares it. What is not declared is refused, and so is a value
--- that does not fit, with the line where it is written. A read: the step that makes it keeps what it said.
---
--- Raises: `refused`; `usage` where the declaration is none.
---
--- ```lua
--- -- vars: { devnet: { registry: ghcr.io/org, max_lag: 5 } }
--- local devnet = step("read almanac.yaml", function()
---   return vars.read("devnet", {
---     registry = param.string { default = "ghcr.io/org", help = "where the images are" },
---     max_lag = param.integer { default = 5, help = "blocks" },
---   })
--- end)
--- ```
---@param section string
---@param declaration table<string, table>  by key: param.string { … } and its like, no secrets
---@return table<string, any>
M.read = impl.read

--- Where the values of a section are written that almanac.yaml has: for people who ask whose limit it is. A read.
---
--- Raises: nothing.
---
--- ```lua
--- local place = vars.places("devnet").max_lag -- "almanac.yaml:12", or nil where the default holds
--- ```
---@param section string
---@return table<string, string>  "FILE:LINE" by key
M.places = impl.places

return M

---@meta
-- Made by `make docs` from stdlib/public/gate.lua: edit that.

---@class gate.options
---@field hold string|number  how long it must stay healthy
---@field limit number  what the value is compared with
---@field query string  PromQL that gives one number; no comparison in it
---@field critical? number  at or past it on the unhealthy side the gate fails at once
---@field errors? integer  failed queries in a row that are put up with
---@field grace? string|number  time at the start in which no sample counts
---@field interval? string|number  between samples
---@field name? any  as the gate's step
---@field op? "<"|"<="|">"|">="  healthy when `value op limit`
---@field tolerate? integer  unhealthy samples in a row that do not break the hold
---@field url? string  base URL of Prometheus

--- Watches a number against a limit until it has been healthy for `hold`. gate(spec) alone watches in the step
--- that is running, as a branch of parallel does. In a plan one sample is taken.
---
--- Raises: `gate`, with `verdict` ("fail", "inconclusive", "no data" or "error"), `why`, `value`, `limit`, `held`.
---
--- ```lua
--- gate("peers", { query = "min(animica_p2p_peers_connected)", op = ">=", limit = 5, critical = 0, hold = "10m" })
--- ```
---@param name string|gate.options
---@param spec? gate.options
---@return { verdict: "pass", value: number|string, limit: number, held: number, unwatched: number, samples: integer }
---  held and unwatched in seconds; an infinite value is "+Inf" or "-Inf"
function gate(name, spec) end

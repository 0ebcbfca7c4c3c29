--- parallel: steps side by side.

--- Runs branches side by side, each a step of its own. When one fails its siblings are cancelled, unless
--- `keep_going`.
---
--- Raises: the worst of what the branches raise; the others are in `also`.
---
--- ```lua
--- local ready = parallel("workloads are ready", {
---   miner = function() return k8s.rollout("deployment/animica-miner", { namespace = "animica-devnet" }) end,
---   explorer = function() return k8s.rollout("deployment/animica-explorer", { namespace = "animica-devnet" }) end,
--- }, { limit = 2 })
--- ```
---@param name string
---@param branches table<string, function>  by the names of their steps
---@param options? parallel.options
---@return table<string, any> results  by name
local parallel = require("almanac.run.parallel").parallel

return parallel

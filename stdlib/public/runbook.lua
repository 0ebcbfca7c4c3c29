--- runbook: declares what a script is.

--- Declares a runbook: what it is for, takes and may touch, and its procedure. A script returns it.
---
--- Raises: `usage`.
---
--- ```lua
--- return runbook {
---   summary = "Restarts the explorer",
---   params = { timeout = param.duration { default = "5m", help = "for the restart" } },
---   allow = { k8s = { "animica-devnet" } },
---   lock = "release/animica-devnet",
---   run = function(p)
---     step("restart", function() k8s.restart("deployment/animica-explorer", { namespace = "animica-devnet" }) end)
---     step("ready", function()
---       k8s.rollout("deployment/animica-explorer", { namespace = "animica-devnet", timeout = p.timeout })
---     end)
---   end,
--- }
--- ```
---@param declaration runbook.options
---@return table runbook
local runbook = require("almanac.run.declaration").declare

return runbook

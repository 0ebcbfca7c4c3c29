--- runbook: declares what a script is, and makes another runbook a part of it.
local M = {}

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
M.runbook = require("almanac.run.declaration").declare

--- Runs another runbook as a part of this one: a run of its own, with its own journal, plan, lock, status, resume and
--- rollback, and a step of this run, named as the runbook is. Who resumes this run goes on with it, who rolls this run
--- back rolls it back; nothing of it happens twice. It keeps to its own `allow` and to that of
--- each run that made it, which also names it: `allow = { runbook = { "canary" }, … }`. Locks of the caller hold for it.
---
--- Raises: what the runbook raises; `refused` where there is no such runbook, a parameter does not fit, its lock is
--- held by another run, it would run itself, or it was abandoned; `mismatch` when it was begun with other parameters.
---
--- ```lua
--- local verdict = runbook.call("canary", { tag = "v0.5.0-a1b2c3d" })
--- ```
---@param runbook string  as `almanac run` takes it: a name, or the path of a .lua file
---@param params? table<string, any>  its parameters, over those of almanac.yaml
---@param options? runbook.call.options
---@return any  what the runbook's `run` returns: plain data
M.call = require("almanac.run.call").call

return M

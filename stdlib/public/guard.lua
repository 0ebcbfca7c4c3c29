--- guard: watches over a step while it waits.

--- Runs fn as a step, and watches gates and alerts while it does: while it sleeps, asks, observes, follows a rollout or
--- runs another runbook. A breach ends the waiting, once an effect in flight is finished. Then, as `on_breach` says, the
--- run pauses until somebody says to go on, to roll back or to stop (at the terminal, or with `almanac answer`), the step
--- fails, or the run is rolled back. What the operator lets pass is no breach again until it was healthy once, or is past
--- the critical limit. A run that was stopped goes on watching; what was done inside is done. Everything is looked at once
--- before fn begins, or goes on.
---
--- A gate is breached by more unhealthy samples in a row than `tolerate`, or by one past `critical`; and where more than
--- `errors` looks in a row saw nothing. In a plan each is looked at once.
---
--- Raises: `guard`, with `breaches`; `waiting`; what fn raises.
---
--- ```lua
--- guard("the devnet stays healthy", {
---   gates = { { name = "RPC errors", query = "devnet:rpc_error_ratio", limit = 0.05, critical = 0.20 } },
---   alerts = { labels = { namespace = "animica-devnet" } },
--- }, function()
---   sleep("keep the canary as a fallback", "45m")
--- end)
--- ```
---@param name string
---@param options guard.options
---@param fn fun(): any
---@return any  what fn returns
local guard = require("almanac.observe.guard.step").guard

return guard

---@meta
-- Made by `make docs` from stdlib/public/guard.lua: edit that.

---@class guard.options
---@field alerts? guard.options.alerts  alerts that must not fire; {} for all of severity critical and page
---@field gates? guard.options.gates[]  numbers of Prometheus that must stay healthy
---@field interval? string|number  between samples
---@field on_breach? "pause"|"stop"|"undo"  pause: somebody says whether to go on, roll back or stop; stop: the step fails; undo: the run is rolled back

---@class guard.options.alerts
---@field errors? integer  failed looks in a row that are no breach yet
---@field ignore? string|string[]  names of alerts that are none
---@field labels? table  labels that it must have
---@field severity? string|string[]  an alert of one of them is a breach
---@field url? string  base URL of Alertmanager

---@class guard.options.gates
---@field limit number  what the value is compared with
---@field name string  what it is called
---@field query string  PromQL that gives one number; no comparison in it
---@field critical? number  at or past it on the unhealthy side one sample is a breach
---@field errors? integer  samples in a row without a value that are no breach yet
---@field op? "<"|"<="|">"|">="  healthy when `value op limit`
---@field tolerate? integer  unhealthy samples in a row that are no breach yet
---@field url? string  base URL of Prometheus

--- Runs fn as a step, and watches gates and alerts while it does: while it sleeps, asks, observes, follows a rollout or
--- runs another runbook. A breach ends the waiting, once an effect in flight is finished. Then, as `on_breach` says, the
--- run pauses until somebody says to go on, to roll back or to stop (at the terminal, or with `almanac answer`), the step
--- fails, or the run is rolled back. What the operator lets pass is no breach again until it was healthy once, or is past
--- the critical limit. A run that was stopped goes on watching; what was done inside is done.
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
function guard(name, options, fn) end

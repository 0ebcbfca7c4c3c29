---@meta
-- Made by `make docs` from stdlib/public/runbook.lua: edit that.

---@class runbook.options
---@field run function  the procedure; it is given the parameters
---@field allow? table  what it may reach: a category, such as helm, k8s, shell, http, and patterns of names; under read what it may look at besides
---@field help? string  more about it, for almanac show
---@field lock? string|runbook.options.lock|function  one run at a time under that name; "lease/NAMESPACE/NAME" across machines
---@field on_failure? "ask"|"stop"|"undo"  what follows a failure
---@field on_owner? "warn"|"refuse"  what follows where Argo CD, Flux or another helm release keeps what is changed, and would take it back
---@field params? table  what it takes, by name: param.string { … }, param.duration { … }, …
---@field pass_env? string[]  what children get of the environment, besides the few that they always do; almanac.yaml may name more
---@field summary? string  one line: what it is for
---@field vars? table  the sections of vars in almanac.yaml that it reads, by name, as vars.read is given them: checked before a run begins, and shown by almanac show

---@class runbook.options.lock
---@field name string  one run at a time under it; "lease/NAMESPACE/NAME" across machines
---@field duration? string|number  of a lease: how long its holder may be silent

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
function runbook(declaration) end

---@class runbook.call.options
---@field name? string  of the step

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
function runbook.call(runbook, params, options) end

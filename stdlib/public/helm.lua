--- helm: releases of a cluster, with helm 3 or 4. What a release is and was is read from helm's own records;
--- a helm process runs only to render a chart and for the effects.
local impl = require "almanac.helm.release"
local lazy = require("almanac.base.lazy").lazy

local M = {}

--- The newest revision, whatever became of it; nil when there is no such release. A read.
---
--- Raises: `api`, `network`, `auth`.
---
--- ```lua
--- local current = helm.current { release = "animica-devnet" }
--- ```
---@param options helm.current.options
---@return { revision: integer, status: string, chart: string, app_version: string, description: string, updated: string }?
M.current = impl.current

--- The revisions that helm keeps, oldest first; none when there is no such release. A read.
---
--- Raises: `api`, `network`, `auth`.
---
--- ```lua
--- for _, revision in ipairs(helm.history { release = "animica-devnet" }) do note(revision.revision .. " " .. revision.status) end
--- ```
---@param options helm.history.options
---@return { revision: integer, status: string, chart: string, app_version: string, description: string, updated: string }[]
M.history = impl.history

--- The manifest of a release: YAML documents. A read.
---
--- Raises: `not_found`, `api`.
---
--- ```lua
--- local objects = yaml.decode_all(helm.manifest { release = "animica-devnet" })
--- ```
---@param options helm.manifest.options
---@return string
M.manifest = impl.manifest

--- What the chart tells its operators; "" when it says nothing. A read.
---
--- Raises: `not_found`, `api`.
---
--- ```lua
--- note(helm.notes { release = "animica-devnet" })
--- ```
---@param options helm.notes.options
---@return string
M.notes = impl.notes

--- The revision to go back to: the newest below the current one that helm applied to its end and with which a
--- run in this journal ended well; else one with which none failed; else any. A read.
---
--- Raises: `api`, `network`, `auth`.
---
--- ```lua
--- local good = helm.previous_good { release = "animica-devnet" }
--- if good then note("revision " .. good.revision .. ": " .. good.why) end
--- ```
---@param options helm.previous_good.options
---@return { revision: integer, status: string, chart: string, rule: "proven"|"not known bad"|"superseded", why: string, run: string? }?
M.previous_good = impl.previous_good

--- Takes a release out of a pending state that a dead helm left: deletes the record of its newest revision, so
--- that the revision before is the newest again. Objects stay as they are. Asks the operator, unless the helm
--- was one of ours and is known to be dead. An effect.
---
--- Raises: `refused` (it is not pending), `busy` (its helm runs, or is younger than `min_age` and may run),
--- `waiting` where nobody can be asked.
---
--- ```lua
--- helm.repair { release = "animica-devnet", min_age = "30m" }
--- ```
---@param options helm.repair.options
---@return { revision: integer, removed: boolean, status: string }
M.repair = impl.repair

--- Goes back to a revision, as a new one. An effect.
---
--- Raises: `not_found`, `helm`, `busy`, `timeout` and `cancelled` (in doubt: a resume looks at the release).
---
--- ```lua
--- local good = helm.previous_good { release = "animica-devnet" }
--- if good then helm.rollback { release = "animica-devnet", revision = good.revision } end
--- ```
---@param options helm.rollback.options
---@return { revision: integer, status: string, chart: string, app_version: string, description: string, updated: string }
M.rollback = impl.rollback

--- Follows all that a release's newest revision holds until it is rolled out, side by side, as k8s.rollout follows
--- one workload: Deployments, StatefulSets, DaemonSets, Jobs, and custom resources that say whether they are ready
--- (their definition has status.conditions, or they have some). They come from the release's manifest, so that
--- none has to be listed. The first that cannot become ready ends the wait. A read.
---
--- Raises: `rollout` (with `workload`, `reason`, `logs`, as k8s.rollout), `not_found`.
---
--- ```lua
--- helm.rollout { release = "animica-devnet", timeout = "10m", heal = true }
--- ```
---@param options helm.rollout.options
---@return table<string, { workload: string, namespace: string, message: string, elapsed: number, healed: string[] }> done  by "deployment/animica-miner"; elapsed in seconds
M.rollout = lazy(function() return require("almanac.helm.rollout").rollout end)

--- A release as `helm status` shows it: the newest revision, or one of those that helm keeps. A read.
---
--- Raises: `not_found`, `api`.
---
--- ```lua
--- local status = helm.status { release = "animica-devnet" }
--- note(status.release .. " is " .. status.status)
--- ```
---@param options helm.status.options
---@return { revision: integer, status: string, chart: string, release: string, namespace: string, first_deployed: string, server_side: boolean, notes: string }
M.status = impl.status

--- Renders a chart without touching anything. A read.
---
--- Raises: `helm`, with `template` = { file, line } where it does not render; `not_found`.
---
--- ```lua
--- local text = helm.template { release = "animica-devnet", chart = "ops/helm/animica-devnet" }
--- ```
---@param options helm.template.options
---@return string manifest
M.template = impl.template

--- Removes a release and its objects; one that is not there is fine. An effect.
---
--- Raises: `helm`, `busy`, `timeout` and `cancelled` (in doubt).
---
--- ```lua
--- helm.uninstall { release = "animica-canary", keep_history = true }
--- ```
---@param options helm.uninstall.options
---@return { removed: boolean, revision: integer? }
M.uninstall = impl.uninstall

--- Upgrades a release. It never waits for its workloads: k8s.rollout does that, and says why not. An effect; its
--- undo goes back to what was good before.
---
--- Raises: `helm` (with `conflicts` or `template` where helm says so), `busy` (another operation is under way),
--- `not_found`, `network`, `auth`, `tls`, `timeout` and `cancelled` (in doubt: a resume looks at the release).
---
--- ```lua
--- helm.upgrade { release = "animica-devnet", chart = "ops/helm/animica-devnet",
---   set = { ["global.imageTag"] = "v0.5.0-a1b2c3d" } }
--- ```
---@param options helm.upgrade.options
---@return { revision: integer, status: string, chart: string, app_version: string, description: string, updated: string }
M.upgrade = impl.upgrade

--- The values a release was made with: those given by its operators, or with `all` the computed. A read.
---
--- Raises: `not_found`, `api`.
---
--- ```lua
--- local values = helm.values { release = "animica-devnet", all = true }
--- ```
---@param options helm.values.options
---@return table
M.values = impl.values

--- helm's version. A read.
---
--- Raises: `not_found` where there is no helm.
---
--- ```lua
--- note("helm " .. helm.version().version)
--- ```
---@return { major: integer, version: string }
M.version = impl.version

return M

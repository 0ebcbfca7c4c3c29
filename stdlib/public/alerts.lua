--- alerts: the alerts that fire now, as Prometheus has them.
local impl = require "almanac.observe.alerts"

local M = {}

--- The alerts that Alertmanager has, worst first: neither silenced nor inhibited. A read.
---
--- Raises: `alerts`, `network`, `protocol`, `usage` where no URL is known.
---
--- ```lua
--- local pages = alerts.active { severity = "page" }
--- ```
---@param options? alerts.active.options
---@return { name: string, severity: string, since: string, summary: string?, labels: table<string, string> }[]
M.active = impl.active

--- The alerts that pause a rollout: severity critical or page. A read.
---
--- Raises: `prom`, `network`, `usage` where no URL is known.
---
--- ```lua
--- for _, alert in ipairs(alerts.critical()) do note(alert.name .. ": " .. tostring(alert.summary)) end
--- ```
---@param options? alerts.critical.options
---@return { name: string, severity: string, since: string, summary: string?, labels: table<string, string> }[]
M.critical = impl.critical

--- The alerts that fire now, worst first. A read.
---
--- Raises: `prom`, `network`, `usage` where no URL is known.
---
--- ```lua
--- local pages = alerts.firing { severity = "page" }
--- ```
---@param options? alerts.firing.options
---@return { name: string, severity: string, since: string, summary: string?, labels: table<string, string> }[]
M.firing = impl.firing

return M

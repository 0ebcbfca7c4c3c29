---@meta
-- Made by `make docs` from stdlib/public/alerts.lua: edit that.

--- The alerts that fire now, as Prometheus has them.
alerts = {}

---@class alerts.active.options
---@field severity? string|string[]  only these
---@field timeout? string|number  for the answer
---@field url? string  base URL of Alertmanager

--- The alerts that Alertmanager has, worst first: neither silenced nor inhibited. A read.
---
--- Raises: `alerts`, `network`, `protocol`, `usage` where no URL is known.
---
--- ```lua
--- local pages = alerts.active { severity = "page" }
--- ```
---@param options? alerts.active.options
---@return { name: string, severity: string, since: string, summary: string?, labels: table<string, string> }[]
function alerts.active(options) end

---@class alerts.critical.options
---@field timeout? string|number  for the answer
---@field url? string  base URL of Prometheus

--- The alerts that pause a rollout: severity critical or page. A read.
---
--- Raises: `prom`, `network`, `usage` where no URL is known.
---
--- ```lua
--- for _, alert in ipairs(alerts.critical()) do note(alert.name .. ": " .. tostring(alert.summary)) end
--- ```
---@param options? alerts.critical.options
---@return { name: string, severity: string, since: string, summary: string?, labels: table<string, string> }[]
function alerts.critical(options) end

---@class alerts.firing.options
---@field severity? string|string[]  only these
---@field timeout? string|number  for the answer
---@field url? string  base URL of Prometheus

--- The alerts that fire now, worst first. A read.
---
--- Raises: `prom`, `network`, `usage` where no URL is known.
---
--- ```lua
--- local pages = alerts.firing { severity = "page" }
--- ```
---@param options? alerts.firing.options
---@return { name: string, severity: string, since: string, summary: string?, labels: table<string, string> }[]
function alerts.firing(options) end

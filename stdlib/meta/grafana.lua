---@meta
-- Made by `make docs` from stdlib/public/grafana.lua: edit that.

--- Annotations, and links to dashboards. The server is an endpoint of almanac.yaml: `endpoints: { grafana: { url: "https://grafana.example", token: "env:GRAFANA_TOKEN" } }`.
grafana = {}

---@class grafana.annotate.options
---@field text string  what is shown
---@field dashboard? string  uid of the only dashboard that shows it
---@field optional? boolean  that it cannot be made is noted, and fails nothing
---@field panel? integer  the only panel of that dashboard
---@field tags? string|string[]  by which dashboards choose annotations
---@field time? number  when it was, or began
---@field time_end? number  makes it a region

--- Marks a time, or a range of time, on dashboards. An effect, found again after a crash by a tag with its id; its undo
--- deletes the annotation.
---
--- Raises: `http`, `network`, `usage` where no URL is known.
---
--- ```lua
--- grafana.annotate { text = "v0.5.0 rolled out", tags = { "deploy", "devnet" }, optional = true }
--- ```
---@param options grafana.annotate.options
---@return { made: boolean, id: integer? }
function grafana.annotate(options) end

---@class grafana.link.options
---@field dashboard string  its uid
---@field from number  begin of its time range
---@field panel? integer  shows this panel alone
---@field to? number  end of its time range
---@field url? string  base URL, where people have another one
---@field vars? table  its variables: texts, numbers, and lists of those

--- The URL of a dashboard at a range of time. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- local url = grafana.link { dashboard = "peers", from = 1780000000, to = 1780003600, vars = { namespace = "devnet" } }
--- ```
---@param options grafana.link.options
---@return string url
function grafana.link(options) end

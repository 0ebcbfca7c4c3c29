--- grafana: annotations, and links to dashboards. The server is an endpoint of almanac.yaml:
--- `endpoints: { grafana: { url: "https://grafana.example", token: "env:GRAFANA_TOKEN" } }`.
local impl = require "almanac.http.grafana"

local M = {}

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
M.annotate = impl.annotate

--- The URL of a dashboard at a range of time. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- local url = grafana.link { dashboard = "peers", from = 1780000000, to = 1780003600, vars = { namespace = "devnet" } }
--- ```
---@param options grafana.link.options
---@return string url
M.link = impl.link

return M

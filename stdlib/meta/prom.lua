---@meta
-- Made by `make docs` from stdlib/public/prom.lua: edit that.

--- Queries of Prometheus. What is no number is never silently one: no data, several series and NaN are told apart.
prom = {}

---@class prom.query.options
---@field time? number  of the sample
---@field timeout? string|number  for the answer
---@field url? string  base URL of Prometheus

--- An instant query. A read.
---
--- Raises: `prom` (Prometheus refuses it, with `error_type`), `network`, `usage` where no URL is known.
---
--- ```lua
--- for _, series in ipairs(prom.query("up").series) do note(tostring(series.labels.instance)) end
--- ```
---@param promql string
---@param options? prom.query.options
---@return { type: "vector"|"scalar"|"matrix"|"string", series: { labels: table<string, string>, value: number?, histogram: { count: number, sum: number }?, time: number }[], warnings: string[], infos: string[] }
---  time in seconds since 1970; of a native histogram there is no value
function prom.query(promql, options) end

---@class prom.range.options
---@field from number|string|number  seconds since 1970, or how long ago
---@field step? string|number  between points
---@field timeout? string|number  for the answer
---@field to? number|string|number  seconds since 1970, or how long ago
---@field url? string  base URL of Prometheus

--- A range query. A read.
---
--- Raises: `prom`, `network`, `usage`.
---
--- ```lua
--- local points = prom.range("animica_head_height", { from = "1h", step = "1m" }).series
--- ```
---@param promql string
---@param options prom.range.options
---@return { type: "matrix", series: { labels: table<string, string>, points: { time: number, value: number }[], histograms: { time: number, count: number, sum: number }[]? }[], warnings: string[], infos: string[] }
---  time in seconds since 1970
function prom.range(promql, options) end

---@class prom.value.options
---@field time? number  of the sample
---@field timeout? string|number  for the answer
---@field url? string  base URL of Prometheus

--- The one number that a query gives. A read.
---
--- Raises: `no_data` (nothing, or NaN), `several_series`, `prom` (also for a native histogram, which is no number), `network`, `usage`.
---
--- ```lua
--- if prom.value("max(animica_p2p_peers_connected)") < 5 then note "few peers" end
--- ```
---@param promql string
---@param options? prom.value.options
---@return number
function prom.value(promql, options) end

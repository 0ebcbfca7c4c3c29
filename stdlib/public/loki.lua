--- loki: log lines, and how many there are.
local impl = require "almanac.observe.loki"

local M = {}

--- How many lines a log query matches. 0 says that none did; whether anything was logged at all is another
--- question. A read.
---
--- Raises: `loki` (Loki refuses it), `network`, `usage`.
---
--- ```lua
--- local panics = loki.count('{namespace="animica-devnet"} |~ "panic"', { since = "10m" })
--- ```
---@param logql string  a log query, without a range
---@param options? loki.count.options
---@return integer
M.count = impl.count

--- An instant query, of LogQL that gives numbers. A read.
---
--- Raises: `loki`, `network`, `usage`.
---
--- ```lua
--- local rates = loki.query('sum by (app) (rate({namespace="animica-devnet"}[5m]))').series
--- ```
---@param logql string
---@param options? loki.query.options
---@return { type: "streams"|"vector"|"matrix"|"scalar", series: { labels: table<string, string>, value: number?, time: number }[]? }
---  time in seconds since 1970
M.query = impl.query

--- Log lines, or points of a metric query, of a range of time. A read.
---
--- Raises: `loki`, `network`, `usage`.
---
--- ```lua
--- local lines = loki.query_range('{namespace="animica-devnet"} |= "ERROR"', { since = "30m", limit = 20 }).entries
--- ```
---@param logql string
---@param options? loki.query_range.options
---@return { type: "streams"|"matrix", entries: { time_ns: string, line: string, labels: table<string, string> }[]?, truncated: boolean?, series: table[]? }
---  time_ns: nanoseconds since 1970, as text
M.query_range = impl.query_range

return M

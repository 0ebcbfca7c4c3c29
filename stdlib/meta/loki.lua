---@meta
-- Made by `make docs` from stdlib/public/loki.lua: edit that.

--- Log lines, and how many there are.
loki = {}

---@class loki.count.options
---@field since? string|number  how far back from `to`
---@field tenant? string  X-Scope-OrgID
---@field timeout? string|number  for the answer
---@field to? number  end of the range
---@field url? string  base URL of Loki

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
function loki.count(logql, options) end

---@class loki.query.options
---@field direction? "backward"|"forward"  newest or oldest first
---@field limit? integer  lines at most
---@field tenant? string  X-Scope-OrgID
---@field time? number  of the sample
---@field timeout? string|number  for the answer
---@field url? string  base URL of Loki

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
function loki.query(logql, options) end

---@class loki.query_range.options
---@field direction? "backward"|"forward"  newest or oldest first
---@field from? number  begin of the range, in the place of since
---@field limit? integer  lines at most
---@field since? string|number  how far back from `to`
---@field step? string|number  between the points of a metric query
---@field tenant? string  X-Scope-OrgID
---@field timeout? string|number  for the answer
---@field to? number  end of the range
---@field url? string  base URL of Loki

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
function loki.query_range(logql, options) end

--- canary: a new version beside the one that runs, and a verdict that may be read at any time.
local step = require "almanac.observe.canary.step"

local M = {}

--- Compares the canary with the baseline, both at the same time, from Prometheus' raw counters, until it passes or
--- fails, or the horizon is reached. compare(name, options) is a step of its own; compare(options) watches in the step
--- that is running, as a branch of parallel does. In a plan both arms are sampled once. A run that was stopped goes on
--- from its samples and from Prometheus' history: the verdict is the same.
---
--- A metric is a "count" (events and requests, judged by the ratio of their shares), a "latency" (requests above the
--- bounds of a histogram) or a "gauge" (judged by the difference). The canary fails when a critical metric does, or
--- metrics of half of the weight; it passes when every metric does that is not informational.
---
--- Raises: `canary`, with `verdict` ("fail", "inconclusive", "no data" or "error"), `why`, `watched`, and `metrics` as
--- they are returned.
---
--- ```lua
--- canary.compare("canary", {
---   baseline = { namespace = "animica-devnet" }, canary = { namespace = "animica-canary" }, horizon = "10m", warm_up = "1m",
---   metrics = {
---     { name = "RPC errors", kind = "count", events = 'animica_rpc_requests_total{status="error"}',
---       requests = "animica_rpc_requests_total", bad = 2, critical = true },
---     { name = "peers", kind = "gauge", value = "animica_p2p_peers_connected", worse = "lower", bad = 3, informational = true },
---   },
--- })
--- ```
---@param name string|canary.compare.options
---@param options? canary.compare.options
---@return { verdict: "pass", watched: number, samples: integer, metrics: { name: string, verdict: string, why: string, evidence: { bad: number, good: number }, canary: table?, baseline: table? }[] }
---  watched in seconds; evidence: logarithms of the odds; an arm has events and requests, a gauge's its mean
M.compare = step.compare

return M

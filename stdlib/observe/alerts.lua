--- Alerts that fire now, as Prometheus has them.
local api = require "almanac.observe.api"
local fields = require "almanac.base.fields"
local step = require "almanac.run.step"

local M = {}

---@class almanac.alerts.Alert
---@field name string
---@field severity string    "info", "warning", "critical", "page"; "" when it has none
---@field since string       RFC 3339
---@field summary? string
---@field labels table<string, string>

local SERVER = {
  url = { "text", shown_default = "endpoints.prometheus of almanac.yaml", help = "base URL of Prometheus" },
  timeout = { "seconds", shown_default = "30s", help = "for the answer" },
}
local FIRING = fields.declare("alerts.firing", fields.with(SERVER, { severity = { "texts", shown_default = "all", help = "only these" } }))
local CRITICAL = fields.declare("alerts.critical", SERVER)

local rank = { page = 1, critical = 2, warning = 3, info = 4 }

--- The firing alerts of an answer of /api/v1/alerts, worst first. Pure.
---@param answer table
---@param severities? string[]  only these
---@return almanac.alerts.Alert[]
function M.result(answer, severities)
  local wanted
  for _, severity in ipairs(severities or {}) do
    wanted = wanted or {}
    wanted[severity] = true
  end
  local out = {}
  for _, alert in ipairs(answer.data.alerts or {}) do
    local labels = alert.labels or {}
    local severity = labels.severity or ""
    if alert.state == "firing" and (not wanted or wanted[severity]) then
      local notes = alert.annotations or {}
      out[#out + 1] = { name = labels.alertname or "", severity = severity, since = alert.activeAt,
        summary = notes.summary or notes.description, labels = labels }
    end
  end
  table.sort(out, function(a, b)
    local x, y = rank[a.severity] or 5, rank[b.severity] or 5
    if x ~= y then return x < y end
    if a.name ~= b.name then return a.name < b.name end
    return tostring(a.since) < tostring(b.since)
  end)
  return out
end

--- The alerts that fire now, worst first.
function M.firing(opts)
  step.require_read "alerts.firing"
  opts = fields.check(FIRING, opts)
  return M.result(api.get {
    kind = "prom", who = "alerts.firing", base = api.base_url("alerts.firing", "prometheus", opts.url),
    path = "/api/v1/alerts", params = {}, timeout = opts.timeout,
  }, opts.severity)
end

--- The alerts that pause a rollout: severity critical or page.
function M.critical(opts)
  opts = fields.check(CRITICAL, opts)
  return M.firing { severity = { "critical", "page" }, url = opts.url, timeout = opts.timeout }
end

return M

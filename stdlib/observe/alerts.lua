--- Alerts that fire now, as Prometheus has them.
local api = require "almanac.observe.api"
local endpoints = require "almanac.http.endpoint"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local shape = require "almanac.base.shape"
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
local ACTIVE = fields.declare("alerts.active", {
  url = { "text", shown_default = "endpoints.alertmanager of almanac.yaml", help = "base URL of Alertmanager" },
  timeout = { "seconds", shown_default = "30s", help = "for the answer" },
  severity = { "texts", shown_default = "all", help = "only these" },
})

local rank = { page = 1, critical = 2, warning = 3, info = 4 }

--- Those of these that fire and are of a severity, worst first.
local function select(list, severities, is_firing, since)
  local wanted
  for _, severity in ipairs(severities or {}) do
    wanted = wanted or {}
    wanted[severity] = true
  end
  local out = {}
  for _, alert in ipairs(list) do
    local labels = alert.labels or {}
    local severity = labels.severity or ""
    if is_firing(alert) and (not wanted or wanted[severity]) then
      local notes = alert.annotations or {}
      out[#out + 1] = { name = labels.alertname or "", severity = severity, since = alert[since],
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

local TEXTS = { optional = { map = "string" } }
local FORM = { list = { labels = TEXTS, annotations = TEXTS } }

--- Refuses what is no list of alerts with a state each: that none fires would be read from it.
local function check(who, list, state_of)
  local is_fine = json.is_array(list)
  for _, alert in ipairs(is_fine and list or {}) do
    is_fine = is_fine and type(alert) == "table" and type(state_of(alert)) == "string"
  end
  local wrong, how = shape.wrong(list, FORM)
  if is_fine and not wrong then return list end
  errors.raise {
    kind = "protocol", message = string.format("%s: the answer is no list of alerts, each with its state%s", who,
      wrong and wrong ~= "." and string.format(" (%s %s)", wrong:sub(2), how) or ""),
    hint = "is the URL that of the service, or of something before it?",
  }
end

local function prometheus_state(alert) return alert.state end
local function alertmanager_state(alert) return type(alert.status) == "table" and alert.status.state end

--- The firing alerts of an answer of Prometheus' /api/v1/alerts, worst first. Pure. Raises kind "protocol".
---@param answer table
---@param severities? string[]  only these
---@return almanac.alerts.Alert[]
function M.result(answer, severities)
  local list = check("alerts.firing", answer.data.alerts, prometheus_state)
  return select(list, severities, function(alert) return alert.state == "firing" end, "activeAt")
end

--- The alerts of an answer of Alertmanager's /api/v2/alerts that are neither silenced nor inhibited, worst first. Pure. Raises
--- kind "protocol".
---@param list table[]
---@param severities? string[]  only these
---@return almanac.alerts.Alert[]
function M.active_of(list, severities)
  check("alerts.active", list, alertmanager_state)
  return select(list, severities, function(alert) return alert.status.state == "active" end, "startsAt")
end

--- The alerts that fire now, worst first.
function M.firing(opts)
  step.require_read "alerts.firing"
  opts = fields.check(FIRING, opts)
  return M.result(api.get {
    service = "prometheus", who = "alerts.firing", url = opts.url,
    path = "/api/v1/alerts", params = {}, timeout = opts.timeout,
  }, opts.severity)
end

--- The alerts that pause a rollout: severity critical or page.
function M.critical(opts)
  opts = fields.check(CRITICAL, opts)
  return M.firing { severity = { "critical", "page" }, url = opts.url, timeout = opts.timeout }
end

--- The alerts that Alertmanager has now, worst first: neither silenced nor inhibited.
--- https://prometheus.io/docs/alerting/latest/alertmanager/
function M.active(opts)
  step.require_read "alerts.active"
  opts = fields.check(ACTIVE, opts)
  return M.active_of(api.get_list {
    service = "alertmanager", who = "alerts.active", url = opts.url,
    path = "/api/v2/alerts", params = { active = "true", silenced = "false", inhibited = "false" }, timeout = opts.timeout,
  }, opts.severity)
end

--- The alerts that fire now: of Alertmanager where almanac.yaml or the caller names it, else as Prometheus has them.
---@param opts { severity: string[], url: string? }  url: of Alertmanager
---@return almanac.alerts.Alert[]
function M.current(opts)
  if opts.url or endpoints.find("alertmanager").url then return M.active(opts) end
  return M.firing { severity = opts.severity }
end

return M

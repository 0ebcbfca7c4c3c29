--- A real Alertmanager, and what a real Prometheus needs to send an alert to it: a rule, and the metric that the rule is on.
local httpd = require "native.httpd"
local json = require "native.json"
local http = require "native.http"
local process = require "native.process"
local t = require "tests.harness"

local M = {}

--- About something that no gate of the devnet looks at, so that a test can let the alert alone fire.
local RULES = [[
groups:
  - name: devnet
    interval: 1s
    rules:
      - alert: BackupMissing
        expr: backup_missing == 1
        labels: { severity: critical }
        annotations: { summary: no backup of the services' database for two days }
]]

local ALERTMANAGER = [[
route: { receiver: nobody, group_wait: 0s, group_interval: 1s }
receivers: [{ name: nobody }]
]]

---@class tests.Alerting
---@field url string      of Alertmanager
---@field config string   what prometheus.yml has of it
---@field scraped tests.Scraped
local Alerting = {}
Alerting.__index = Alerting

--- Lets the alert BackupMissing fire, or ends it, and waits until Alertmanager has heard of it.
---@param firing boolean
function Alerting:set(firing)
  self.firing = firing
  t.eventually(firing and "Alertmanager has the alert" or "Alertmanager's alert is over", function()
    local answer = http.request { url = self.url .. "/api/v2/alerts?active=true", who = "tests.alerting" }
    return answer.status == 200 and (#json.decode(answer.body) > 0) == firing
  end)
end

--- Starts Alertmanager over a directory, where the rule is written to; both end with the case.
---@param dir string
---@return tests.Alerting
function M.start(dir)
  local self = setmetatable({ firing = false }, Alerting)
  local exporter = httpd.listen { handler = function(_, response)
    response:send(200, { ["Content-Type"] = "text/plain; version=0.0.4" }, "backup_missing " .. (self.firing and 1 or 0) .. "\n")
  end }
  t.defer(function() exporter:close() end)
  t.write_file(dir .. "/alertmanager.yml", ALERTMANAGER)
  t.write_file(dir .. "/rules.yml", RULES)
  local home = process.cwd() .. "/.deps/alertmanager" -- below which it looks for its templates
  local server = t.spawn({ home .. "/usr/bin/prometheus-alertmanager", "--config.file=" .. dir .. "/alertmanager.yml",
    "--storage.path=" .. dir .. "/alertmanager", "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=" }, { cwd = home })
  local _, address = server:wait_line 'Listening on" address=(%S+)'
  self.url = "http://" .. address
  self.config = string.format(
    "rule_files: [rules.yml]\nalerting: {alertmanagers: [{static_configs: [{targets: ['%s']}]}]}\n", address)
  self.scraped = { job = "backups", address = "127.0.0.1:" .. exporter:port() }
  return self
end

return M

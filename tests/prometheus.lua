--- A real Prometheus for a test, with a memory where it is given one.
local process = require "native.process"
local t = require "tests.harness"

local M = {}

local root = process.cwd()

--- What is scraped: `address` HOST:PORT, `path` of the metrics, `labels` that its series get.
---@class tests.Scraped
---@field job string
---@field address string
---@field path? string
---@field labels? table<string, string>

---@param one tests.Scraped
local function scrape_config(one)
  local labels = {}
  for name, value in pairs(one.labels or {}) do labels[#labels + 1] = name .. ": " .. value end
  return string.format("  - {job_name: %s, honor_labels: true, metrics_path: %s, static_configs: [{targets: ['%s'], labels: {%s}}]}",
    one.job, one.path or "/metrics", one.address, table.concat(labels, ", "))
end

--- Puts samples into its memory: a text of OpenMetrics.
local function remember(dir, history)
  t.write_file(dir .. "/history.om", history)
  t.must({ root .. "/.deps/prometheus/usr/bin/promtool", "tsdb", "create-blocks-from", "openmetrics", "history.om",
    "prometheus" }, { cwd = dir })
end

--- Starts one over a directory; it ends with the case.
---@param dir string
---@param scraped tests.Scraped[]
---@param opts? { every: number?, history: string?, more: string? }
---   every: seconds between two scrapes, default 1; history: what it remembers, as OpenMetrics; more: of its configuration
---@return string url
function M.start(dir, scraped, opts)
  opts = opts or {}
  local jobs = {}
  for i, one in ipairs(scraped) do jobs[i] = scrape_config(one) end
  local every = math.floor((opts.every or 1) * 1000)
  t.write_file(dir .. "/prometheus.yml", string.format(
    "global: {scrape_interval: %dms, scrape_timeout: %dms, evaluation_interval: 1s}\n%sscrape_configs:\n%s\n", every, every,
    opts.more or "", table.concat(jobs, "\n")))
  if opts.history then remember(dir, opts.history) end
  local server = t.spawn({ root .. "/.deps/prometheus/usr/bin/prometheus", "--config.file=prometheus.yml",
    "--storage.tsdb.path=" .. dir .. "/prometheus", "--web.listen-address=127.0.0.1:0" }, { cwd = dir })
  return "http://" .. server:wait_lines { 'Listening on" address=(%S+)', "Server is ready" }[1]
end

return M

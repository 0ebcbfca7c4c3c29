--- A real Prometheus that remembers what a test says happened: promtool makes the blocks, so that hours of it take a moment.
--- https://prometheus.io/docs/prometheus/latest/storage/#backfilling-from-openmetrics-format
local process = require "native.process"
local t = require "tests.harness"

local M = {}

local BIN = process.cwd() .. "/.deps/prometheus/usr/bin/"

---@class tests.History  one series
---@field [1] string  the name with its labels, as Prometheus writes it
---@field [2] fun(seconds: number): number?  its value so many seconds after the beginning; nil: no sample

--- Writes the samples of all series, in the format of OpenMetrics.
---@param path string
---@param series tests.History[]
---@param from integer  seconds since 1970
---@param seconds number how long
---@param every number
function M.write(path, series, from, seconds, every)
  local lines = {}
  for _, one in ipairs(series) do
    for i = 0, math.floor(seconds / every) do
      local value = one[2](i * every)
      if value then lines[#lines + 1] = string.format("%s %.12g %.3f", one[1], value, from + i * every) end
    end
  end
  lines[#lines + 1] = "# EOF\n"
  t.write_file(path, table.concat(lines, "\n"))
end

--- Starts a Prometheus with this history, which scrapes nothing.
---@param series tests.History[]
---@param from integer  seconds since 1970
---@param seconds number how long
---@param every? number  seconds between samples; default 15
---@return string url
function M.start(series, from, seconds, every)
  local dir = t.tmpdir()
  M.write(dir .. "/history.txt", series, from, seconds, every or 15)
  t.must({ BIN .. "promtool", "tsdb", "create-blocks-from", "openmetrics", "history.txt", "data" }, { cwd = dir })
  t.write_file(dir .. "/prometheus.yml", "scrape_configs: []\n")
  local p = t.spawn({ BIN .. "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
    "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:0" }, { cwd = dir })
  return "http://" .. p:wait_lines { 'Listening on" address=(%S+)', "Server is ready" }[1]
end

return M

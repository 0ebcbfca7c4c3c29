--- A real Prometheus that remembers what a test says happened, hours of it, and scrapes nothing.
--- https://prometheus.io/docs/prometheus/latest/storage/#backfilling-from-openmetrics-format
local prometheus = require "tests.prometheus"
local t = require "tests.harness"

local M = {}

---@class tests.History  one series
---@field [1] string  the name with its labels, as Prometheus writes it
---@field [2] fun(seconds: number): number?  its value so many seconds after the beginning; nil: no sample

--- The samples of all series, in the format of OpenMetrics.
---@param series tests.History[]
---@param from number    seconds since 1970
---@param seconds number how long
---@param every? number  seconds between samples; default 15
---@return string
function M.text(series, from, seconds, every)
  local lines = {}
  every = every or 15
  for _, one in ipairs(series) do
    for i = 0, math.floor(seconds / every) do
      local value = one[2](i * every)
      if value then lines[#lines + 1] = string.format("%s %.12g %.3f", one[1], value, from + i * every) end
    end
  end
  lines[#lines + 1] = "# EOF\n"
  return table.concat(lines, "\n")
end

--- Starts one; it ends with the case.
---@param series tests.History[]
---@param from number
---@param seconds number
---@param every? number
---@return string url
function M.start(series, from, seconds, every)
  return prometheus.start(t.tmpdir(), {}, { history = M.text(series, from, seconds, every) })
end

return M

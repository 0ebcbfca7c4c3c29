--- A canary while it is watched: its samples, what they come to so far, and when that is final. Samples are taken at
--- times that are fixed when the watch begins, begin + k * interval, and taken one by one: whoever stops and takes them
--- up again, from the journal or from Prometheus' history, comes to the same verdict at the same sample. Pure.
local analysis = require "almanac.observe.canary.analysis"
local spec_of = require "almanac.observe.canary.spec"

local M = {}

---@class almanac.canary.Watch
---@field spec almanac.canary.Spec
---@field begin integer                     milliseconds since 1970, behind the warm-up
---@field bounds table<string, number[]>    by latency
---@field metrics almanac.canary.Metric[]
---@field analysis almanac.canary.Analysis
---@field seen table<string, table>         sums of the samples by metric
---@field time integer                      of the last sample; `begin` before there is one
---@field verdict table                     of the analysis, so far
---@field over boolean                      the verdict is final

---@param spec almanac.canary.Spec checked
---@param begin integer
---@param bounds table<string, number[]>
---@return almanac.canary.Watch
function M.new(spec, begin, bounds)
  local metrics = spec_of.metrics(spec, bounds)
  local watch = {
    spec = spec, begin = begin, bounds = bounds, metrics = metrics, time = begin, over = false, seen = {},
    analysis = analysis.new(metrics, spec.alpha, spec.beta),
  }
  for _, metric in ipairs(metrics) do watch.seen[metric.name] = { samples = 0 } end
  watch.verdict = analysis.verdict(watch.analysis)
  return watch
end

local function interval_ms(watch)
  return math.max(1, math.floor(watch.spec.interval * 1000 + 0.5))
end

--- The times of the next samples up to `now`, begun with that of the one before; fewer than two: there is none yet.
--- A scrape is stored when it is over, so that a sample is asked for one interval after its time.
---@param watch almanac.canary.Watch
---@param now integer  milliseconds since 1970, of Prometheus
---@return integer[] times
function M.due(watch, now)
  local every, times = interval_ms(watch), { watch.time }
  local last = watch.begin + spec_of.samples(watch.spec) * every
  while times[#times] < last and times[#times] + 2 * every <= now do times[#times + 1] = times[#times] + every end
  return times
end

--- When the next sample can be asked for.
---@param watch almanac.canary.Watch
---@return integer milliseconds since 1970, of Prometheus
function M.next_due(watch)
  return watch.time + 2 * interval_ms(watch)
end

--- Takes the next sample.
---@param watch almanac.canary.Watch
---@param sample { time: integer, values: table<string, table> }
function M.take(watch, sample)
  watch.time = sample.time
  for name, value in pairs(sample.values) do
    local seen = watch.seen[name]
    if seen then
      seen.samples = seen.samples + 1
      for field, number in pairs(value) do seen[field] = (seen[field] or 0.0) + number end
    end
  end
  analysis.add(watch.analysis, sample.values)
  watch.verdict = analysis.verdict(watch.analysis)
  local verdict = watch.verdict.verdict
  watch.over = verdict == "pass" or verdict == "fail" or watch.analysis.samples >= spec_of.samples(watch.spec)
end

--- Seconds that were watched.
---@param watch almanac.canary.Watch
---@return number
function M.watched(watch)
  return (watch.time - watch.begin) / 1000
end

return M

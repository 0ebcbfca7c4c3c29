--- Trials of the canary statistics: many runs of a made-up canary, watched as somebody does who looks after every
--- interval. What they come to is what evidence_test.lua holds against bars, and tests/bench/canary.lua prints.
local counts = require "almanac.observe.canary.counts"
local gauges = require "almanac.observe.canary.gauges"
local means = require "almanac.observe.canary.means"
local simulate = require "tests.stdlib.observe.canary.simulate"

local M = {}

local BOUND = math.log(20)

---@class tests.Trials
---@field pass number          share of the runs
---@field fail number
---@field inconclusive number
---@field median integer       samples until the verdict

local function watch(evidence_of, samples, sample)
  for i = 1, samples do
    sample()
    local evidence = evidence_of()
    if evidence and evidence.fail >= BOUND then return "fail", i end
    if evidence and evidence.pass >= BOUND then return "pass", i end
  end
  return "inconclusive", samples
end

local function tally(runs, run)
  local out, times = { pass = 0, fail = 0, inconclusive = 0 }, {}
  for seed = 1, runs do
    local verdict, time = run(simulate.new(seed))
    out[verdict], times[seed] = out[verdict] + 1, time
  end
  for verdict, number in pairs(out) do out[verdict] = number / runs end
  table.sort(times)
  out.median = times[runs // 2]
  return out
end

--- An hour of 15 s intervals, in which the canary has a tenth of the traffic.
---@param runs integer
---@param ratio number         the true one
---@param fano number          variance over mean of the counts
---@param per_interval number  canary events of an equal canary
---@param plain? boolean       without tempering
---@return tests.Trials
function M.counts(runs, ratio, fano, per_interval, plain)
  return tally(runs, function(random)
    local state = counts.new(1, 1.5, plain)
    return watch(function() return counts.evidence(state) end, 240, function()
      counts.add(state, {
        canary_events = random.count(per_interval * ratio, fano), canary_requests = 100,
        baseline_events = random.count(per_interval * 9, fano), baseline_requests = 900,
      })
    end)
  end)
end

--- Two samples of normal values, 500 an arm.
---@param runs integer
---@param shift number  of the canary's mean, in standard deviations
---@return tests.Trials
function M.means(runs, shift)
  return tally(runs, function(random)
    local state = means.new(means.rho2_for(300, 0.05))
    return watch(function() return { fail = means.log_e(state, 0, math.sqrt(2)), pass = -math.huge } end, 500, function()
      means.add(state, shift + random.normal() - random.normal())
    end)
  end)
end

--- Two gauges that remember, read 200 times.
---@param runs integer
---@param memory number  autocorrelation from one sample to the next
---@param shift number
---@return tests.Trials
function M.gauges(runs, memory, shift)
  return tally(runs, function(random)
    local state = gauges.new("higher", 0, 1)
    local canary, baseline = random.normal(), random.normal()
    return watch(function() return gauges.evidence(state) end, 200, function()
      canary, baseline = memory * canary + random.normal(), memory * baseline + random.normal()
      gauges.add(state, canary + shift, baseline)
    end)
  end)
end

return M

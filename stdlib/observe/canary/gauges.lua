--- Evidence about gauges: memory, queue length, anything with a value at each scrape. A gauge remembers: values of
--- neighbouring scrapes are no independent samples. The differences canary - baseline at the same time are averaged
--- over blocks of at least BLOCK autocorrelation times, and the blocks' means decide (means.lua), from MIN_BLOCKS on.
--- Ten minutes of a gauge that is read every 15 s are usually inconclusive. Pure; a state is plain data.
local means = require "almanac.observe.canary.means"

local M = {}

local BLOCK = 4
local MIN_BLOCKS = 10

---@class almanac.canary.Gauges
---@field worse "higher"|"lower"  which direction is the bad one
---@field r0 number        a difference that is still good, in the gauge's unit
---@field r1 number        a difference that is certainly bad
---@field length integer   of a block, in samples; it only grows
---@field differences number[]

---@param worse "higher"|"lower"
---@param r0 number
---@param r1 number above r0
---@return almanac.canary.Gauges
function M.new(worse, r0, r1)
  return { worse = worse, r0 = r0, r1 = r1, length = BLOCK, differences = {} }
end

--- Integrated autocorrelation time in samples: 1 + 2 * the sum of autocorrelations, until they are no longer above
--- what chance gives. Sokal, "Monte Carlo methods in statistical mechanics" (1997), section 3.
---@param values number[]
---@return number
function M.autocorrelation_time(values)
  local n, sum = #values, 0.0
  if n < 8 then return 1.0 end
  for _, value in ipairs(values) do sum = sum + value end
  local mean, variance = sum / n, 0.0
  for _, value in ipairs(values) do variance = variance + (value - mean) ^ 2 end
  if variance == 0 then return 1.0 end
  local time, noise = 1.0, 1.5 / math.sqrt(n)
  for lag = 1, n // 3 do
    local covariance = 0.0
    for i = 1, n - lag do covariance = covariance + (values[i] - mean) * (values[i + lag] - mean) end
    -- A mean taken from the same values lowers every autocorrelation by about time / n.
    local correlation = covariance / variance + time / n
    if correlation < noise then break end
    time = time + 2 * correlation
  end
  return time
end

--- Takes both arms' values at one scrape.
---@param state almanac.canary.Gauges
---@param canary number
---@param baseline number
function M.add(state, canary, baseline)
  local difference = state.worse == "higher" and canary - baseline or baseline - canary
  state.differences[#state.differences + 1] = difference
  while state.length < BLOCK * M.autocorrelation_time(state.differences) do state.length = state.length * 2 end
end

--- The evidence so far; nil before there are enough blocks.
---@param state almanac.canary.Gauges
---@return { fail: number, pass: number, rule: "blocks", blocks: integer, mean: number }? evidence  logs
---@return integer missing samples until there are enough
function M.evidence(state)
  local blocks = #state.differences // state.length
  if blocks < MIN_BLOCKS then return nil, MIN_BLOCKS * state.length - #state.differences end
  local fit = means.new(means.rho2_for(2 * MIN_BLOCKS, 0.05))
  for block = 1, blocks do
    local sum = 0.0
    for i = (block - 1) * state.length + 1, block * state.length do sum = sum + state.differences[i] end
    means.add(fit, sum / state.length)
  end
  return { fail = means.log_e(fit, state.r0), pass = means.log_e_below(fit, state.r1), rule = "blocks", blocks = blocks,
    mean = fit.mean }, 0
end

return M

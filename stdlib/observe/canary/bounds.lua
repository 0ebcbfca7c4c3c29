--- The bounds that a latency is judged at: those of the histogram's buckets that are nearest the baseline's p50, p90
--- and p99. They are fixed before the canary starts, so that they do not depend on what it does. Pure.
local counter = require "almanac.observe.canary.counter"

local M = {}

local QUANTILES = { 0.5, 0.9, 0.99 }

local function total(series, times)
  local sum, growth = 0.0, counter.growth(series, times)
  for i = 2, #times do sum = sum + (growth[times[i]] or 0) end
  return sum
end

--- Of bounds by the share of requests within them, the one nearest a quantile. One that no request is above tells
--- little, for then there is nothing to count: it is taken only where there is no other.
local function nearest(bounds, share, quantile)
  local best
  for _, bound in ipairs(bounds) do
    local full, distance = share[bound] >= 1, math.abs(share[bound] - quantile)
    if not best or (best.full and not full) or (best.full == full and distance < best.distance) then
      best = { bound = bound, full = full, distance = distance }
    end
  end
  return best and best.bound
end

--- The bounds, ascending; none where the baseline had no requests, or its histogram has no finite bucket.
---@param buckets table<number, almanac.canary.Series>  the baseline's
---@param times integer[]
---@return number[]
function M.choose(buckets, times)
  local all = buckets[math.huge] and total(buckets[math.huge], times) or 0
  if all <= 0 then return {} end
  local finite, share = {}, {}
  for bound, series in pairs(buckets) do
    if bound < math.huge then
      finite[#finite + 1], share[bound] = bound, total(series, times) / all
    end
  end
  table.sort(finite)
  local out, taken = {}, {}
  for _, quantile in ipairs(QUANTILES) do
    local bound = nearest(finite, share, quantile)
    if bound and not taken[bound] then
      taken[bound], out[#out + 1] = true, bound
    end
  end
  table.sort(out)
  return out
end

return M

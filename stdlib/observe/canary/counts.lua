--- Evidence about how many times as often something happens to the canary's requests as to the baseline's, valid
--- at any time. Given the sum of both arms' events in an interval, those of the canary are binomial with
---     p(r) = r theta / (r theta + 1 - theta),   theta: the canary's share of the requests, r: the true ratio,
--- so that daily cycles and outages that hit both cancel. Per declared ratio one mixture of likelihood ratios:
---     E_fail against "at most r0" (over r0 * r_k), E_pass against "at least r1" (over r1 / r_k).
--- Lindon and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022,
--- https://arxiv.org/abs/2011.03567
---
--- Events come in bursts. Each log increment is divided by the Pearson dispersion of the intervals before it
--- (McCullagh and Nelder, Generalized Linear Models, 4.5), widened for its own uncertainty; until that can be measured
--- the intervals teach the dispersion and give no evidence. Where it is above HEAVY the differences x - p(r) n decide
--- by their mean (means.lua). Pure; a state is plain data.
local means = require "almanac.observe.canary.means"

local M = {}

--- Alternatives: multiples of the declared ratio.
local RATIOS = { 1.2, 1.4, 1.75, 2, 3, 4, 6, 10 }

--- Intervals that only teach the dispersion.
local LEARNING = 7

--- Dispersion above which the binomial is no model any more.
local HEAVY = 5

---@class almanac.canary.Counts
---@field r0 number          the ratio that is still good
---@field r1 number          the ratio that is certainly bad
---@field tempered boolean   increments are divided by the dispersion
---@field intervals integer  with events
---@field events { canary: integer, baseline: integer }
---@field requests { canary: number, baseline: number }
---@field fail number[]      log likelihood ratio by alternative
---@field pass number[]
---@field history { x: integer, n: integer, theta: number }[]  what the dispersion is measured from
---@field above almanac.canary.Means  of x - p(r0) n
---@field below almanac.canary.Means  of x - p(r1) n
---@field phi number         the dispersion now in use

local function zeros()
  local out = {}
  for i = 1, #RATIOS do out[i] = 0.0 end
  return out
end

---@param r0 number
---@param r1 number  above r0
---@param plain? boolean  without tempering: for events that are known to be independent
---@return almanac.canary.Counts
function M.new(r0, r1, plain)
  local rho2 = means.rho2_for(40, 0.05)
  return {
    r0 = r0, r1 = r1, tempered = not plain, intervals = 0, events = { canary = 0, baseline = 0 },
    requests = { canary = 0, baseline = 0 }, fail = zeros(), pass = zeros(), history = {}, above = means.new(rho2),
    below = means.new(rho2), phi = 1.0,
  }
end

local function share(r, theta)
  return r * theta / (r * theta + 1 - theta)
end

local function log_ratio(x, y, to, from, theta)
  local p, q = share(to, theta), share(from, theta)
  return x * math.log(p / q) + y * math.log((1 - p) / (1 - q))
end

--- The ratio under which as many canary events are expected as there were, within [1/1000, 1000].
local function estimate(history)
  local low, high, seen = math.log(1e-3), math.log(1e3), 0
  for _, interval in ipairs(history) do seen = seen + interval.x end
  for _ = 1, 30 do
    local middle, expected = (low + high) / 2, 0
    for _, interval in ipairs(history) do expected = expected + interval.n * share(math.exp(middle), interval.theta) end
    if expected < seen then low = middle else high = middle end
  end
  return math.exp((low + high) / 2)
end

--- The Pearson dispersion of these intervals about their own ratio, and never below 1.
local function dispersion(history)
  local m, r, chi2 = #history, estimate(history), 0.0
  for _, interval in ipairs(history) do
    local p = share(r, interval.theta)
    chi2 = chi2 + (interval.x - interval.n * p) ^ 2 / (interval.n * p * (1 - p))
  end
  return math.max(1.0, chi2 / (m - 1) * (1 + 2 * math.sqrt(2 / m)))
end

--- Takes one interval, aligned on the same scrapes of both arms.
---@param state almanac.canary.Counts
---@param interval { canary_events: integer, canary_requests: number, baseline_events: integer, baseline_requests: number }
function M.add(state, interval)
  local x, y = interval.canary_events, interval.baseline_events
  state.events.canary, state.events.baseline = state.events.canary + x, state.events.baseline + y
  state.requests.canary = state.requests.canary + interval.canary_requests
  state.requests.baseline = state.requests.baseline + interval.baseline_requests
  local theta = interval.canary_requests / (interval.canary_requests + interval.baseline_requests)
  local n = x + y
  if n == 0 or theta ~= theta or theta <= 0 or theta >= 1 then return end
  state.intervals = state.intervals + 1
  if not state.tempered or state.intervals > LEARNING then
    if state.tempered then state.phi = dispersion(state.history) end
    for k, multiple in ipairs(RATIOS) do
      state.fail[k] = state.fail[k] + log_ratio(x, y, state.r0 * multiple, state.r0, theta) / state.phi
      state.pass[k] = state.pass[k] + log_ratio(x, y, state.r1 / multiple, state.r1, theta) / state.phi
    end
  end
  means.add(state.above, x - n * share(state.r0, theta))
  means.add(state.below, x - n * share(state.r1, theta))
  if state.tempered then state.history[#state.history + 1] = { x = x, n = n, theta = theta } end
end

--- log of the mean of exponentials.
local function log_mean_exp(logs)
  local most, sum = -math.huge, 0.0
  for _, value in ipairs(logs) do most = math.max(most, value) end
  for _, value in ipairs(logs) do sum = sum + math.exp(value - most) end
  return most + math.log(sum / #logs)
end

--- The evidence so far, and by which rule.
---@param state almanac.canary.Counts
---@return { fail: number, pass: number, rule: "counts"|"tempered"|"means" } evidence  fail and pass are logs
function M.evidence(state)
  if state.phi > HEAVY then
    return { fail = means.log_e(state.above, 0), pass = means.log_e_below(state.below, 0), rule = "means" }
  end
  return { fail = log_mean_exp(state.fail), pass = log_mean_exp(state.pass), rule = state.phi > 1 and "tempered" or "counts" }
end

return M

--- Evidence that the mean of differences is above a bound, valid at any time: however often one looks, the
--- chance that `log_e` ever reaches log(1/alpha) although the mean is not above it is at most alpha (in the
--- limit of many differences, since their spread is measured as they come).
---
--- The e-process is the mixture of Gaussian likelihood ratios over a half-normal prior on the mean: with S the sum
--- of the standardised differences and t their number,
---     E = 2 / sqrt(1 + t rho^2) * exp(S^2 rho^2 / (2 (1 + t rho^2))) * Phi(S rho / sqrt(1 + t rho^2)).
--- Robbins, "Statistical methods related to the law of the iterated logarithm", Ann. Math. Statist. 41 (1970);
--- with an estimated spread: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and
--- asymptotic confidence sequences", Annals of Statistics 52 (2024), https://arxiv.org/abs/2103.06476
--- Pure; a state is plain data.
local normal = require "almanac.observe.canary.normal"

local M = {}

---@class almanac.canary.Means
---@field n integer      differences so far
---@field mean number
---@field squares number sum of squared deviations from the mean (Welford)
---@field rho2 number    of the prior: how large a mean, in standard deviations, is looked for

--- rho^2 for which the evidence is strongest after about `t` differences.
---@param t number
---@param alpha number
---@return number
function M.rho2_for(t, alpha)
  local doubled = -2 * math.log(alpha)
  return (doubled + math.log(doubled + 1)) / t
end

---@param rho2 number
---@return almanac.canary.Means
function M.new(rho2)
  return { n = 0, mean = 0.0, squares = 0.0, rho2 = rho2 }
end

--- Takes one difference.
---@param state almanac.canary.Means
---@param difference number
function M.add(state, difference)
  state.n = state.n + 1
  local delta = difference - state.mean
  state.mean = state.mean + delta / state.n
  state.squares = state.squares + delta * (difference - state.mean)
end

--- The log of the evidence that the mean is above `bound`; 0 while there is no spread to measure it by.
---@param state almanac.canary.Means
---@param bound number
---@param spread? number  the standard deviation, where it is known
---@return number log_e
function M.log_e(state, bound, spread)
  spread = spread or state.n > 1 and math.sqrt(state.squares / (state.n - 1)) or 0
  if spread <= 0 then return 0.0 end
  local sum = (state.mean - bound) * state.n / spread
  local scale = 1 + state.n * state.rho2
  return math.log(2) - 0.5 * math.log(scale) + sum * sum * state.rho2 / (2 * scale) +
    normal.log_cdf(sum * math.sqrt(state.rho2 / scale))
end

--- The same that the mean is below `bound`.
---@param state almanac.canary.Means
---@param bound number
---@param spread? number
---@return number log_e
function M.log_e_below(state, bound, spread)
  local mirrored = { n = state.n, mean = -state.mean, squares = state.squares, rho2 = state.rho2 }
  return M.log_e(mirrored, -bound, spread)
end

return M

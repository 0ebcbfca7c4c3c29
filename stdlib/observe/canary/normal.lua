--- The normal distribution, as far as evidence about means needs it. Pure.
local M = {}

-- Coefficients of W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969),
-- as in the Fortran of netlib's specfun (calerf): 1e-15 relative.
-- https://www.netlib.org/specfun/erf
local A = { 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3,
  1.85777706184603153e-1 }
local B = { 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3 }
local C = { 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1, 2.98635138197400131e2,
  8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3, 2.15311535474403846e-8 }
local D = { 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
  3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3 }
local P = { 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
  6.58749161529837803e-4, 1.63153871373020978e-2 }
local Q = { 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
  2.33520497626869185e-3 }
local SQRT_PI_INVERSE = 5.6418958354775628695e-1

local function fraction(top, bottom, x)
  local n = #bottom
  local numerator, denominator = top[n + 1] * x, x
  for i = 1, n - 1 do
    numerator = (numerator + top[i]) * x
    denominator = (denominator + bottom[i]) * x
  end
  return (numerator + top[n]) / (denominator + bottom[n])
end

--- The complementary error function scaled by exp(x^2), for x >= 0.46875.
local function scaled_erfc(x)
  if x <= 4 then return fraction(C, D, x) end
  local y = 1 / (x * x)
  return (SQRT_PI_INVERSE - y * fraction(P, Q, y)) / x
end

--- log of the probability that a standard normal is at most x; exact far out in either tail.
---@param x number
---@return number
function M.log_cdf(x)
  local y = math.abs(x) / math.sqrt(2)
  if y <= 0.46875 then return math.log(0.5 + x / math.sqrt(8) * fraction(A, B, y * y)) end
  local log_tail = math.log(scaled_erfc(y) / 2) - y * y
  if x < 0 then return log_tail end
  local tail = math.exp(log_tail)
  return tail < 1e-17 and -tail or math.log(1 - tail)
end

return M

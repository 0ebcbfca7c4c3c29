--- Random numbers of the distributions that the canary statistics are tested with, from a seed.
local M = {}

--- A generator of its own, so that a test's numbers do not depend on what ran before it: xorshift64*.
--- Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016).
---@param seed integer
function M.new(seed)
  local state = seed * 0x9E3779B97F4A7C15 | 1
  local self = {}

  function self.uniform()
    state = state ~ (state >> 12)
    state = state ~ (state << 25)
    state = state ~ (state >> 27)
    return ((state * 0x2545F4914F6CDD1D) >> 11) / 2.0 ^ 53
  end

  --- Box and Muller.
  function self.normal()
    return math.sqrt(-2 * math.log(1 - self.uniform())) * math.cos(2 * math.pi * self.uniform())
  end

  --- Knuth, by multiplication.
  function self.poisson(mean)
    local limit, count, product = math.exp(-mean), 0, 1.0
    repeat
      count = count + 1
      product = product * self.uniform()
    until product <= limit
    return count - 1
  end

  --- Marsaglia and Tsang (2000).
  function self.gamma(shape)
    if shape < 1 then return self.gamma(shape + 1) * self.uniform() ^ (1 / shape) end
    local d = shape - 1 / 3
    local c = 1 / math.sqrt(9 * d)
    while true do
      local x = self.normal()
      local v = (1 + c * x) ^ 3
      if v > 0 and math.log(1 - self.uniform()) < 0.5 * x * x + d - d * v + d * math.log(v) then return d * v end
    end
  end

  --- Negative binomial counts: `fano` is the variance over the mean; 1 is Poisson.
  function self.count(mean, fano)
    if fano <= 1 then return self.poisson(mean) end
    return self.poisson(self.gamma(mean / (fano - 1)) * (fano - 1))
  end

  return self
end

return M

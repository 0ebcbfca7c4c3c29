--- Counters as Prometheus keeps them, turned into what happened between scrapes. Raw samples, not increase(), which
--- extrapolates. Pure.
local M = {}

--- What a counter grew by between two scrapes; one that went down was reset, and began at zero again.
---@param before number
---@param now number
---@return number
function M.delta(before, now)
  return now >= before and now - before or now
end

--- The growth of the sum of several series between neighbouring times: a series that is new at a time counts from
--- there on, as one that is gone ends there.
---@param series table<string, table<number, number>>  by labels: value by time
---@param times number[]  ascending
---@return table<number, number> growth by time, of the interval that ends then; absent where no series has both ends
function M.growth(series, times)
  local out, ids = {}, {}
  for id in pairs(series) do ids[#ids + 1] = id end
  table.sort(ids) -- a sum of fractions depends on their order
  for i = 2, #times do
    local sum, seen = 0.0, false
    for _, id in ipairs(ids) do
      local values = series[id]
      local before, now = values[times[i - 1]], values[times[i]]
      if before and now then sum, seen = sum + M.delta(before, now), true end
    end
    if seen then out[times[i]] = sum end
  end
  return out
end

return M

--- Things in the order of their ranks. What has the same rank stays in its order, which table.sort does not keep. Pure.
local M = {}

--- A new list of the same things, those of the least rank first.
---@generic T
---@param list T[]
---@param rank_of fun(one: T): number  asked once for each
---@return T[]
function M.by(list, rank_of)
  local places, ranks = {}, {}
  for place, one in ipairs(list) do places[place], ranks[place] = place, rank_of(one) end
  table.sort(places, function(a, b)
    if ranks[a] ~= ranks[b] then return ranks[a] < ranks[b] end
    return a < b
  end)
  for i, place in ipairs(places) do places[i] = list[place] end
  return places
end

return M

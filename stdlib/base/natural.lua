--- The order in which people read names with numbers in them: gate 2 before gate 10. Pure.
local M = {}

--- A name of which each number begins with how many digits it has: so that texts stand in the order of their numbers.
local function key_of(name)
  return (name:gsub("%d+", function(digits)
    local number = digits:gsub("^0+(%d)", "%1")
    return string.format("%05d%s", #number, number)
  end))
end

--- Sorts names. Those that differ in zeros before a number alone keep the order of their letters.
---@param names string[]
function M.sort(names)
  local keys = {}
  for _, name in ipairs(names) do keys[name] = key_of(name) end
  table.sort(names, function(a, b)
    if keys[a] ~= keys[b] then return keys[a] < keys[b] end
    return a < b
  end)
end

return M

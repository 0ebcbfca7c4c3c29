--- The order of what a plan holds: that of the script, and of branches side by side that of their names,
--- however long each of them looked at the world. Pure.
local M = {}

---@class almanac.PlanOrder
---@field count integer
---@field met table<table, integer>    when an entry was met
---@field steps table<string, integer> when a step was, by its path
local Order = {}
Order.__index = Order

---@return almanac.PlanOrder
function M.new()
  return setmetatable({ count = 0, met = {}, steps = {} }, Order)
end

--- An entry is met, now.
---@param entry { path: string }
---@return { path: string } entry
function Order:add(entry)
  self.count = self.count + 1
  self.met[entry] = self.count
  return entry
end

--- The entry of a step is met, before all that is in the step.
---@param entry { path: string }
---@return { path: string } entry
function Order:add_step(entry)
  self:add(entry)
  self.steps[entry.path] = self.steps[entry.path] or self.count
  return entry
end

--- When each of the steps around an entry was met, from the outermost, and then itself.
local function key_of(order, entry)
  local key = {}
  for stop in (entry.path .. "/"):gmatch "()/" do key[#key + 1] = order.steps[entry.path:sub(1, stop - 1)] end
  key[#key + 1] = order.met[entry]
  return key
end

--- Sorts entries that were added.
---@param entries { path: string }[]
function Order:sort(entries)
  local keys = {}
  for _, entry in ipairs(entries) do keys[entry] = key_of(self, entry) end
  table.sort(entries, function(a, b)
    local of_a, of_b = keys[a], keys[b]
    for i, at in ipairs(of_a) do
      if at ~= of_b[i] then return at < (of_b[i] or 0) end
    end
    return #of_a < #of_b
  end)
end

return M

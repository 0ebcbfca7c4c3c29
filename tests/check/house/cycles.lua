--- Circles in a graph of what requires or includes what.
local violations = require "tests.check.house.violations"

local M = {}

--- The strongly connected components of more than one module (Tarjan), and modules that require themselves.
--- https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm
local function cycles_of(graph, names)
  local index, low, on_stack, stack, count, out = {}, {}, {}, {}, 0, {}
  local function visit(name)
    count = count + 1
    index[name], low[name] = count, count
    stack[#stack + 1], on_stack[name] = name, true
    for _, other in ipairs(graph[name]) do
      if graph[other] and not index[other] then
        visit(other)
        low[name] = math.min(low[name], low[other])
      elseif on_stack[other] then
        low[name] = math.min(low[name], index[other])
      end
    end
    if low[name] ~= index[name] then return end
    local component = {}
    repeat
      local last = table.remove(stack)
      on_stack[last] = nil
      component[#component + 1] = last
    until last == name
    local itself = false
    for _, other in ipairs(graph[name]) do itself = itself or other == name end
    if #component > 1 or itself then
      table.sort(component)
      out[#out + 1] = component
    end
  end
  for _, name in ipairs(names) do
    if not index[name] then visit(name) end
  end
  return out
end

--- Tells each circle.
---@param graph table<string, string[]>
---@param names string[]  of all in it
---@param what string  "a cycle of includes"
---@return integer count
function M.check(graph, names, what)
  local found = cycles_of(graph, names)
  for _, cycle in ipairs(found) do violations.tell("%s: %s", what, table.concat(cycle, " ")) end
  return #found
end

return M

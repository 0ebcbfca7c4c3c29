--- Which parts of a loop run in one of its turns only: behind a comparison with what the loop counts, or behind a flag that
--- they put up.
local tree = require "almanac.script.lint.tree"

local M = {}

--- The local variables that an expression goes by, also through others that are set once.
local function add_bindings(node, out)
  tree.walk(tree.resolve(node), function(one)
    local binding = one.tag == "Name" and one.binding
    if not binding or out[binding] then return end
    out[binding] = true
    if binding.value and not binding.assigned then add_bindings(binding.value, out) end
  end)
end

--- The variables of which a condition that is met says what they are.
local function add_equals(condition, operator, out)
  condition = tree.resolve(condition)
  if condition.tag ~= "Binary" then return end
  if condition.op == operator then
    add_bindings(condition.left, out)
    add_bindings(condition.right, out)
  elseif operator == "==" and condition.op == "and" then
    add_equals(condition.left, operator, out)
    add_equals(condition.right, operator, out)
  end
end

--- Whether a block sets one of these variables.
local function sets(block, bindings)
  local found = false
  tree.walk(block, function(node)
    for _, target in ipairs(node.tag == "Assign" and node.targets or {}) do
      found = found or target.tag == "Name" and bindings[target.binding] == true
    end
  end)
  return found
end

---@class almanac.lint.Once
---@field bindings table<almanac.lint.Binding, boolean>  a loop that counts with one of these runs it once
---@field is_flagged boolean   it runs once in whatever loop

--- What is known of the turns in which a part of an `if` runs.
---@param clause almanac.lint.Node
---@param before almanac.lint.Node[]  the parts before it, whose conditions are not met
---@return almanac.lint.Once
function M.of(clause, before)
  local once, asked = { bindings = {}, is_flagged = false }, {}
  if clause.condition then
    add_equals(clause.condition, "==", once.bindings)
    add_bindings(clause.condition, asked)
    once.is_flagged = sets(clause.body, asked)
  end
  for _, other in ipairs(before) do add_equals(other.condition, "~=", once.bindings) end
  return once
end

--- Whether a loop runs such a part once.
---@param once almanac.lint.Once
---@param loop almanac.lint.Node
---@return boolean
function M.is_once(once, loop)
  if once.is_flagged then return true end
  for _, binding in ipairs(loop.bindings or {}) do
    if once.bindings[binding] then return true end
  end
  return false
end

--- What differs from turn to turn, as one would write it.
---@param loop almanac.lint.Node
---@return string
function M.name_of(loop)
  local bindings = loop.bindings or {}
  for i = #bindings, 1, -1 do
    if bindings[i].name ~= "_" then return bindings[i].name end
  end
  return "name"
end

return M

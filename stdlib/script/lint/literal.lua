--- The value that an expression always is.
local tree = require "almanac.script.lint.tree"
local unknown = require "almanac.base.unknown"

local M = {}

local function some_function() end

--- The value of an expression that is no table, where that can be told: { value }.
---@param node almanac.lint.Node
---@return { [1]: any }?
function M.constant(node)
  node = tree.resolve(node)
  local tag = node.tag
  if tag == "String" or tag == "Number" then return { node.value } end
  if tag == "True" or tag == "False" then return { tag == "True" } end
  if tag == "Nil" then return { nil } end
  if tag == "Function" then return { some_function } end
  if tag == "Unary" and node.op == "-" then
    local inner = M.constant(node.operand)
    return inner and type(inner[1]) == "number" and { -inner[1] } or nil
  end
end

--- The value of an expression, and what a plan would have in the place of what is computed. nil: a table whose
--- names cannot be told.
---@param node almanac.lint.Node
---@return any
function M.value(node)
  node = tree.resolve(node)
  if node.tag ~= "Table" then
    local known = M.constant(node)
    if known then return known[1] end
    return unknown.new "it is computed"
  end
  local out = {}
  for i, item in ipairs(node.items) do
    local name = tree.name_of(item)
    if name then
      out[name] = M.value(item.value)
    elseif item.key or i == #node.items and (item.value.tag == "Call" or item.value.tag == "Method" or item.value.tag == "Vararg") then
      return nil
    else
      out[#out + 1] = M.value(item.value)
    end
  end
  return out
end

return M

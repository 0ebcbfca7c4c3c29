--- Walks of a syntax tree, and what its expressions stand for.
local parser = require "almanac.script.lint.parser"

local M = {}

local children = parser.children

--- Calls enter and leave for a node and everything below it, in the order of the text.
---@param node almanac.lint.Node
---@param enter fun(node: almanac.lint.Node, parent: almanac.lint.Node?, field: string?)
---@param leave? fun(node: almanac.lint.Node)
function M.walk(node, enter, leave, parent, field)
  enter(node, parent, field)
  local names = children[node.tag]
  for i = 1, #names do
    local name = names[i]
    local child = node[name]
    if child and child.tag then
      M.walk(child, enter, leave, node, name)
    elseif child then
      for j = 1, #child do M.walk(child[j], enter, leave, node, name) end
    end
  end
  if leave then leave(node) end
end

--- The expression behind parentheses and behind local variables that are set once.
---@param node almanac.lint.Node
---@return almanac.lint.Node
function M.resolve(node)
  while true do
    local next_node
    if node.tag == "Paren" then
      next_node = node.inner
    elseif node.tag == "Name" and node.binding and not node.binding.assigned then
      next_node = node.binding.value
    end
    if not next_node then return node end
    node = next_node
  end
end

---@class almanac.lint.Origin
---@field global? string  name of a global
---@field lib? string     name given to require
---@field field? string   of that

--- What an expression names: a global, what require gave, or a field of either. nil: neither.
---@param node almanac.lint.Node
---@return almanac.lint.Origin?
function M.origin(node)
  node = M.resolve(node)
  if node.tag == "Name" then
    if node.binding or node.other_env then return nil end
    return { global = node.name }
  end
  if node.tag == "Call" then
    local callee, argument = M.resolve(node.callee), node.args[1]
    local is_require = callee.tag == "Name" and callee.name == "require" and not callee.binding
    return is_require and argument and argument.tag == "String" and { lib = argument.value } or nil
  end
  if node.tag ~= "Index" or node.key.tag ~= "String" then return nil end
  local of = M.origin(node.object)
  if not of or of.field then return nil end
  return { global = of.global, lib = of.lib, field = node.key.value }
end

--- The dotted name of an origin: "helm.upgrade".
---@param origin almanac.lint.Origin
---@return string
function M.dotted(origin)
  local root = origin.global or string.format("require %q", origin.lib)
  return origin.field and root .. "." .. origin.field or root
end

--- The public function that a call is of: "helm.upgrade"; nil: it is none's, or a library's.
---@param call almanac.lint.Node
---@return string?
function M.called(call)
  local origin = M.origin(call.callee)
  return origin and origin.global and M.dotted(origin) or nil
end

--- The name that an item of a table stands under; nil where there is none, or it is computed.
---@param item table  of a table's items
---@return string?
function M.name_of(item)
  local key = item.key and M.resolve(item.key)
  return key and key.tag == "String" and key.value or nil
end

--- The text that an expression always is; nil when it is no constant string.
---@param node almanac.lint.Node
---@return string?
function M.constant_text(node)
  node = M.resolve(node)
  if node.tag == "String" then return node.value end
  if node.tag == "Number" then return tostring(node.value) end
  if node.tag ~= "Binary" or node.op ~= ".." then return nil end
  local left, right = M.constant_text(node.left), M.constant_text(node.right)
  return left and right and left .. right
end

--- What a function returns in its last statement.
---@param fn almanac.lint.Node
---@return almanac.lint.Node?
function M.last_return(fn)
  local list = fn.body.list
  local last = list[#list]
  return last and last.tag == "Return" and last.values[1] or nil
end

--- The function that a call of `step` runs.
---@param call almanac.lint.Node
---@return almanac.lint.Node?
function M.step_function(call)
  local origin = M.origin(call.callee)
  local last = call.args[#call.args]
  local is_step = origin and origin.global == "step" and not origin.field
  local fn = is_step and last and M.resolve(last)
  return fn and fn.tag == "Function" and fn or nil
end

return M

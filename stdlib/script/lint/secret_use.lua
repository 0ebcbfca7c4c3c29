--- What a script cannot do with a parameter that is a secret: Lua lets it compare one with a text, which is never equal, and
--- the rest raises when the step is reached.
local tree = require "almanac.script.lint.tree"

local M = {}

local HINT = "a script cannot look into a secret; two of them are compared by ==, and param.secret takes min_length and pattern"
local COUNTS = { ["<"] = true, [">"] = true, ["<="] = true, [">="] = true }

--- Whether a parameter is declared as a secret.
---@param spec almanac.lint.Node?
---@return boolean
local function is_secret(spec)
  local call = spec and tree.resolve(spec)
  local origin = call and call.tag == "Call" and tree.origin(call.callee)
  return origin ~= nil and origin ~= false and origin.global == "param" and origin.field == "secret"
end

--- Reports them.
---@param main almanac.lint.Node
---@param param_of fun(node: almanac.lint.Node): string?, almanac.lint.Node?  the parameter that an expression is: its name, and how
---  it is declared
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, param_of, report)
  local function secret_name(node)
    local name, spec = param_of(node)
    return is_secret(spec) and name or nil
  end
  local function refuse(node, name, what)
    report(node.pos, "error", "secret-use", string.format("the parameter '%s' is a secret: %s", name, what), HINT)
  end
  tree.walk(main, function(node)
    if node.tag == "Unary" and node.op == "#" then
      local name = secret_name(node.operand)
      if name then refuse(node, name, "it has no length that a script may know") end
    elseif node.tag == "Method" then
      local name = secret_name(node.object)
      if name then refuse(node, name, "it has no methods") end
    elseif node.tag == "Binary" and (node.op == "==" or node.op == "~=" or COUNTS[node.op]) then
      local left, right = secret_name(node.left), secret_name(node.right)
      local other = left and node.right or node.left
      local is_text = tree.constant_text(other) or param_of(other) and not (left and right)
      if (left or right) and COUNTS[node.op] then
        refuse(node, left or right, "which of two comes first is not known to a script")
      elseif (left or right) and is_text then
        refuse(node, left or right, string.format("it is never equal to a text, so that this is always %s", node.op == "~="))
      end
    end
  end)
end

return M

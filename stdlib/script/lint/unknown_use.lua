--- Decisions on what an effect returns. A plan does not know it, and Lua lets an unknown value neither
--- compare nor be tested: `x == value` is false there, and `if x` is taken, without a word.
local definitions = require "almanac.run.definitions"
local nature = require "almanac.script.manual.nature"
local tree = require "almanac.script.lint.tree"

local M = {}

--- The name of the effect that a call performs; nil where it performs none.
---@param call almanac.lint.Node
---@param public almanac.lint.Public
---@return string?
function M.performed(call, public)
  local origin = tree.origin(call.callee)
  if not origin or not origin.global or not origin.field then return nil end
  public:fields(origin) -- loads the module, which defines its effects
  local name = tree.dotted(origin)
  return (nature.of(name) == "change" or definitions.find(name)) and name or nil
end

--- Whether a plan knows a field of what an effect returns.
local function is_predicted(name, key)
  local definition = definitions.find(name)
  for _, field in ipairs(definition and definition.predicts or {}) do
    if key.tag == "String" and key.value == field then return true end
  end
  return false
end

--- The effect whose result, or a field of it, an expression is; nil when a plan predicts that field.
---@return string?
local function effect_of(node, public)
  node = tree.resolve(node)
  if node.tag == "Index" then
    local name = effect_of(node.object, public)
    return name and not is_predicted(name, node.key) and name or nil
  end
  if node.tag ~= "Call" then return nil end
  local fn = tree.step_function(node)
  local returned = fn and tree.last_return(fn)
  if returned then return effect_of(returned, public) end
  return M.performed(node, public)
end

--- What a node decides by the truth of: conditions, `not`, and the left side of `and` and `or`.
local function tested(node)
  if node.tag == "While" or node.tag == "Repeat" or node.tag == "Clause" then return node.condition end
  if node.tag == "Unary" and node.op == "not" then return node.operand end
  if node.tag == "Binary" and (node.op == "and" or node.op == "or") then return node.left end
end

local HINT = "a plan knows only what reads give: decide by one (helm.current, k8s.get, sh.read), or let the effect "
  .. "itself fail"

--- Reports comparisons and tests of what an effect returns.
---@param main almanac.lint.Node
---@param public almanac.lint.Public
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, public, report)
  local function say(node, name, what)
    report(node.pos, "warning", "unknown-in-plan",
      string.format("what %s returns may not be known in a plan: %s", name, what), HINT)
  end
  tree.walk(main, function(node)
    if node.tag == "Binary" and (node.op == "==" or node.op == "~=") then
      for _, side in ipairs { node.left, node.right } do
        local name = effect_of(side, public)
        if name then return say(side, name, node.op == "==" and "then this is false there" or "then this is true there") end
      end
    end
    local condition = tested(node)
    local name = condition and effect_of(condition, public)
    if name then say(condition, name, "then it counts as true there") end
  end)
end

return M

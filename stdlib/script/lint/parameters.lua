--- Fields of a runbook's parameters: `p.tagg` where params has tag raises when the step is reached, perhaps in the
--- middle of the night.
local nearest = require "almanac.base.nearest"
local tree = require "almanac.script.lint.tree"

local M = {}

--- The named fields of a table as it is written; nil where they cannot all be known.
local function fields_of(node)
  local fields = {}
  for _, item in ipairs(node.items) do
    if not item.key or item.key.tag ~= "String" then return nil end
    fields[item.key.value] = item.value
  end
  return fields
end

--- What a call of `runbook` declares, and the parameter of its functions; nil for any other call.
local function declared(call)
  local origin = tree.origin(call.callee)
  if not origin or origin.global ~= "runbook" or origin.field then return nil end
  local argument = call.args[1] and tree.resolve(call.args[1])
  local fields = argument and argument.tag == "Table" and fields_of(argument)
  if not fields then return nil end
  local params = fields.params and tree.resolve(fields.params)
  local names = not params and {} or params.tag == "Table" and fields_of(params)
  if not names then return nil end
  local bindings = {}
  for _, key in ipairs { "run", "lock" } do
    local fn = fields[key] and tree.resolve(fields[key])
    local binding = fn and fn.tag == "Function" and fn.bindings[1]
    if binding and not binding.assigned then bindings[binding] = true end
  end
  return names, bindings
end

local function hint_of(name, names)
  local near, known = nearest.find(name, names), {}
  if near then return "did you mean " .. near .. "?" end
  for other in pairs(names) do known[#known + 1] = other end
  table.sort(known)
  return #known > 0 and "its parameters are " .. table.concat(known, ", ") or "it declares none: params = { … }"
end

--- The binding that a name stands for, also behind local variables that are set once to it.
local function binding_of(node)
  node = tree.resolve(node)
  return node.tag == "Name" and node.binding or nil
end

--- Reports fields of the parameters that the runbook does not declare.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, report)
  for _, call in ipairs(main.calls) do
    local names, bindings = declared(call)
    if names and next(bindings) then
      tree.walk(main, function(node)
        if node.tag ~= "Index" or node.key.tag ~= "String" or names[node.key.value] then return end
        local binding = binding_of(node.object)
        if binding and bindings[binding] then
          report(node.key.pos, "error", "unknown-parameter",
            string.format("the runbook has no parameter '%s'", node.key.value), hint_of(node.key.value, names))
        end
      end)
    end
  end
end

return M

--- Fields of a runbook's parameters: `p.tagg` where params has tag raises when the step is reached, perhaps in the
--- middle of the night.
local mend = require "almanac.script.lint.mend"
local nearest = require "almanac.base.nearest"
local secret_use = require "almanac.script.lint.secret_use"
local tree = require "almanac.script.lint.tree"

local M = {}

--- The named fields of a table as it is written, and their places; nil where they cannot all be known.
local function fields_of(node)
  local fields, places = {}, {}
  for _, item in ipairs(node.items) do
    if not item.key or item.key.tag ~= "String" then return nil end
    fields[item.key.value] = item.value
    places[item.key.value] = item.pos
  end
  return fields, places
end

---@class almanac.lint.Declared
---@field names table<string, any>        the parameters
---@field places table<string, integer>
---@field bindings table<almanac.lint.Binding, boolean>   what the functions of the runbook call them
---@field closed boolean                  who reads them is known: run and lock are functions that stand here

--- What a call of `runbook` declares; nil for any other call, and where it cannot be known.
---@return almanac.lint.Declared?
local function declared(call, report)
  local origin = tree.origin(call.callee)
  if not origin or origin.global ~= "runbook" or origin.field then return nil end
  local argument = call.args[1] and tree.resolve(call.args[1])
  local fields = argument and argument.tag == "Table" and fields_of(argument)
  if not fields then return nil end
  if not fields.summary and not nearest.find("summary", fields) then
    report(call.pos, "warning", "no-summary", "the runbook has no summary", 'say what it is for: summary = "…"; almanac list shows it')
  end
  local params = fields.params and tree.resolve(fields.params)
  local names, places = {}, {}
  if params and params.tag == "Table" then names, places = fields_of(params) end
  if params and params.tag ~= "Table" or not names then return nil end
  local out = { names = names, places = places, bindings = {}, closed = true }
  for _, key in ipairs { "run", "lock" } do
    local fn = fields[key] and tree.resolve(fields[key])
    local binding = fn and fn.tag == "Function" and fn.bindings[1]
    if binding and not binding.assigned then out.bindings[binding] = true end
    out.closed = out.closed and (not fn or fn.tag == "String" or fn.tag == "Table" or fn.tag == "Function" and not fn.owner.vararg
      and not (binding and binding.assigned))
  end
  return out
end

local function hint_of(name, names)
  local question, known = nearest.question(name, names), {}
  if question then return question end
  for other in pairs(names) do known[#known + 1] = other end
  table.sort(known)
  return #known > 0 and "its parameters are " .. table.concat(known, ", ") or "it declares none: params = { … }"
end

--- The binding that a name stands for, also behind local variables that are set once to it.
local function binding_of(node)
  node = tree.resolve(node)
  return node.tag == "Name" and node.binding or nil
end

--- The calls of each local function that is never anything but called.
---@return table<almanac.lint.Node, almanac.lint.Node[]>  by function
local function calls_of(main)
  local uses, calls, out = {}, {}, {}
  local function function_of(node)
    local binding = node.tag == "Name" and node.binding
    local is_one = binding and not binding.assigned and binding.value and binding.value.tag == "Function"
    return is_one and binding.value or nil
  end
  tree.walk(main, function(node)
    local fn = function_of(node)
    if fn then uses[fn] = (uses[fn] or 0) + 1 end
  end)
  for _, call in ipairs(main.calls) do
    local fn = function_of(call.callee)
    if fn then
      calls[fn] = calls[fn] or {}
      table.insert(calls[fn], call)
    end
  end
  for fn, list in pairs(calls) do
    if #list == uses[fn] then out[fn] = list end
  end
  return out
end

--- Whether each of the calls hands over the parameters as its i-th argument.
local function all_hand(calls, i, of)
  for _, call in ipairs(calls) do
    local binding = call.args[i] and binding_of(call.args[i])
    if not binding or not of.bindings[binding] then return false end
  end
  return true
end

--- Follows the parameters into local functions that are given nothing else in that place.
local function follow(main, of)
  local calls, is_new = calls_of(main), true
  while is_new do
    is_new = false
    for fn, list in pairs(calls) do
      for i, binding in ipairs(fn.bindings) do
        if not binding.assigned and not of.bindings[binding] and all_hand(list, i, of) then of.bindings[binding], is_new = true, true end
      end
    end
  end
end

--- The parameter that an expression is.
---@return string? name
---@return almanac.lint.Node? spec
local function parameter_of(node, of)
  node = tree.resolve(node)
  local binding = node.tag == "Index" and binding_of(node.object)
  if not binding or not of.bindings[binding] or node.key.tag ~= "String" then return nil end
  return node.key.value, of.names[node.key.value]
end

--- Reports fields that there are not; gives those that are used, or nil where all of them may be.
local function uses_of(main, of, report)
  local used, whole = {}, {}
  tree.walk(main, function(node, parent, field)
    local binding = node.tag == "Name" and binding_of(node)
    if binding and of.bindings[binding] and not (parent.tag == "Index" and field == "object") then whole[node] = parent end
    if node.tag ~= "Index" then return end
    binding = binding_of(node.object)
    if not binding or not of.bindings[binding] then return end
    local name = tree.constant_text(node.key)
    if name then used[name] = true else whole[node] = parent end
    if name and node.key.tag == "String" and not of.names[name] then
      report(node.key.pos, "error", "unknown-parameter", string.format("the runbook has no parameter '%s'", name), hint_of(name, of.names),
        mend.of(name, of.names))
    end
  end)
  for _, parent in pairs(whole) do
    if parent.tag ~= "Local" then return nil end -- handed on; a local variable of its own is followed
  end
  return used
end

--- The parameter that is written to, or within: `p.tag = …`, `p.list[1] = …`.
local function written_name(target, of)
  while target.tag == "Index" do
    local binding = binding_of(target.object)
    if binding and of.bindings[binding] then return tree.constant_text(target.key) or "…" end
    target = tree.resolve(target.object)
  end
end

--- Reports assignments to parameters: the journal, and whoever resumes the run, would know another value.
local function check_assigned(main, of, report)
  for _, node in ipairs(main.assigns) do
    for _, target in ipairs(node.targets) do
      local name = written_name(target, of)
      if name then
        report(target.pos, "error", "assigned-parameter",
          string.format("the parameter '%s' is assigned to: the run would go on with another value than the journal has", name),
          "keep what is computed in a variable of its own: local value = …")
      end
    end
  end
end

--- Reports fields of the parameters that the runbook does not declare, and parameters that nothing uses.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, report)
  for _, call in ipairs(main.calls) do
    local of = declared(call, report)
    if of then follow(main, of) end
    local used = of and uses_of(main, of, report)
    if of then check_assigned(main, of, report) end
    if of then secret_use.check(main, function(node) return parameter_of(node, of) end, report) end
    for name, at in pairs(used and of.closed and of.places or {}) do
      if not used[name] then
        report(at, "warning", "unused-parameter", string.format("the parameter '%s' is never used", name), "leave it out, or use it")
      end
    end
  end
end

return M

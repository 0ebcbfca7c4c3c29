--- Results: what a step cannot keep, and what nobody uses.
local tree = require "almanac.script.lint.tree"

local M = {}

--- Where a function is in what is returned: that itself, or within its tables.
local function function_in(node)
  local resolved = tree.resolve(node)
  if resolved.tag == "Function" then return node end
  for _, item in ipairs(resolved.tag == "Table" and resolved.items or {}) do
    local found = function_in(item.value)
    if found then return found end
  end
end

local function check_step(call, report)
  local fn = tree.step_function(call)
  local returned = fn and tree.last_return(fn)
  local found = returned and function_in(returned)
  if not found then return end
  report(found.pos, "error", "step-result", "a step returns plain data, and this is a function: the journal cannot keep it",
    "return what it would compute, or make the function outside of the step")
end

--- The local variables that are read somewhere.
local function read_bindings(main)
  local read = {}
  tree.walk(main, function(node, parent, field)
    local is_target = parent and parent.tag == "Assign" and field == "targets"
    if node.tag == "Name" and node.binding and not is_target then read[node.binding] = true end
  end)
  return read
end

--- Reports what is wrong with results.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
function M.check(main, report)
  for _, call in ipairs(main.calls) do check_step(call, report) end
  local read = read_bindings(main)
  tree.walk(main, function(node)
    local binding = node.tag == "Local" and #node.bindings == 1 and node.bindings[1] or nil
    if not binding or not node.values[1] or read[binding] or binding.attrib == "close" or binding.name:find "^_" then return end
    report(binding.pos, "warning", "unused", string.format("%s is never used", binding.name),
      node.values[1].tag == "Call" and "leave out: local " .. binding.name .. " =" or "leave it out")
  end)
end

return M

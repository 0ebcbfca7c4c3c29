--- Effects and reads outside a step, where a script can only compute.
local nature = require "almanac.script.manual.nature"
local tree = require "almanac.script.lint.tree"

local M = {}

--- Lua's own functions that read the world.
local functions = {
  ["os.time"] = true, ["os.date"] = true, ["os.clock"] = true, ["os.getenv"] = true, ["math.random"] = true,
}

--- Whether what is called reads or changes the world.
---@param origin almanac.lint.Origin?  of what is called
---@return boolean
function M.touches_world(origin)
  if not origin or not origin.global or not origin.field then return false end
  local name = tree.dotted(origin)
  return functions[name] or nature.of(name) ~= nil
end

--- The functions given as `run` to runbook{…}.
local function run_functions(main)
  local found = {}
  for _, node in ipairs(main.calls) do
    local origin = tree.origin(node.callee)
    local declaration = origin and origin.global == "runbook" and not origin.field and node.args[1]
      and tree.resolve(node.args[1])
    for _, item in ipairs(declaration and declaration.tag == "Table" and declaration.items or {}) do
      if item.key and item.key.tag == "String" and item.key.value == "run" then found[tree.resolve(item.value)] = true end
    end
  end
  return found
end

--- Reports calls that raise because no step surrounds them. A function other than run may be called
--- inside a step, so what it calls is not reported.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, report)
  local runs = run_functions(main)
  local functions_around = {}
  tree.walk(main, function(node)
    if node.tag == "Function" then
      functions_around[#functions_around + 1] = node
    elseif node.tag == "Call" then
      local innermost = functions_around[#functions_around]
      local origin = (innermost == main or runs[innermost]) and tree.origin(node.callee)
      if M.touches_world(origin) then
        local name = tree.dotted(origin)
        local where = innermost == main and "while the script is loaded" or "in run, outside a step"
        report(node.pos, "error", "outside-step", string.format("%s is called %s", name, where),
          innermost == main and "move it into a step of run: there the journal keeps what it returned"
            or string.format("write: step(\"say what it is for\", function() return %s(…) end)", name))
      end
    end
  end, function(node)
    if node.tag == "Function" then functions_around[#functions_around] = nil end
  end)
end

return M

--- Names that there are not: unknown globals, assignments to globals, unknown fields of the public
--- modules and of the libraries that a script requires.
local mend = require "almanac.script.lint.mend"
local nearest = require "almanac.base.nearest"
local tree = require "almanac.script.lint.tree"

local M = {}

--- What scripts write instead of what Lua elsewhere has.
local instead = {
  io = "files are read with fs.read and written with fs.write, inside a step",
  dofile = "a runbook's other files are read with require \"lib.NAME\"",
  loadfile = "a runbook's other files are read with require \"lib.NAME\"",
  loadstring = "Lua 5.4 has load",
  unpack = "Lua 5.4 has table.unpack",
  setfenv = "Lua 5.4 has no setfenv; load takes the environment",
  getfenv = "Lua 5.4 has no getfenv",
  debug = "scripts have no debug library; error and errors.try say where an error came from",
  package = "scripts have no package library; require \"lib.NAME\" reads lib/NAME.lua beside the runbook",
  collectgarbage = "scripts cannot steer the collector",
  ["os.execute"] = "commands are run with sh.run { argv = { … } } or sh.read, inside a step",
  ["os.exit"] = "a runbook stops with error \"why\"",
  ["os.remove"] = "files are removed with fs.remove, inside a step",
  ["os.rename"] = "files are written with fs.write, inside a step",
  ["os.tmpname"] = "files are written with fs.write, inside a step",
  ["string.dump"] = "scripts have no bytecode",
  ["math.randomseed"] = "randomness is read with math.random inside a step, and journalled with the step's result",
  ["table.getn"] = "Lua 5.4 has the operator #",
  ["math.pow"] = "Lua 5.4 has the operator ^",
  ["string.gfind"] = "Lua 5.4 has string.gmatch",
}

--- The globals and fields that the script itself assigns to: reported once, where they are assigned.
local function assigned_names(main)
  local assigned = {}
  for _, node in ipairs(main.assigns) do
    for _, target in ipairs(node.targets) do
      local origin = (target.tag == "Index" or not target.binding) and tree.origin(target)
      if origin then assigned[tree.dotted(origin)] = true end
    end
  end
  return assigned
end

local function check_name(node, assigned, public, report)
  if public.names[node.name] or assigned[node.name] or node.name == "_ENV" then return end
  local hint = instead[node.name] or nearest.question(node.name, public.names, "'%s'")
    or string.format("if it is a name of your own, write local %s = … before this line", node.name)
  report(node.pos, "error", "unknown-global", string.format("there is no global '%s'", node.name), hint,
    not instead[node.name] and mend.of(node.name, public.names) or nil)
end

local function check_field(node, origin, assigned, public, report)
  local name = tree.dotted(origin)
  local fields, kind = public:fields(origin)
  if not fields or fields[origin.field] or assigned[name] then return end
  local root = tree.dotted { global = origin.global, lib = origin.lib }
  local hint = instead[name] or nearest.hint(origin.field, fields, not origin.lib and root or nil) or "call it: " .. root .. "(…)"
  local message = kind == "function" and string.format("%s is a function; it has no field '%s'", root, origin.field)
    or string.format("%s has no field '%s'", root, origin.field)
  -- A library may fill in its table later than it is loaded.
  report(node.key.pos, origin.lib and "warning" or "error", "unknown-field", message, hint,
    not origin.lib and not instead[name] and mend.of(origin.field, fields) or nil)
end

local function check_assign(node, report)
  for _, target in ipairs(node.targets) do
    if target.tag == "Name" and not target.binding and not target.other_env and target.name ~= "_ENV" then
      local is_function = node.values[1] and node.values[1].tag == "Function" and node.pos < target.pos
      report(target.pos, "error", "global-assignment", string.format("assignment to the global '%s'", target.name),
        is_function and string.format("write: local function %s(…)", target.name)
          or string.format("write: local %s = …", target.name))
    end
  end
end

--- Reports what is wrong with the names of a script.
---@param main almanac.lint.Node
---@param public almanac.lint.Public
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, public, report)
  local assigned = assigned_names(main)
  tree.walk(main, function(node, parent, field)
    local is_target = parent and parent.tag == "Assign" and field == "targets"
    if node.tag == "Assign" then
      check_assign(node, report)
    elseif node.tag == "Name" and not node.binding and not node.other_env and not is_target then
      check_name(node, assigned, public, report)
    elseif node.tag == "Index" and not is_target then
      local origin = tree.origin(node)
      if origin then check_field(node, origin, assigned, public, report) end
    end
  end)
end

return M

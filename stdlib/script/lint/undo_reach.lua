--- Undos that no rollback gets to: of a done step that has none itself, a rollback looks for those in it by computing
--- alone, and what lies behind a read is not found.
local outside = require "almanac.script.lint.outside"
local tree = require "almanac.script.lint.tree"
local unknown_use = require "almanac.script.lint.unknown_use"

local M = {}

---@class almanac.lint.StepBody  a function that is walked
---@field is_step boolean   of a step
---@field is_covered boolean?  the undo of that step, or of one around it, takes back what is in it, as far as can be told
---@field read { name: string, pos: integer }?  the first read in it so far

--- The value of a step's option "undo"; nil where it has none; false where that cannot be told.
local function undo_of(call)
  if #call.args < 3 then return nil end
  local options = tree.resolve(call.args[2])
  if options.tag ~= "Table" then return false end
  for _, item in ipairs(options.items) do
    if item.key and item.key.tag == "String" and item.key.value == "undo" then return item.value end
  end
end

local function steps_by_function(main)
  local found = {}
  for _, call in ipairs(main.calls) do
    local fn = tree.step_function(call)
    if fn then found[fn] = call end
  end
  return found
end

local function body_of(call, around)
  local body = { is_step = call ~= nil }
  body.is_covered = call and (undo_of(call) ~= nil or around and around.is_step and around.is_covered)
  return body
end

--- The first read before a place in the steps around it, unless one of them has an undo.
local function read_before(bodies)
  for i = #bodies, 1, -1 do
    local body = bodies[i]
    if not body.is_step or body.is_covered then return nil end
    if body.read then return body.read end
  end
end

--- Reports steps whose undo is out of a rollback's reach.
---@param main almanac.lint.Node
---@param public almanac.lint.Public
---@param place fun(pos: integer): integer  line of a place
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, public, place, report)
  local steps, bodies = steps_by_function(main), {}
  tree.walk(main, function(node)
    local innermost = bodies[#bodies]
    if node.tag == "Function" then
      bodies[#bodies + 1] = body_of(steps[node], innermost)
    elseif node.tag == "Call" and tree.called(node) == "step" then
      local undo, read = undo_of(node), read_before(bodies)
      if undo and read then
        report(undo.pos, "warning", "undo-behind-read",
          string.format("no rollback gets to this undo: %s reads before it, in a step without an undo (line %d)", read.name,
            (place(read.pos))),
          "give the read a step of its own, or the step around both the undo")
      end
    elseif node.tag == "Call" and innermost and innermost.is_step and not innermost.read then
      local origin = tree.origin(node.callee)
      if outside.touches_world(origin) and not unknown_use.performed(node, public) then
        innermost.read = { name = tree.dotted(origin), pos = node.pos }
      end
    end
  end, function(node)
    if node.tag == "Function" then bodies[#bodies] = nil end
  end)
end

return M

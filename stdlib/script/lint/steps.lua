--- Names of steps: each must be new where it stands, also on a loop's second turn.
local step_name = require "almanac.base.step_name"
local tree = require "almanac.script.lint.tree"

local M = {}

--- Functions that open a step named by their first argument.
local openers = {
  step = true, guard = true, parallel = true, gate = true, confirm = true, ask = true, checklist = true, sleep = true,
  ["canary.compare"] = true,
}

local loops = { While = true, Repeat = true, ForNum = true, ForIn = true }

--- A call that opens a step: what opens it, and its first argument.
---@param node almanac.lint.Node
---@return string? who
---@return almanac.lint.Node? argument
function M.opener(node)
  if node.tag ~= "Call" then return nil end
  local name = tree.called(node)
  return openers[name] and name, node.args[1]
end

--- True when the loop's body ends by leaving the loop, so that it may well run once only.
local function leaves(body)
  local last = body.list[#body.list]
  return last ~= nil and (last.tag == "Break" or last.tag == "Return" or last.tag == "Goto")
end

local function check_text(argument, text, report)
  if text == "" then
    report(argument.pos, "error", "step-name", "a step's name cannot be empty", "say what the step is for")
  elseif not step_name.fits(text) then
    report(argument.pos, "error", "step-name", string.format("a step's name cannot hold '/', '#' or a newline: %q", text),
      "these separate the names in a step's path; write it with other words")
  end
end

---@class almanac.lint.StepScope  names used in a block; what is in scope around it in the same function
---@field names table<string, integer>
---@field outer? almanac.lint.StepScope
---@field loop? boolean  the block is run again and again

local function earlier(at, text)
  while at do
    if at.names[text] then return at.names[text] end
    at = at.outer
  end
end

local function in_loop(at)
  while at do
    if at.loop then return true end
    at = at.outer
  end
  return false
end

local function check_step(at, who, argument, place, report)
  local text = tree.constant_text(argument)
  if not text then return end
  if who == "confirm" or who == "ask" then text = step_name.of(text) end -- a question is any text; its step has a name from it
  check_text(argument, text, report)
  local before = earlier(at, text)
  if before then
    report(argument.pos, "error", "step-twice", string.format("two steps have the name %q here", text),
      string.format("the other is in line %d; a run knows steps by their names, so give each its own", (place(before))))
  elseif in_loop(at) then
    report(argument.pos, "warning", "step-in-loop", string.format("the second turn of the loop has a step of the same name %q", text),
      string.format("put what differs into the name: %s(%q .. name, …)", who, text .. ": "))
  end
  at.names[text] = at.names[text] or argument.pos
end

--- Reports steps that share a name. Of two blocks only one may run, so names are compared within a
--- block and with the blocks around it.
---@param main almanac.lint.Node
---@param place fun(pos: integer): integer  line of a place
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, place, report)
  local at ---@type almanac.lint.StepScope
  local opened = {} -- scopes by the node that opened them

  local function open(node, outer, loop)
    at = { names = {}, outer = outer, loop = loop, back = at }
    opened[node] = at
  end

  tree.walk(main, function(node, parent, field)
    if node.tag == "Function" then
      open(node, nil, false)
    elseif node.tag == "Block" then
      open(node, at, parent and loops[parent.tag] and not leaves(node))
    elseif field == "right" and (parent.op == "and" or parent.op == "or") then
      open(node, at, false)
    end
    local who, argument = M.opener(node)
    if who and argument then check_step(at, who, argument, place, report) end
  end, function(node)
    if opened[node] then at = opened[node].back end
  end)
end

return M

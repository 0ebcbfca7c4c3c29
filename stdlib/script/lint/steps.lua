--- Names of steps: each must be new where it stands, also on a loop's second turn.
local step_name = require "almanac.base.step_name"
local tree = require "almanac.script.lint.tree"
local turns = require "almanac.script.lint.turns"

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
---@field loop? almanac.lint.Node  the block is run again and again by it
---@field once? almanac.lint.Once   in some of these turns only

local function earlier(at, text)
  while at do
    if at.names[text] then return at.names[text] end
    at = at.outer
  end
end

--- The innermost loop that surely runs what stands here more than once, as far as can be told; nil: none does.
local function loop_around(at)
  local parts = {}
  while at do
    if at.once then parts[#parts + 1] = at.once end
    local is_once = not at.loop
    for _, once in ipairs(parts) do is_once = is_once or turns.is_once(once, at.loop) end
    if not is_once then return at.loop end
    at = at.outer
  end
end

--- The name that differs from turn to turn: a question has its blank, a step its colon.
local function differing(who, text, loop)
  local is_question = who == "confirm" or who == "ask"
  return string.format("put what differs into the name: %s(%q .. %s, …)", who, text .. (is_question and " " or ": "), turns.name_of(loop))
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
  else
    local loop = loop_around(at)
    if loop then
      report(argument.pos, "warning", "step-in-loop", string.format("the second turn of the loop has a step of the same name %q", text),
        differing(who, text, loop))
    end
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
  local before = {} -- the parts of an `if` before each of them

  local function open(node, outer, loop, once)
    at = { names = {}, outer = outer, loop = loop, once = once, back = at }
    opened[node] = at
  end

  tree.walk(main, function(node, parent, field)
    if node.tag == "Function" then
      open(node, nil)
    elseif node.tag == "Block" then
      local is_again = parent and loops[parent.tag] and not leaves(node)
      open(node, at, is_again and parent or nil, before[parent] and turns.of(parent, before[parent]))
    elseif field == "right" and (parent.op == "and" or parent.op == "or") then
      open(node, at)
    elseif node.tag == "If" then
      for i, clause in ipairs(node.clauses) do before[clause] = table.move(node.clauses, 1, i - 1, 1, {}) end
    end
    local who, argument = M.opener(node)
    if who and argument then check_step(at, who, argument, place, report) end
  end, function(node)
    if opened[node] then at = opened[node].back end
  end)
end

return M

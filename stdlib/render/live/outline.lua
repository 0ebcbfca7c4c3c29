--- Which steps of a run are shown, in which order: the worst first, what is done folded, so that it fits. Pure.
local attention = require "almanac.render.live.attention"
local ranked = require "almanac.base.ranked"

local M = {}

---@class almanac.live.Row
---@field kind "step"|"effect"|"note"|"summary"
---@field depth integer
---@field node almanac.Node          of a step; of which step an effect or a note is
---@field name string?               of a step: with that of the only one below it, which is shown in its place
---@field effect table?
---@field text string?               of a note
---@field nodes almanac.Node[]?      of a summary
---@field open boolean?              of a step: those below it are shown
---@field outer almanac.Node?        of a step: the one in whose place the only one below it is shown

--- How much is left out: nothing; those that are done, in one line; the gates that hold as well; all but steps.
local WHOLE, DONE_FOLDED, HELD_FOLDED, STEPS_ONLY = 0, 1, 2, 3

---@class almanac.live.Folding
---@field fold integer   how much is left out
---@field spare integer  rows that are left for steps that would be summed up

--- Notes shown below a step that is not over.
local NOTES = 2

--- A step whose one and only step is a gate, or has its name, is that.
local function innermost(node)
  local name = node.name
  while #node.children == 1 and #node.effects == 0 and #node.notes == 0 do
    local child = node.children[1]
    if child.name ~= node.name and not child.gate then break end
    if child.name ~= node.name then name = name .. "/" .. child.name end
    node = child
  end
  return node, name
end

--- Where the steps below a node are in the order of attention: only those that run side by side change places.
local function ordered(children, facts, parallel)
  return parallel and ranked.by(children, function(child) return -facts[child].level end) or children
end

local function is_held(node, facts)
  local inner = innermost(node)
  return inner.gate ~= nil and facts[node].level == attention.RUNNING and inner.gate.ok
end

--- The group that a node is summed up in; nil: it has a line of its own.
local function group_of(node, facts, folding, view)
  local fold = folding.fold
  if view.folded[node.path] == false then return nil end
  if fold >= DONE_FOLDED and facts[node].level == attention.OVER then return "done" end
  if fold >= HELD_FOLDED and is_held(node, facts) then return "held" end
  if fold >= HELD_FOLDED and facts[node].own == attention.WAITING then return "waiting" end
  return nil
end

--- The groups of steps that lie side by side, of which some keep lines of their own while there are rows: the first,
--- of those that follow one another the last.
local function groups_of(nodes, facts, parallel, folding, view)
  local groups, grouped = {}, {}
  for _, node in ipairs(nodes) do
    local group = group_of(node, facts, folding, view)
    if group then
      groups[group] = groups[group] or {}
      table.insert(groups[group], node)
    end
  end
  for _, name in ipairs { "held", "waiting", "done" } do
    local group = groups[name] or {}
    local own = (parallel or folding.fold < HELD_FOLDED) and math.min(folding.spare, #group) or 0
    if own == #group - 1 then own = own - 1 end -- a group of one is a line, too
    folding.spare = folding.spare - math.max(own, 0)
    local first, last = own + 1, #group
    if not parallel then first, last = 1, #group - own end
    local members = table.move(group, first, last, 1, {})
    for _, node in ipairs(members) do grouped[node] = members end
  end
  return grouped
end

local add_children

local function add_details(rows, node, depth, fold)
  if fold >= STEPS_ONLY then return end
  for _, effect in ipairs(node.effects) do rows[#rows + 1] = { kind = "effect", node = node, depth = depth, effect = effect } end
  for i = math.max(1, #node.notes - NOTES + 1), #node.notes do
    rows[#rows + 1] = { kind = "note", node = node, depth = depth, text = node.notes[i] }
  end
end

local function add_step(rows, outer, depth, facts, folding, view)
  local node, name = innermost(outer)
  local open = facts[node].own ~= attention.OVER
  if view.folded[node.path] ~= nil then open = not view.folded[node.path] end
  rows[#rows + 1] = { kind = "step", node = node, outer = outer, depth = depth, name = name, open = open and #node.children > 0 }
  if not open then return end
  add_details(rows, node, depth + 1, folding.fold)
  add_children(rows, node.children, depth + 1, facts, facts[node].parallel, folding, view)
end

--- Only what the filter leaves over: a step that fits, and those that it lies in.
local function fits(node, facts, view)
  if view.only == "open" and facts[node].level == attention.OVER then return false end
  if view.only == "bad" and facts[node].level < attention.WRONG then return false end
  if view.filter == "" or node.path:lower():find(view.filter:lower(), 1, true) then return true end
  for _, child in ipairs(node.children) do
    if fits(child, facts, view) then return true end
  end
  return false
end

function add_children(rows, children, depth, facts, parallel, folding, view)
  local nodes = {}
  for _, node in ipairs(ordered(children, facts, parallel)) do
    if fits(node, facts, view) then nodes[#nodes + 1] = node end
  end
  local grouped = groups_of(nodes, facts, parallel, folding, view)
  for _, node in ipairs(nodes) do
    local group = grouped[node]
    if not group or #group == 1 then
      add_step(rows, node, depth, facts, folding, view)
    elseif group[1] == node then
      rows[#rows + 1] = { kind = "summary", depth = depth, node = node, nodes = group }
    end
  end
end

local function rows_of(state, facts, fold, spare, view)
  local rows = {}
  add_children(rows, state.roots, 0, facts, facts[state].parallel, { fold = fold, spare = spare }, view)
  return rows
end

--- The rows of a run. Unless the operator looks around by himself, as much is left out as is needed to fit.
---@param state almanac.State
---@param facts table<table, almanac.live.Facts>
---@param view almanac.live.View
---@param room integer  rows that there is room for
---@return almanac.live.Row[]
function M.rows(state, facts, view, room)
  if view:browses() then return rows_of(state, facts, WHOLE, 0, view) end
  local rows
  for fold = WHOLE, STEPS_ONLY do
    rows = rows_of(state, facts, fold, 0, view)
    if #rows < room and fold > WHOLE then return rows_of(state, facts, fold, room - #rows, view) end
    if #rows <= room then return rows end
  end
  return rows
end

--- By step, the row that shows it.
---@param rows almanac.live.Row[]
---@return table<almanac.Node, integer>
function M.places(rows)
  local out = {}
  for i, row in ipairs(rows) do
    if row.kind == "step" then out[row.node], out[row.outer] = i, i end
  end
  return out
end

--- A row for a step by itself, wherever it lies.
---@param node almanac.Node
---@return almanac.live.Row
function M.alone(node)
  local inner, name = innermost(node)
  return { kind = "step", node = inner, outer = node, depth = 0, name = name, open = false }
end

return M

--- What rollbacks made of a run's steps and their effects: taken back, never there, or left as they are. A part of the
--- state (journal/state.lua). Pure.
local M = {}

---@class almanac.LeftUndo  an undo that a rollback left out
---@field path string     of the step
---@field place integer   among its undos
---@field by string       the rollback
---@field who string?     said so
---@field why string?     what stood in the way

--- The effects that an undo is about: the one that it names, or all in the step and below.
local function each_effect(node, id, fn)
  for _, effect in ipairs(node.effects) do
    if id == nil or effect.id == id then fn(effect) end
  end
  for _, child in ipairs(id == nil and node.children or {}) do each_effect(child, nil, fn) end
end

local function remove_left(node, place)
  for i, left in ipairs(node.left or {}) do
    if left.place == place then
      table.remove(node.left, i)
      break
    end
  end
  if node.left and #node.left == 0 then node.left = nil end
end

--- A step, or one effect of it, was taken back. Of several all must be until the step is.
---@param node almanac.Node
---@param data table  of step.undone
function M.undone(node, data)
  each_effect(node, data.effect, function(effect) effect.undone, effect.left = true, nil end)
  remove_left(node, data.place)
  node.before_undo = node.before_undo or node.status
  if not node.left then node.status = "undone" end
end

--- A step, or one effect of it, was not taken back.
---@param node almanac.Node
---@param data table  of step.left
function M.left(node, data)
  each_effect(node, data.effect, function(effect) effect.left = data.how end)
  remove_left(node, data.place)
  if data.how == "nothing" then return end
  node.left = node.left or {}
  table.insert(node.left, { path = node.path, place = data.place, by = data.by, who = data.who, why = data.why })
  node.status = node.before_undo or node.status
end

--- All that was left out, by path.
---@param state almanac.State
---@return almanac.LeftUndo[]
function M.list(state)
  local out = {}
  for _, node in pairs(state.nodes) do
    for _, left in ipairs(node.left or {}) do out[#out + 1] = left end
  end
  table.sort(out, function(a, b) return a.path < b.path or a.path == b.path and a.place < b.place end)
  return out
end

--- One line for people.
---@param left almanac.LeftUndo
---@return string
function M.describe(left)
  return string.format("NOT taken back: left out by %s%s", left.who or left.by, left.why and ": " .. left.why:match "^[^\n]*" or "")
end

return M

--- What rollbacks made of a run's steps and their effects: taken back, never there, or left as they are. A part of the
--- state (journal/state.lua). Pure.
local M = {}

---@class almanac.LeftUndo  an undo that a rollback left out
---@field path string     of the step
---@field place integer   among its undos
---@field by string       the rollback
---@field who string?     said so
---@field why string?     what stood in the way

--- An effect of a step by its id, or the one with it that is made of parts: what takes that back takes them back.
local function is_of(node, effect, id)
  if effect.id == id then return true end
  for _, whole in ipairs(node.effects) do
    local prefix = whole.id == id and whole.ordinal and whole.ordinal .. "."
    if prefix and effect.ordinal and effect.ordinal:sub(1, #prefix) == prefix then return true end
  end
  return false
end

--- The effects that an undo is about: the one that it names with its parts, or all in the step and below.
local function each_effect(node, id, fn)
  for _, effect in ipairs(node.effects) do
    if id == nil or is_of(node, effect, id) then fn(effect) end
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

--- What nothing takes back of a run that is undone, as its end has it.
---@param state almanac.State
---@param below string?  the step that made the run; nil: it is the state's own
---@param list any       of run.end: almanac.Irreversible[]; nil: an older almanac did not say
function M.stays(state, below, list)
  if type(list) ~= "table" then return end
  state.stays = state.stays or {}
  for _, one in ipairs(list) do
    if type(one) == "table" and type(one.path) == "string" and type(one.effect) == "string" and type(one.title) == "string" then
      local path = below and below .. "/" .. one.path or one.path
      state.stays[one.effect] = { path = path, effect = one.effect, title = one.title }
      for _, effect in ipairs(state.nodes[path] and state.nodes[path].effects or {}) do
        if effect.id == one.effect then effect.left = "irreversible" end
      end
    end
  end
end

--- All that nothing takes back, in the order of the tree's paths.
---@param state almanac.State
---@return almanac.Irreversible[]
function M.irreversible(state)
  local out = {}
  for _, one in pairs(state.stays or {}) do out[#out + 1] = one end
  table.sort(out, function(a, b) return a.path < b.path or a.path == b.path and a.effect < b.effect end)
  return out
end

--- One line for people.
---@param left almanac.LeftUndo
---@return string
function M.describe(left)
  return string.format("NOT taken back: left out by %s%s", left.who or left.by, left.why and ": " .. left.why:match "^[^\n]*" or "")
end

return M

--- How much each step of a run wants to be looked at now, and how many of its gates hold. Pure.
local gates = require "almanac.journal.gate"
local ranked = require "almanac.base.ranked"
local tree = require "almanac.render.tree"

local M = {}

--- The worst first.
M.FAILED, M.BAD, M.UNSEEN, M.STOPPED, M.RUNNING, M.WAITING, M.OVER = 6, 5, 4, 3, 2, 1, 0

local BY_STATUS = {
  failed = M.FAILED, asking = M.BAD, retrying = M.STOPPED, paused = M.STOPPED, cut = M.STOPPED, running = M.RUNNING, waiting = M.WAITING,
  cancelled = M.WAITING, done = M.OVER, skipped = M.OVER, undone = M.OVER,
}

---@class almanac.live.Facts   of a step and of all below it
---@field level integer     how much it wants to be looked at: the worst of them
---@field own integer       its own
---@field gates integer     how many there are
---@field held integer      how many passed, or are healthy now
---@field done integer      steps without steps below them
---@field failed integer
---@field parallel boolean  the steps right below it run, or ran, side by side

local BY_STANDING = { bad = M.BAD, unseen = M.UNSEEN, good = M.RUNNING, begun = M.RUNNING }

local function standing(node, now_ms)
  return gates.standing(node.gate, node.started or now_ms, now_ms)
end

local function own_level(node, now_ms)
  local level = BY_STATUS[node.status] or M.RUNNING
  if level == M.OVER then return level end
  if node.asks or node.put then return math.max(level, M.BAD) end
  for _, effect in ipairs(node.effects) do
    if effect.status == "in doubt" then return math.max(level, M.BAD) end
  end
  if node.status ~= "running" then return level end
  if node.gate then return BY_STANDING[standing(node, now_ms)] end
  return node.connection and node.connection.lost_ms and M.UNSEEN or level
end

local function count_leaf(facts, node, now_ms)
  if node.status == "failed" then facts.failed = 1 elseif facts.own == M.OVER then facts.done = 1 end
  if not node.gate then return end
  facts.gates = 1
  if facts.own == M.OVER or node.status == "running" and standing(node, now_ms) == "good" then facts.held = 1 end
end

--- What is over stays as it is: it is looked at once.
local function visit(node, now_ms, known, out)
  local before = known[node]
  if before and before.own == M.OVER and BY_STATUS[node.status] == M.OVER and before.children == #node.children then
    out[node] = before
    return before
  end
  local facts = { own = own_level(node, now_ms), gates = 0, held = 0, done = 0, failed = 0, children = #node.children }
  facts.level = facts.own
  out[node] = facts
  if #node.children == 0 or node.gate then count_leaf(facts, node, now_ms) end
  for _, child in ipairs(node.children) do
    local below = visit(child, now_ms, known, out)
    if facts.own ~= M.OVER then facts.level = math.max(facts.level, below.level) end
    for _, count in ipairs { "gates", "held", "done", "failed" } do facts[count] = facts[count] + below[count] end
  end
  facts.parallel = tree.side_by_side(node.children)
  return facts
end

--- From this level on a step is bad: it failed, its gate is not healthy or not seen, it asks, or it is held up.
M.WRONG = M.STOPPED

local function add_wrong(out, nodes, facts)
  for _, node in ipairs(nodes) do
    local found = #out
    if facts[node].own ~= M.OVER then add_wrong(out, node.children, facts) end
    if #out == found and facts[node].own >= M.WRONG then out[found + 1] = node end
  end
end

--- The steps that are bad now, the worst first: the innermost, for what holds them is bad by them.
---@param state almanac.State
---@param facts table<table, almanac.live.Facts>
---@return almanac.Node[]
function M.wrong(state, facts)
  local out = {}
  add_wrong(out, state.roots, facts)
  return ranked.by(out, function(node) return -facts[node].own end)
end

--- The first of the innermost steps that run; nil: none does.
---@param nodes almanac.Node[]
---@param facts table<table, almanac.live.Facts>
---@return almanac.Node?
function M.running(nodes, facts)
  for _, node in ipairs(nodes) do
    if facts[node].own ~= M.OVER then
      local found = M.running(node.children, facts) or facts[node].own == M.RUNNING and node
      if found then return found end
    end
  end
  return nil
end

--- The facts of every step, by its node, and those of the whole run at `[state]`.
---@param state almanac.State
---@param now_ms integer
---@param known table<table, almanac.live.Facts>?  as this function returned them before
---@return table<table, almanac.live.Facts>
function M.of(state, now_ms, known)
  local out = {}
  local whole = { level = M.OVER, own = M.OVER, gates = 0, held = 0, done = 0, failed = 0 }
  for _, node in ipairs(state.roots) do
    local facts = visit(node, now_ms, known or {}, out)
    whole.level = math.max(whole.level, facts.level)
    for _, count in ipairs { "gates", "held", "done", "failed" } do whole[count] = whole[count] + facts[count] end
  end
  whole.parallel = tree.side_by_side(state.roots)
  out[state] = whole
  return out
end

return M

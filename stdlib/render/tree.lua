--- The tree of a run as lines of text. Pure: a state, a time and a width give lines.
local errors = require "almanac.base.errors"
local duration = require "almanac.base.duration"
local taken_back = require "almanac.journal.taken_back"
local ranked = require "almanac.base.ranked"
local gates = require "almanac.render.gate"
local seen_gates = require "almanac.journal.gate"
local step_name = require "almanac.base.step_name"
local terminal = require "almanac.base.terminal"

local paint = terminal.paint

local M = {}

local SPINNER = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" }

local marks = {
  done = { "✓", "32" }, skipped = { "∅", "90" }, failed = { "✗", "31" }, running = { "…", "36" },
  waiting = { "·", "90" }, asking = { "?", "33" }, cut = { "⊘", "33" },
  retrying = { "↻", "33" }, undone = { "↩", "33" }, paused = { "‖", "33" }, cancelled = { "⊘", "33" },
}

local STOPPED = { paused = true, cancelled = true, cut = true }

local effect_marks = {
  done = "", recovered = " (found done after a crash)", begun = " (begun)", failed = " (failed)",
  ["in doubt"] = " (in doubt)",
}

--- What a rollback made of an effect that it did not take back; what somebody left out has a line of its own.
local BECAME = { nothing = "nothing to take back", irreversible = "nothing takes it back" }

--- The sign of a step, and its colour: of its status, or of how a gate stands that is watched; a running one turns with `spin`.
---@param node almanac.Node
---@param now_ms integer
---@param spin integer?
---@return string glyph
---@return string code SGR
function M.mark(node, now_ms, spin)
  local mark = marks[node.put and "asking" or node.status] or marks.running
  if node.status ~= "running" or node.put then return mark[1], mark[2] end
  if node.gate then return table.unpack(gates.MARKS[seen_gates.standing(node.gate, node.started or now_ms, now_ms)]) end
  return spin and M.spinner(spin) or mark[1], mark[2]
end

---@param spin integer
---@return string
function M.spinner(spin)
  return SPINNER[spin % #SPINNER + 1]
end

--- How long a step took, or has been under way, with two blanks before it; "" where that says nothing.
---@param node almanac.Node
---@param now_ms integer
---@param whole boolean?  whole seconds while it runs
---@return string
function M.elapsed(node, now_ms, whole)
  if node.status == "waiting" then return "" end
  local seconds = node.elapsed or (node.started and ((node.ended or now_ms) - node.started) / 1000)
  if not seconds or (seconds < 0.1 and node.status ~= "running") then return "" end
  local is_over = node.status ~= "running" -- then it is rounded, as reports do; what counts on shows what has passed
  if whole and not is_over then return "  " .. duration.format(math.floor(seconds)) end
  return "  " .. (seconds < 10 and string.format("%.1fs", seconds) or duration.format(is_over and seconds or math.floor(seconds)))
end

--- As it will be shown, so that its columns are counted right.
---@param text string
---@return string
function M.first_line(text)
  return terminal.spelt(errors.printable(tostring(text):match "^[^\n]*"))
end

--- What a running step waits for.
---@param node almanac.Node
---@param now_ms integer
---@return string?
function M.waits_with(node, now_ms)
  if not node.until_ms then return node.progress end
  return duration.format(math.max(0, math.ceil((node.until_ms - now_ms) / 1000))) .. " left"
end

--- A question at the run's terminal, and what may be answered; one that is the name of its step is not repeated.
---@param put almanac.Put
---@param name string?  of the step
---@return string
function M.question(put, name)
  local question = step_name.of(put.question) ~= name and M.first_line(put.question) or ""
  local choices = put.choices and table.concat(put.choices, " or ") .. "?" or ""
  return question .. (question ~= "" and choices ~= "" and " " or "") .. choices
end

--- Of whom it is asked, since when, and what.
---@param put almanac.Put
---@param now_ms integer
---@param name string?  of the step
---@return string
function M.asked(put, now_ms, name)
  return string.format("%s since %s (%s): %s", put.by, os.date("%H:%M:%S", put.since // 1000),
    duration.format(math.max(0, (now_ms - put.since) // 1000)), M.question(put, name))
end

--- What stopped a step, where it stopped several below it: it is said once, and not of each of them.
local function shared_message(node)
  if not STOPPED[node.status] then return nil end
  local count = 0
  for _, child in ipairs(node.children) do
    if child.message == node.message then count = count + 1 end
  end
  return count > 1 and node.message or nil
end

local function node_line(node, depth, view, said)
  local glyph, code = M.mark(node, view.now_ms)
  local line = string.rep("  ", depth) .. paint(glyph, code, view.color) .. " " .. terminal.spelt(node.name)
  if not node.put then line = line .. paint(M.elapsed(node, view.now_ms), "90", view.color) end
  if node.replayed then line = line .. paint("  (done before)", "90", view.color) end
  if node.attempts then line = line .. paint("  (attempt " .. node.attempts .. ")", "33", view.color) end
  if node.put then
    line = line .. paint("  asks " .. M.asked(node.put, view.now_ms, node.name), "33", view.color)
  elseif node.gate then
    line = line .. "  " .. gates.line(node, view)
  elseif node.status == "running" and M.waits_with(node, view.now_ms) then
    line = line .. paint("  " .. M.first_line(M.waits_with(node, view.now_ms)), "36", view.color)
  end
  local is_said_here = #node.children == 0 and node.message ~= said or shared_message(node) and shared_message(node) ~= said
  if node.message and is_said_here then
    line = line .. paint("  " .. M.first_line(node.message), node.status == "failed" and "31" or "33", view.color)
  end
  return line
end

--- A run that the step makes: its own steps are below.
local function run_line(effect)
  return string.format("run %s%s", effect.run, effect.status ~= "done" and ": " .. effect.status or "")
end

---@param effect table  of a node
---@param color boolean
---@return string
function M.effect_line(effect, color)
  local text = effect.run and run_line(effect) or M.first_line(effect.title or effect.op) .. (effect_marks[effect.status] or "")
  if effect.status == "failed" and effect.earlier then text = text:gsub("%(failed%)$", "(failed, in an earlier try)") end
  local became = effect.undone and "taken back" or BECAME[effect.left]
  if became then text = text .. " (" .. became .. ")" end
  return paint("→ " .. text, effect.status == "failed" and "31" or "35", color)
end

--- Whether some of them ran at the same time.
---@param children almanac.Node[]
---@return boolean
function M.side_by_side(children)
  local last_end = 0
  for _, child in ipairs(children) do
    if child.started and child.started < last_end then return true end
    last_end = math.max(last_end, child.ended or (child.status ~= "waiting" and math.huge) or 0)
  end
  return false
end

--- How much a step, or one below it, wants to be looked at while the run is under way.
local function urgency(node, now_ms)
  if node.status == "failed" then return 3 end
  local out = (node.asks or node.put) and 2 or 0
  if node.gate and node.status == "running" then
    local standing = seen_gates.standing(node.gate, node.started or now_ms, now_ms)
    out = math.max(out, standing == "bad" and 2 or standing == "unseen" and 1 or 0)
  end
  for _, child in ipairs(node.children) do out = math.max(out, urgency(child, now_ms)) end
  return out
end

--- Steps that ran side by side: while some of them are under way, the worst first. Then those that failed come last: a
--- terminal shows the end, and what follows is why.
local function ordered(children, now_ms)
  if not M.side_by_side(children) then return children end
  local under_way = false
  for _, child in ipairs(children) do under_way = under_way or child.status == "running" end
  return ranked.by(children, function(child)
    return under_way and -urgency(child, now_ms) or child.status == "failed" and 1 or 0
  end)
end

local function add_node(lines, node, depth, view, said)
  lines[#lines + 1] = node_line(node, depth, view, said)
  said = shared_message(node) or said
  local indent = string.rep("  ", depth + 1)
  for _, effect in ipairs(node.effects) do
    lines[#lines + 1] = indent .. M.effect_line(effect, view.color)
  end
  for _, left in ipairs(node.left or {}) do
    lines[#lines + 1] = indent .. paint("! " .. M.first_line(taken_back.describe(left)), "33", view.color)
  end
  local first = math.max(1, #node.notes - (view.notes or 3) + 1)
  for i = first, #node.notes do
    lines[#lines + 1] = indent .. paint("· " .. M.first_line(node.notes[i]), "90", view.color)
  end
  for _, child in ipairs(ordered(node.children, view.now_ms)) do add_node(lines, child, depth + 1, view, said) end
end

--- The whole tree.
---@param state almanac.State
---@param view { color: boolean, now_ms: integer, notes?: integer }
---@return string[]
function M.lines(state, view)
  local lines = {}
  for _, node in ipairs(ordered(state.roots, view.now_ms)) do add_node(lines, node, 0, view) end
  return lines
end

return M

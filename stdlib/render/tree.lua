--- The tree of a run as lines of text. Pure: a state, a time and a width give lines.
local columns = require "almanac.base.columns"
local errors = require "almanac.base.errors"
local duration = require "almanac.base.duration"
local gates = require "almanac.render.gate"
local terminal = require "almanac.base.terminal"

local paint = terminal.paint

local M = {}

local SPINNER = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" }

local marks = {
  done = { "✓", "32" }, skipped = { "∅", "90" }, failed = { "✗", "31" }, running = { "…", "36" },
  waiting = { "·", "90" }, cut = { "⊘", "33" },
  retrying = { "↻", "33" }, undone = { "↩", "33" }, paused = { "‖", "33" }, cancelled = { "⊘", "33" },
}

local effect_marks = {
  done = "", recovered = " (found done after a crash)", begun = " (begun)", failed = " (failed)",
  ["in doubt"] = " (in doubt)",
}

local function elapsed_of(node, now_ms)
  if node.status == "waiting" then return "" end
  local seconds = node.elapsed or (node.started and ((node.ended or now_ms) - node.started) / 1000)
  if not seconds or (seconds < 0.1 and node.status ~= "running") then return "" end
  return "  " .. (seconds < 10 and string.format("%.1fs", seconds) or duration.format(math.floor(seconds)))
end

--- As it will be shown, so that its columns are counted right.
local function first_line(text)
  return terminal.spelt(errors.printable(tostring(text):match "^[^\n]*"))
end

local function node_line(node, depth, view)
  local mark = marks[node.status] or marks.running
  local glyph = mark[1]
  if node.status == "running" and view.spin then glyph = SPINNER[view.spin % #SPINNER + 1] end
  local line = string.rep("  ", depth) .. paint(glyph, mark[2], view.color) .. " " .. terminal.spelt(node.name)
  line = line .. paint(elapsed_of(node, view.now_ms), "90", view.color)
  if node.replayed then line = line .. paint("  (done before)", "90", view.color) end
  if node.attempts then line = line .. paint("  (attempt " .. node.attempts .. ")", "33", view.color) end
  if node.gate then
    line = line .. "  " .. gates.line(node, view)
  elseif node.progress and node.status == "running" then
    line = line .. paint("  " .. first_line(node.progress), "36", view.color)
  end
  if node.message and #node.children == 0 then
    line = line .. paint("  " .. first_line(node.message), node.status == "failed" and "31" or "33", view.color)
  end
  return line
end

--- A run that the step makes: its own steps are below.
local function run_line(effect)
  return string.format("run %s%s", effect.run, effect.status ~= "done" and ": " .. effect.status or "")
end

local function add_node(lines, node, depth, view)
  lines[#lines + 1] = node_line(node, depth, view)
  local indent = string.rep("  ", depth + 1)
  for _, effect in ipairs(node.effects) do
    local text = "→ " .. (effect.run and run_line(effect) or first_line(effect.title or effect.op) .. (effect_marks[effect.status] or ""))
    lines[#lines + 1] = indent .. paint(text, effect.status == "failed" and "31" or "35", view.color)
  end
  local first = math.max(1, #node.notes - (view.notes or 3) + 1)
  for i = first, #node.notes do
    lines[#lines + 1] = indent .. paint("· " .. first_line(node.notes[i]), "90", view.color)
  end
  for _, child in ipairs(node.children) do add_node(lines, child, depth + 1, view) end
end

--- The whole tree.
---@param state almanac.State
---@param view { color: boolean, now_ms: integer, spin?: integer, notes?: integer }
---@return string[]
function M.lines(state, view)
  local lines = {}
  for _, node in ipairs(state.roots) do add_node(lines, node, 0, view) end
  return lines
end

--- The tree cut to a terminal: its last lines, for that is where the run is.
---@param lines string[]
---@param width integer
---@param height integer
---@return string[]
function M.window(lines, width, height)
  local out = {}
  local first = math.max(1, #lines - height + 1)
  if first > 1 then
    out[1] = columns.fit(string.format("⋮ %d lines above; almanac status shows all", first), width)
    first = first + 1
  end
  for i = first, #lines do out[#out + 1] = columns.fit(lines[i], width) end
  return out
end

return M

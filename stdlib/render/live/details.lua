--- All that is known of one step, as lines. Pure.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local gates = require "almanac.render.gate"
local lines = require "almanac.base.lines"
local terminal = require "almanac.base.terminal"
local tree = require "almanac.render.tree"

local M = {}

local function clock(time_ms)
  return time_ms and os.date("%H:%M:%S", time_ms // 1000) or nil
end

local function shown(text)
  return terminal.spelt(errors.printable(tostring(text)))
end

--- Lines of a label and what it stands for; further lines of a text stand below its first, marked.
local function add(out, label, text)
  if text == nil or text == "" then return end
  for _, line in ipairs(lines.marked(string.format("  %-9s %s", label, shown(text)), (" "):rep(10))) do out[#out + 1] = line end
end

local function times_of(node, now_ms)
  local began = clock(node.started)
  if not began then return nil end
  local seconds = node.elapsed or ((node.ended or now_ms) - node.started) / 1000
  return string.format("began %s, %s%s", began, node.ended and "took " or "for ", duration.format(math.floor(seconds)))
end

local function add_gate(out, node, view)
  local gate = node.gate
  add(out, "value", gates.line(node, { color = false, now_ms = view.now_ms }))
  add(out, "course", gates.sparkline(gate, 60))
  add(out, "query", gate.query)
  if not gate.op then return end
  local critical = gate.critical and ", critical at " .. tostring(gate.critical) or ""
  add(out, "healthy", string.format("%s %s%s", gate.op, tostring(gate.limit), critical))
  if not gate.hold then return end
  add(out, "holds for", string.format("%s, a sample every %s", duration.format(gate.hold), duration.format(gate.interval or 0)))
end

--- The lines of a step's page.
---@param node almanac.Node
---@param view { now_ms: integer, color: boolean, output: string[]? }  output: the last lines that it printed
---@return string[]
function M.lines(node, view)
  local out = { terminal.paint(terminal.spelt(node.path), "1", view.color) }
  add(out, "status", node.status .. (node.attempts and " at attempt " .. node.attempts or ""))
  add(out, "time", times_of(node, view.now_ms))
  add(out, "waits", node.status == "running" and node.progress or nil)
  add(out, "asks", node.put and tree.asked(node.put, view.now_ms) or node.asks)
  add(out, "why", node.message)
  if node.gate then add_gate(out, node, view) end
  for _, effect in ipairs(node.effects) do
    add(out, "effect", string.format("%s (%s)", effect.title or effect.op or effect.run, effect.status or "begun"))
  end
  for _, note in ipairs(node.notes) do add(out, "note", note) end
  for _, line in ipairs(view.output or {}) do add(out, "output", line) end
  return out
end

return M

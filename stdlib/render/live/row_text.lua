--- A row of the live tree as text of so many columns. Pure.
local attention = require "almanac.render.live.attention"
local columns = require "almanac.base.columns"
local duration = require "almanac.base.duration"
local gate_words = require "almanac.journal.gate_words"
local gates = require "almanac.render.gate"
local terminal = require "almanac.base.terminal"
local tree = require "almanac.render.tree"

local paint = terminal.paint

local M = {}

local RED, GREEN, YELLOW, CYAN, GREY = "31", "32", "33", "36", "90"

local NAME_MAX, NAME_MIN = 28, 9
local SPARKLINE, SPARKLINE_MIN = 12, 8
--- A step that says nothing for so long is said to.
local QUIET_SECONDS = 10

---@class almanac.live.Look
---@field facts table<table, almanac.live.Facts>
---@field now_ms integer
---@field color boolean
---@field spin integer
---@field width integer

local function mark_of(node, look)
  local level = look.facts[node].own
  if (node.asks or node.put) and level ~= attention.OVER then return "?", YELLOW end
  return tree.mark(node, look.now_ms, #node.children == 0 and look.spin or nil)
end

--- "41s of 10m" of a gate that is good, and for how long one is bad.
local function how_long(node, look)
  local gate, running = node.gate, node.status == "running"
  local bad_for = running and gate_words.bad_for(gate, look.now_ms)
  if bad_for then return bad_for end
  local held = gates.held(gate, running and look.now_ms or nil) or ""
  return running and held:gsub("^held ", "") or held
end

--- "500 not < 130"
local function claim(gate)
  return (gate_words.claim(gate):gsub(" is not ", " not "))
end

--- The columns that the gates among the rows share, so that they stand below each other; those that there is no
--- room for are left out, the least important first.
---@param rows almanac.live.Row[]
---@param look almanac.live.Look
---@return { name: integer, claim: integer, distance: integer, sparkline: integer, held: integer }
function M.layout(rows, look)
  local layout = { name = 0, claim = 0, distance = 0, sparkline = 0, held = 0 }
  local indent = 0
  for _, row in ipairs(rows) do
    local gate = row.kind == "step" and row.node.gate
    if gate then
      indent = math.max(indent, 2 * row.depth + 2)
      layout.name = math.max(layout.name, columns.of(terminal.spelt(row.name)))
      layout.claim = math.max(layout.claim, columns.of(claim(gate)))
      layout.distance = math.max(layout.distance, columns.of(gates.distance(gate) or ""))
      layout.sparkline = math.max(layout.sparkline, math.min(SPARKLINE, #gate.points))
      layout.held = math.max(layout.held, columns.of(how_long(row.node, look)))
    end
  end
  layout.name = math.min(layout.name, NAME_MAX)
  local function too_wide()
    local used = indent + layout.name + 2 + layout.claim
    for _, optional in ipairs { "distance", "sparkline", "held" } do
      used = used + (layout[optional] > 0 and layout[optional] + 2 or 0)
    end
    return used - look.width
  end
  local function shrink(column, least)
    if too_wide() > 0 then layout[column] = math.max(math.min(least, layout[column]), layout[column] - too_wide()) end
  end
  shrink("sparkline", SPARKLINE_MIN)
  for _, optional in ipairs { "sparkline", "distance", "held" } do
    if too_wide() > 0 then layout[optional] = 0 end
  end
  shrink("name", NAME_MIN)
  return layout
end

local function cell(text, width)
  return columns.pad(columns.fit(text, width), width)
end

local function gate_text(row, layout, look)
  local node, gate = row.node, row.node.gate
  local running = node.status == "running"
  local good = gate.ok and node.status ~= "failed"
  local parts = { columns.pad(columns.fit_middle(terminal.spelt(row.name), layout.name), layout.name), "  ",
    paint(cell(claim(gate), layout.claim), good and GREEN or RED, look.color) }
  local function add(text, width, code)
    if width == 0 then return end
    parts[#parts + 1] = "  " .. paint(cell(text, width), code, look.color)
  end
  local trouble = running and gates.trouble(gate, node.started, look.now_ms)
  if not trouble then
    add(gates.sparkline(gate, layout.sparkline), layout.sparkline, good and GREEN or RED)
    add(gates.distance(gate) or "", layout.distance, good and GREY or RED)
  end
  local last = trouble or layout.held > 0 and how_long(node, look) or ""
  local code = trouble and YELLOW or good and GREY or RED
  parts[#parts + 1] = "  " .. paint(terminal.spelt(last), code, look.color)
  local unwatched = not trouble and gates.unwatched(gate)
  if unwatched then parts[#parts + 1] = paint(", " .. unwatched, YELLOW, look.color) end
  return table.concat(parts)
end

--- What a lost connection, or a long silence, says of a step that waits.
local function silence(node, look)
  local lost = node.connection
  if lost and lost.lost_ms then
    return string.format("lost the connection to %s %s ago: %s", lost.to,
      duration.format((look.now_ms - lost.lost_ms) // 1000), lost.why or "")
  end
  if lost and look.now_ms - lost.back_ms < 1000 * QUIET_SECONDS then
    return string.format("the connection to %s is back", lost.to)
  end
  local quiet = (look.now_ms - (node.heard_ms or look.now_ms)) // 1000
  if quiet < QUIET_SECONDS or node.until_ms or #node.children > 0 then return nil end
  return string.format("nothing new for %s", duration.format(quiet))
end

--- A question at the run's terminal: of its name as much is shown as leaves room for whom it asks.
local function asking_text(row, look)
  local put = row.node.put
  local asks = string.format("asks %s for %s", put.by, duration.format(math.max(0, (look.now_ms - put.since) // 1000)))
  local question = tree.question(put, row.node.name)
  if question ~= "" then asks = asks .. ": " .. question end
  local room = look.width - 2 * row.depth - 4 - columns.of(asks)
  return columns.fit_middle(terminal.spelt(row.name), math.max(NAME_MIN, room)) .. "  " .. paint(asks, YELLOW, look.color)
end

local function step_text(row, look)
  local node = row.node
  if node.put then return asking_text(row, look) end
  local parts = { terminal.spelt(row.name), paint(tree.elapsed(node, look.now_ms, true), GREY, look.color) }
  local function add(text, code)
    if text and text ~= "" then parts[#parts + 1] = "  " .. paint(tree.first_line(text), code, look.color) end
  end
  if node.replayed then add("done before", GREY) end
  if node.attempts then add("attempt " .. node.attempts, YELLOW) end
  if node.asks and look.facts[node].own ~= attention.OVER then
    add(node.asks, YELLOW)
  elseif node.status == "running" then
    add(tree.waits_with(node, look.now_ms), CYAN)
    add(silence(node, look), YELLOW)
  end
  if node.message and not (row.open or node.asks) then
    add(node.gate and node.message:gsub('^gate ".-": ', "") or node.message, node.status == "failed" and RED or YELLOW)
  end
  return table.concat(parts)
end

--- A failed gate says why; its numbers are in its details.
local function one_step(row, layout, look)
  local glyph, code = mark_of(row.node, look)
  local is_gate = row.node.gate and not row.node.put and row.node.status ~= "failed" and look.facts[row.node].own ~= attention.STOPPED
  return paint(glyph, code, look.color) .. " " .. (is_gate and gate_text(row, layout, look) or step_text(row, look))
end

--- "peers 7", "upgrade the release 12s": what a done step came to.
local function value_of(node, look)
  local gate = node.gate
  while not gate and #node.children == 1 do
    node = node.children[1]
    gate = node.gate
  end
  if gate then return gate_words.claim(gate):match "^%S+" end
  return (tree.elapsed(node, look.now_ms, true):gsub("^ +", ""))
end

--- As many of the steps as there is room for.
local function items_of(nodes, look, room)
  local out, used = {}, 0
  for i, node in ipairs(nodes) do
    local value = value_of(node, look)
    out[i] = terminal.spelt(node.name) .. (value ~= "" and " " .. value or "")
    used = used + columns.of(out[i]) + 3
    if used > room then break end
  end
  return table.concat(out, " · ")
end

local function summary_text(row, look)
  local facts, held = look.facts[row.node], true
  for _, node in ipairs(row.nodes) do held = held and look.facts[node].gates > 0 end
  local glyph, code, word = "✓", GREEN, held and "held" or "done"
  if facts.own == attention.WAITING then
    glyph, code, word = "·", GREY, "wait"
  elseif facts.level ~= attention.OVER then
    glyph, word = "●", "hold"
  end
  return paint(glyph, code, look.color) .. string.format(" %d %s  ", #row.nodes, word) ..
    paint(items_of(row.nodes, look, look.width), GREY, look.color)
end

local texts = {
  step = one_step,
  summary = function(row, _, look) return summary_text(row, look) end,
  effect = function(row, _, look) return tree.effect_line(row.effect, look.color) end,
  note = function(row, _, look) return paint("· " .. tree.first_line(row.text), GREY, look.color) end,
}

--- The line of a row.
---@param row almanac.live.Row
---@param layout table  of M.layout
---@param look almanac.live.Look
---@param chosen boolean  the cursor stands here
---@return string
function M.line(row, layout, look, chosen)
  local text = ("  "):rep(row.depth) .. texts[row.kind](row, layout, look)
  if chosen then text = paint("▸", "1;36", look.color) .. text end
  return columns.fit((text:gsub(" +$", "")), look.width)
end

return M

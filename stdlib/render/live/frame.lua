--- A frame of the live view: a run, what the operator looks at and the size of the terminal give lines that fit. Pure.
---
--- On top a header: what runs where, how long, how many gates hold. Below it the tree, the worst first and what is
--- done folded so that it fits; what is bad and not in sight has lines of its own above it, and above help and details.
--- At the bottom what is not shown, and that `?` says which keys there are.
local attention = require "almanac.render.live.attention"
local columns = require "almanac.base.columns"
local details = require "almanac.render.live.details"
local duration = require "almanac.base.duration"
local outline = require "almanac.render.live.outline"
local prose = require "almanac.base.prose"
local row_text = require "almanac.render.live.row_text"
local terminal = require "almanac.base.terminal"
local tree = require "almanac.render.tree"
local views = require "almanac.render.live.view"

local paint = terminal.paint

local M = {}

---@class almanac.live.Model
---@field state almanac.State
---@field runbook string
---@field environment string?
---@field cluster string?
---@field began_ms integer?
---@field now_ms integer
---@field spin integer
---@field color boolean
---@field keys boolean       somebody can press them
---@field asks boolean       a question stands below, and takes them
---@field known table?       facts of the frame before
---@field output table<string, string[]>  the last lines that steps printed, by path

local MARKS = { done = { "✓", "32" }, failed = { "✗", "31" }, running = { nil, "36" } }

local function gauge(facts)
  if facts.gates > 0 then return string.format("%d of %d held", facts.held, facts.gates) end
  return string.format("%d done", facts.done)
end

--- The first line: who and where on the left, how it stands on the right; what there is no room for is left out.
local function header(model, facts, width)
  local mark = MARKS[model.state.status] or { "‖", "33" }
  local glyph = mark[1] or tree.spinner(model.spin)
  local began = model.began_ms or model.state.started
  local right = {}
  if facts.failed > 0 then right[1] = paint(facts.failed .. " failed", "31", model.color) end
  right[#right + 1] = paint(gauge(facts), facts.held < facts.gates and "33" or "32", model.color)
  if began then right[#right + 1] = duration.format((model.now_ms - began) // 1000) end
  local shown = table.concat(right, "  ")
  local names = { paint(terminal.spelt(model.runbook), "1", model.color) }
  for _, name in ipairs { model.environment or "", model.state.cluster or model.cluster or "" } do
    if name ~= "" and name ~= model.environment or #names == 1 and name ~= "" then names[#names + 1] = terminal.spelt(name) end
  end
  local left
  repeat
    left = paint(glyph, mark[2], model.color) .. " " .. table.concat(names, " · ")
    local fits = columns.of(left) + 2 + columns.of(shown) <= width
    if not fits and #names > 1 then names[#names] = nil else fits = true end
  until fits
  local room = width - columns.of(shown) - 2
  if room < 8 then return columns.fit(shown, width) end
  return columns.pad(columns.fit(left, room), room) .. "  " .. shown
end

local HINTS = { all = "", open = "only what is not over", bad = "only what is bad" }

local function footer(model, view, above, below, width)
  if view.typing then return columns.fit("/" .. terminal.spelt(view.filter) .. "▏", width) end
  local parts = {}
  if above > 0 then parts[#parts + 1] = above .. " above" end
  if below > 0 then parts[#parts + 1] = below .. " below" end
  if view.filter ~= "" then parts[#parts + 1] = "/" .. terminal.spelt(view.filter) end
  if view.only ~= "all" then parts[#parts + 1] = HINTS[view.only] end
  if view:browses() and view.screen == "tree" then parts[#parts + 1] = "Esc: back" end
  if model.keys and not model.asks then parts[#parts + 1] = "?: keys" end
  if #parts == 0 then return nil end
  return columns.fit(paint((above + below > 0 and "⋮ " or "  ") .. table.concat(parts, "  "), "90", model.color), width)
end

--- The first row that is shown: the cursor, or what is worst, has to be in sight.
local function scroll(view, count, room, wanted)
  local top = view.top
  if wanted and wanted < top then top = wanted end
  if wanted and wanted > top + room - 1 then top = wanted - room + 1 end
  return math.max(1, math.min(top, count - room + 1))
end

local function page_of(model, view, size)
  if view.screen == "help" then
    local out = { paint("Keys", "1", model.color) }
    prose.add_rows(out, view.leaves and views.HELP_WATCHING or views.HELP, "  ", size.width)
    return out
  end
  local node = model.state.nodes[view.cursor]
  if not node then return { "This step is no part of the run any more." } end
  local lines = details.lines(node, { now_ms = model.now_ms, color = model.color, output = model.output[node.path] })
  local out = {}
  for i, line in ipairs(lines) do out[i] = columns.fit(line, size.width) end
  return out
end

--- The lines of help or details that are in sight.
local function page(model, view, size, room)
  local lines, out = page_of(model, view, size), {}
  view.top, view.room = math.max(1, math.min(view.top, #lines - room + 1)), room
  for i = view.top, math.min(#lines, view.top + room - 1) do out[#out + 1] = columns.fit(lines[i], size.width) end
  return out, view.top - 1, math.max(0, #lines - view.top - room + 1)
end

--- The first and the last row of the tree that are in sight, where there is room for so many.
local function window(view, rows, room, worst)
  local browses = view:browses()
  local top = scroll(browses and view or { top = 1 }, #rows, room, browses and view:cursor_row(rows) or not browses and worst or nil)
  return top, math.min(#rows, top + room - 1)
end

--- Which of those that are bad no row from first to last shows.
local function out_of_sight(wrong, places, first, last)
  local out = {}
  for _, node in ipairs(wrong) do
    local at = places[node]
    if not at or at < first or at > last then out[#out + 1] = node end
  end
  return out
end

--- The lines of what is bad and not in sight below them: as many as there is room for, and how many more there are.
local function pins(hidden, room, look)
  local count = (#hidden <= room or room == 1) and math.min(#hidden, room) or room - 1
  local rows, out = {}, {}
  for i = 1, count do rows[i] = outline.alone(hidden[i]) end
  local layout = row_text.layout(rows, look)
  for i, row in ipairs(rows) do out[i] = row_text.line(row, layout, look, false) end
  if count < room and count < #hidden then
    out[#out + 1] = columns.fit(paint(string.format("! and %d more bad", #hidden - count), "1;31", look.color), look.width)
  end
  return out
end

--- The most lines that what is bad takes from what the operator looks at.
local function pins_max(room)
  return room < 4 and 1 or math.max(2, room // 2)
end

--- Of the rows in sight those that show nothing bad: they give way to what is bad and not in sight.
local function idle_rows(rows, first, last, look)
  local count = 0
  for i = first, last do
    local row = rows[i]
    if row.kind ~= "step" or look.facts[row.node].level < attention.WRONG then count = count + 1 end
  end
  return count
end

--- The tree in so many rows: above it what is bad and not in sight.
local function tree_part(model, view, room, look)
  local rows = outline.rows(model.state, look.facts, view, room)
  local wrong = attention.wrong(model.state, look.facts)
  local places = outline.places(rows)
  local worst = wrong[1] and places[wrong[1]]
  local first, last = window(view, rows, room, worst)
  local most = pins_max(room)
  if not view:browses() then most = math.min(most, math.max(2, idle_rows(rows, first, last, look))) end
  local hidden, pinned = out_of_sight(wrong, places, first, last), 0
  while pinned < math.min(#hidden, most) do
    pinned = pinned + 1
    first, last = window(view, rows, room - pinned, worst)
    hidden = out_of_sight(wrong, places, first, last)
  end
  local foremost = wrong[1] or attention.running(model.state.roots, look.facts)
  view.rows, view.top, view.room, view.worst = rows, first, room - pinned, foremost and outline.alone(foremost).node.path
  local out, cursor = pins(hidden, pinned, look), view:cursor_row(rows)
  local layout = row_text.layout(table.move(rows, first, last, 1, {}), look)
  for i = first, last do out[#out + 1] = row_text.line(rows[i], layout, look, i == cursor) end
  return out, first - 1, #rows - last
end

--- Help or details in so many rows: above it what is bad, but for what is looked at.
local function page_part(model, view, room, look)
  local hidden = {}
  for _, node in ipairs(attention.wrong(model.state, look.facts)) do
    local is_looked_at = view.screen == "details" and outline.alone(node).node.path == view.cursor
    if not is_looked_at then hidden[#hidden + 1] = node end
  end
  local out = pins(hidden, math.min(#hidden, pins_max(room)), look)
  local lines, above, below = page(model, view, look, room - #out)
  return table.move(lines, 1, #lines, #out + 1, out), above, below
end

--- The lines of a frame, at most as many as there are rows. What the view remembers of it (its rows, how far it is
--- scrolled) is updated.
---@param model almanac.live.Model
---@param view almanac.live.View
---@param size { width: integer, rows: integer }
---@return string[] lines
---@return table<table, almanac.live.Facts> facts  for the next frame
function M.lines(model, view, size)
  local facts = attention.of(model.state, model.now_ms, model.known)
  local out = { header(model, facts[model.state], size.width) }
  if model.state.put then
    out[2] = columns.fit(paint("? asks " .. tree.asked(model.state.put, model.now_ms), "33", model.color), size.width)
  end
  local room = size.rows - #out
  if room < 1 then return out, facts end
  local look = { facts = facts, now_ms = model.now_ms, color = model.color, spin = model.spin, width = size.width }
  local show = view.screen == "tree" and tree_part or page_part
  local lines, above, below = show(model, view, room, look)
  local last = footer(model, view, above, below, size.width)
  if last and room > 1 then
    if #lines == room then lines, above, below = show(model, view, room - 1, look) end
    last = footer(model, view, above, below, size.width)
  else
    last = nil
  end
  table.move(lines, 1, #lines, #out + 1, out)
  out[#out + 1] = last
  return out, facts
end

return M

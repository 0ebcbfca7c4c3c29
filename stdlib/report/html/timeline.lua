--- The timeline of a run as an SVG: a row for each step, its spans in the colours of what it did, and where the process
--- was killed and went on. Pure.
local columns = require "almanac.base.columns"
local markup = require "almanac.report.markup"
local words = require "almanac.report.words"

local tag = markup.tag

local M = {}

local WIDTH, ROW, TOP = 1080, 20, 34
local LABEL_LEAST, LABEL_MOST, LETTER, INDENT = 110, 320, 6.9, 12
local ROWS_MAX = 120    -- more cannot be taken in; the steps are all listed below
local GAP = 34          -- width of a time in which nobody ran it, where that is long
local LABEL_COLUMNS = 40
local LEAST = 2         -- width of a span that was too short to be seen

local LEGEND = {
  { "work", "works" }, { "watch", "a gate or canary watches" }, { "wait", "waits" }, { "approval", "waits for an answer" },
  { "retry", "before it is tried again" }, { "failed", "failed" }, { "stopped", "stopped" }, { "cut", "cut short by a kill" },
}

--- From moments to places: the executions take their share of the width, a long time between two of them is cut short.
---@param report almanac.Report
---@param labels number  width of the names
---@return fun(ms: integer): number
---@return { x: number, width: number, seconds: number }[] gaps
local function scale_of(report, labels)
  local runs, ran, gaps = report.executions, 0, {}
  for _, one in ipairs(runs) do ran = ran + math.max(1, one.ended_ms - one.started_ms) end
  local room, cut = WIDTH - labels - 10, 0
  local is_cut = {}
  for i = 2, #runs do
    local between = math.max(0, runs[i].started_ms - runs[i - 1].ended_ms)
    is_cut[i] = between > 0.06 * ran and #runs < 12
    if is_cut[i] then cut = cut + GAP else ran = ran + between end
  end
  local per_ms, pieces, x = (room - cut) / math.max(1, ran), {}, labels
  for i, one in ipairs(runs) do
    local before = runs[i - 1]
    if before then
      local between = math.max(0, one.started_ms - before.ended_ms)
      local width = is_cut[i] and GAP or between * per_ms
      pieces[#pieces + 1] = { from = before.ended_ms, to = one.started_ms, x = x, width = width }
      gaps[#gaps + 1] = { x = x, width = width, seconds = between / 1000 }
      x = x + width
    end
    local length = math.max(1, one.ended_ms - one.started_ms)
    pieces[#pieces + 1] = { from = one.started_ms, to = one.started_ms + length, x = x, width = length * per_ms }
    x = x + length * per_ms
  end
  return function(ms)
    for _, piece in ipairs(pieces) do
      if ms <= piece.to then
        local share = piece.to > piece.from and math.max(0, ms - piece.from) / (piece.to - piece.from) or 0
        return piece.x + share * piece.width
      end
    end
    return x
  end, gaps
end

--- The steps that have a row: all of them, or the outermost as deep as there is room, and those that went wrong.
local function rows_of(report)
  local chosen, count = {}, 0
  local function take(step)
    if not chosen[step.id] and count < ROWS_MAX then chosen[step.id], count = true, count + 1 end
  end
  local deepest = 0
  for _, step in ipairs(report.steps) do deepest = math.max(deepest, step.depth) end
  if report.failure then take(report.steps[report.failure]) end
  if #report.steps > ROWS_MAX then
    for _, step in ipairs(report.steps) do
      if step.status == "failed" or step.status == "cut" then take(step) end
    end
  end
  for depth = 0, deepest do
    for _, step in ipairs(report.steps) do
      if step.depth == depth then take(step) end
    end
  end
  local rows = {}
  for _, step in ipairs(report.steps) do
    if chosen[step.id] then rows[#rows + 1] = step end
  end
  return rows
end

local function class_of(span)
  if span.ended == "failed" then return "failed" end
  if span.ended == "killed" then return "cut" end
  if span.ended == "stopped" and span.kind == "work" then return "stopped" end
  return span.kind
end

local KINDS = { work = "worked", watch = "watched", wait = "waited", approval = "waited for an answer", retry = "waited to try again" }

local function bar(span, y, x_of)
  local x = x_of(span.from_ms)
  local title = string.format("%s, %s – %s (%s)%s", KINDS[span.kind], words.clock(span.from_ms), words.clock(span.to_ms),
    words.length((span.to_ms - span.from_ms) / 1000), span.ended and ": " .. span.ended or "")
  return tag("rect", { "class", class_of(span), "x", string.format("%.1f", x), "y", y + 4,
    "width", string.format("%.1f", math.max(LEAST, x_of(span.to_ms) - x)), "height", ROW - 8, "rx", 1.5 }, tag("title", nil, title))
end

local function indent_of(step) return math.min(step.depth, 6) * INDENT end

--- As wide as the names are.
local function label_width(rows)
  local width = LABEL_LEAST
  for _, step in ipairs(rows) do
    width = math.max(width, indent_of(step) + (math.min(columns.of(words.first_line(step.name)), LABEL_COLUMNS) + 4) * LETTER)
  end
  return math.min(LABEL_MOST, width)
end

local MARK_CLASSES = { breach = "breach-mark", answer = "answer-mark" }

--- What a guard met, and what was answered.
local function mark_of(mark, y, x_of)
  local title = tag("title", nil, string.format("%s at %s: %s", mark.what, words.clock(mark.ms), mark.text))
  local x = x_of(mark.ms)
  local d = mark.what == "breach" and string.format("M%.1f %dl5 9h-10z", x, y + 5) or string.format("M%.1f %dl5 5l-5 5l-5-5z", x, y + 5)
  return tag("path", { "class", MARK_CLASSES[mark.what], "d", d }, title)
end

local function row(step, at, x_of)
  local y = TOP + (at - 1) * ROW
  local indent = indent_of(step)
  local label = words.MARKS[step.status] .. " " .. columns.fit(words.first_line(step.name), LABEL_COLUMNS - indent // 7)
  local out = {
    at % 2 == 0 and tag("rect", { "class", "row", "x", 0, "y", y, "width", WIDTH, "height", ROW }),
    tag("a", { "href", "#s" .. step.id }, tag("text", { "x", 4 + indent, "y", y + 14 }, tag("title", nil, step.path), label)),
  }
  for _, span in ipairs(step.spans) do out[#out + 1] = bar(span, y, x_of) end
  for _, mark in ipairs(step.marks or {}) do out[#out + 1] = mark_of(mark, y, x_of) end
  return out
end

local TICK_SECONDS = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400 }
local TICKS = 7

local function ticks(report, x_of, height)
  local ran, out, last_x = 0, {}, -math.huge
  for _, one in ipairs(report.executions) do ran = ran + (one.ended_ms - one.started_ms) / 1000 end
  local every = TICK_SECONDS[#TICK_SECONDS]
  for i = #TICK_SECONDS, 1, -1 do
    if ran / TICK_SECONDS[i] <= TICKS then every = TICK_SECONDS[i] end
  end
  every = math.max(1, math.floor(math.max(every, ran / TICKS / 10) * 1000))
  for _, one in ipairs(report.executions) do
    local first = (one.started_ms + every - 1) // every * every
    for ms = first, math.min(one.ended_ms, first + 100 * every), every do
      local x = x_of(ms)
      if x - last_x > 66 and x < WIDTH - 30 then
        last_x = x
        local label = words.clock(ms) .. (every < 1000 and string.format(".%d", ms % 1000 // 100) or "")
        local at = string.format("%.1f", x)
        out[#out + 1] = tag("line", { "class", "grid", "x1", at, "x2", at, "y1", 22, "y2", height })
        out[#out + 1] = tag("text", { "class", "dim mid", "x", at, "y", 14 }, label)
      end
    end
  end
  return out
end

local function line(class, x, height, title)
  x = string.format("%.1f", x)
  return tag("line", { "class", class, "x1", x, "x2", x, "y1", 18, "y2", height }, tag("title", nil, title))
end

--- Where the process was killed, and where another one went on.
local function breaks(report, x_of, height)
  local out = {}
  for i, one in ipairs(report.executions) do
    if i > 1 then
      local x = x_of(one.started_ms)
      out[#out + 1] = line("resumed", x, height, "went on at " .. words.time(one.started_ms))
      out[#out + 1] = tag("path", { "class", "resume-mark", "d", string.format("M%.1f 18l9 5l-9 5z", x) })
    end
    if one.ended == "killed" then
      local x = x_of(one.ended_ms)
      out[#out + 1] = line("killed", x, height, "killed, last heard of at " .. words.time(one.ended_ms))
      out[#out + 1] = tag("path", { "class", "kill-mark", "d",
        string.format("M%.1f 18l3.5 3.5l3.5-3.5l1.5 1.5l-3.5 3.5l3.5 3.5l-1.5 1.5l-3.5-3.5l-3.5 3.5l-1.5-1.5l3.5-3.5l-3.5-3.5z", x - 3.5) })
    end
  end
  return out
end

--- Textures, for those who cannot tell the colours apart; the plots use them too.
---@return almanac.report.Markup
function M.patterns()
  local function pattern(id, size, ...)
    return tag("pattern", { "id", id, "width", size, "height", size, "patternUnits", "userSpaceOnUse" }, ...)
  end
  return tag("svg", { "width", 0, "height", 0, "aria-hidden", "true" }, tag("defs", nil,
    pattern("dots", 5, tag("circle", { "class", "p-dot", "cx", 2.5, "cy", 2.5, "r", 1.6 })),
    pattern("slant", 8, tag("path", { "class", "p-slant", "d", "M-2 2l4-4M0 8l8-8M6 10l4-4" })),
    pattern("stripes", 6, tag("path", { "class", "p-stripe", "d", "M0 6l6-6" })),
    pattern("danger", 7, tag("path", { "class", "p-line", "d", "M0 7l7-7" }))))
end

local function legend(report)
  local seen, out = {}, {}
  for _, step in ipairs(report.steps) do
    for _, span in ipairs(step.spans) do seen[class_of(span)] = true end
    for _, mark in ipairs(step.marks or {}) do seen[mark.what] = true end
  end
  local function swatch(shape, text)
    out[#out + 1] = tag("span", nil, tag("svg", { "width", 18, "height", 12, "viewBox", "0 0 18 12", "aria-hidden", "true" }, shape), text)
  end
  for _, one in ipairs(LEGEND) do
    if seen[one[1]] then swatch(tag("rect", { "class", one[1], "width", 18, "height", 12, "rx", 2 }), one[2]) end
  end
  if seen.breach then swatch(tag("path", { "class", "breach-mark", "d", "M9 1l5 9h-10z" }), "a guard's breach") end
  if seen.answer then swatch(tag("path", { "class", "answer-mark", "d", "M9 1l5 5l-5 5l-5-5z" }), "its answer") end
  if report.counts.kills > 0 then swatch(tag("line", { "class", "killed", "x1", 9, "x2", 9, "y1", 0, "y2", 12 }), "killed") end
  if #report.executions > 1 then
    swatch(tag("line", { "class", "resumed", "x1", 9, "x2", 9, "y1", 0, "y2", 12 }), "went on")
    swatch(tag("rect", { "class", "gap", "width", 18, "height", 12 }), "nobody ran it; shortened")
  end
  return tag("div", { "class", "legend" }, out)
end

---@param report almanac.Report
---@return almanac.report.Markup
function M.render(report)
  if #report.executions == 0 or #report.steps == 0 then return tag("p", { "class", "dim" }, "No step was begun.") end
  local rows = rows_of(report)
  local x_of, gaps = scale_of(report, label_width(rows))
  local height, out = TOP + #rows * ROW + 4, {}
  for i, step in ipairs(rows) do out[i] = row(step, i, x_of) end
  local between = {}
  for i, gap in ipairs(gaps) do
    between[i] = tag("rect", { "class", "gap", "x", string.format("%.1f", gap.x), "y", 22, "width",
      string.format("%.1f", gap.width), "height", height - 22 }, tag("title", nil, "nobody ran it for " .. words.length(gap.seconds)))
  end
  local left_off = #report.steps - #rows
  return markup.join(legend(report), tag("div", { "class", "scroll" },
    tag("svg", { "viewBox", string.format("0 0 %d %d", WIDTH, height), "width", WIDTH, "height", height, "role", "img",
      "aria-label", "timeline of the steps" }, ticks(report, x_of, height), between, out, breaks(report, x_of, height))),
    left_off > 0 and tag("p", { "class", "dim" }, string.format(
      "%s more are in the list of steps: here are the outermost, and those that went wrong.", words.plural(left_off, "step"))))
end

return M

--- Plots of what gates and canaries saw, as SVG. Pure.
local markup = require "almanac.report.markup"
local number = require "almanac.base.number"
local words = require "almanac.report.words"

local join, tag = markup.join, markup.tag

local M = {}

local WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 520, 190, 58, 14, 14, 26
local POINTS = 400 -- more samples are drawn by every so manieth; those that are unhealthy always

local function place(value) return string.format("%.1f", value) end

---@class almanac.report.Axes  from values to places
---@field x fun(ms: integer): number
---@field y fun(value: number): number
---@field low number
---@field high number
---@field from integer
---@field to integer

--- Axes that hold these values; infinity lies on the edge.
---@param from integer ms
---@param to integer
---@param values number[]
---@return almanac.report.Axes
local function axes_of(from, to, values)
  local low, high = math.huge, -math.huge
  for _, value in ipairs(values) do
    if value > -math.huge and value < math.huge then low, high = math.min(low, value), math.max(high, value) end
  end
  if low > high then low, high = 0, 1 end
  if low == high then low, high = low - math.max(1, math.abs(low)) * 0.5, high + math.max(1, math.abs(high)) * 0.5 end
  local margin = (high - low) * 0.08
  local is_positive = low >= 0
  low, high = low - margin, high + margin
  if is_positive then low = math.max(0, low) end
  if to <= from then to = from + 1000 end
  return {
    low = low, high = high, from = from, to = to,
    x = function(ms) return LEFT + (ms - from) / (to - from) * (WIDTH - LEFT - RIGHT) end,
    y = function(value)
      local share = (math.max(low, math.min(high, value)) - low) / (high - low)
      return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    end,
  }
end

--- Round values that lie on an axis, three to six of them: multiples of 1, 2 or 5 times a power of ten; of the
--- unit, where there is one, and no parts of that.
local function ticks(axes, unit)
  local least = math.max((axes.high - axes.low) / 6 / (unit or 1), unit and 1 or 0)
  local power, step = 10 ^ math.floor(math.log(least, 10)), nil
  for _, factor in ipairs { 10, 5, 2, 1 } do
    if factor * power >= least then step = factor * power * (unit or 1) end
  end
  local out = {}
  for i = math.ceil(axes.low / step - 1e-9), math.floor(axes.high / step + 1e-9) do out[#out + 1] = i * step end
  return out
end

local function frame(axes, format, unit)
  local out = {}
  for _, value in ipairs(ticks(axes, unit)) do
    local y = axes.y(value)
    out[#out + 1] = tag("line", { "class", "grid", "x1", LEFT, "x2", WIDTH - RIGHT, "y1", place(y), "y2", place(y) })
    out[#out + 1] = tag("text", { "class", "dim right", "x", LEFT - 6, "y", place(y + 4) }, format(value))
  end
  out[#out + 1] = tag("text", { "class", "dim", "x", LEFT, "y", HEIGHT - 8 }, words.clock(axes.from))
  out[#out + 1] = tag("text", { "class", "dim right", "x", WIDTH - RIGHT, "y", HEIGHT - 8 }, words.clock(axes.to))
  return out
end

local function svg(label, ...)
  return tag("svg", { "viewBox", string.format("0 0 %d %d", WIDTH, HEIGHT), "width", WIDTH, "height", HEIGHT, "role", "img",
    "aria-label", label }, ...)
end

--- Lines through points, broken where one has no value.
local function lines(class, axes, points)
  local d, is_open, out = {}, false, {}
  for _, point in ipairs(points) do
    if point.value then
      d[#d + 1] = string.format("%s%.1f %.1f", is_open and "L" or "M", axes.x(point.ms), axes.y(point.value))
    end
    is_open = point.value ~= nil
  end
  if d[1] then out[1] = tag("path", { "class", class, "d", table.concat(d) }) end
  return out
end

local function across(axes, class, value, label)
  local y = axes.y(value)
  return join(tag("line", { "class", class, "x1", LEFT, "x2", WIDTH - RIGHT, "y1", place(y), "y2", place(y) }),
    label and tag("text", { "class", "right label", "x", WIDTH - RIGHT - 2, "y", place(y < 30 and y + 14 or y - 5) }, label))
end

-- Gates ------------------------------------------------------------------------------------------

--- What was seen, with a break where nobody ran it.
local function points_of(gate, executions)
  local every, out, last, begun = math.max(1, #gate.samples // POINTS), {}, nil, 1
  for i, sample in ipairs(gate.samples) do
    while executions[begun] and executions[begun].started_ms <= sample.ms do
      if last and executions[begun].started_ms > last then out[#out + 1] = { ms = sample.ms, is_break = true } end
      begun = begun + 1
    end
    last = sample.ms
    if i % every == 0 or i == 1 or i == #gate.samples or not sample.ok then
      out[#out + 1] = { ms = sample.ms, value = number.of(sample.value), ok = sample.ok, what = sample.what }
    end
  end
  return out
end

--- The region past the critical limit, on the unhealthy side.
local function critical_band(axes, spec, critical)
  local is_above = spec.op == "<" or spec.op == "<="
  local y = axes.y(critical)
  local top, bottom = is_above and TOP or y, is_above and y or HEIGHT - BOTTOM
  return tag("rect", { "class", "critical", "x", LEFT, "y", place(top), "width", WIDTH - LEFT - RIGHT,
    "height", place(math.max(0, bottom - top)) }, tag("title", nil, "critical: " .. number.short(critical)))
end

local function mark(axes, point)
  local x, y = axes.x(point.ms), point.value and axes.y(point.value) or HEIGHT - BOTTOM - 6
  local title = tag("title", nil, string.format("%s at %s", point.value and number.short(point.value) or point.what or "nothing",
    words.clock(point.ms)))
  if point.value and point.ok then return tag("circle", { "class", "dot", "cx", place(x), "cy", place(y), "r", 2.2 }, title) end
  if point.value then
    return tag("path", { "class", "cross", "d", string.format("M%.1f %.1fl7 7m0-7l-7 7", x - 3.5, y - 3.5) }, title)
  end
  return tag("circle", { "class", "none", "cx", place(x), "cy", place(y), "r", 3 }, title)
end

local function breach_line(axes, breach)
  local x = axes.x(math.max(axes.from, math.min(axes.to, breach.ms)))
  return {
    tag("line", { "class", "breach", "x1", place(x), "x2", place(x), "y1", TOP, "y2", HEIGHT - BOTTOM }),
    tag("path", { "class", "breach-mark", "d", string.format("M%.1f %dl5 9h-10z", x, TOP - 6) },
      tag("title", nil, string.format("breach at %s: %s", words.clock(breach.ms), breach.why))),
  }
end

--- The plot of a gate; nil: it took no sample.
---@param gate almanac.report.Gate
---@param executions almanac.report.Execution[]
---@param breaches? almanac.report.Breach[]  of the guard whose gate it is
---@return almanac.report.Markup?
function M.gate(gate, executions, breaches)
  local points, spec = points_of(gate, executions), gate.spec or {}
  if not points[1] then return nil end
  local limit = number.of(spec.limit or gate.result and gate.result.limit)
  local critical, values = number.of(spec.critical), {}
  for _, point in ipairs(points) do values[#values + 1] = point.value end
  values[#values + 1], values[#values + 2] = limit, critical
  local axes = axes_of(points[1].ms, points[#points].ms, values)
  local held, marks = {}, {}
  for i, hold in ipairs(gate.holds) do
    local x = axes.x(hold.from_ms)
    held[i] = tag("rect", { "class", "held", "x", place(x), "y", HEIGHT - BOTTOM - 10, "width",
      place(math.max(2, axes.x(hold.to_ms) - x)), "height", 10 },
      tag("title", nil, "healthy for " .. words.length((hold.to_ms - hold.from_ms) / 1000)))
  end
  for _, point in ipairs(points) do marks[#marks + 1] = not point.is_break and mark(axes, point) or nil end
  for _, breach in ipairs(breaches or {}) do marks[#marks + 1] = breach_line(axes, breach) end
  return svg("values of the gate " .. (gate.name or gate.path), critical and critical_band(axes, spec, critical), held,
    frame(axes, number.short),
    limit and across(axes, "limit", limit, string.format("%s %s", spec.op or "limit", number.short(limit))),
    lines("value", axes, points), marks)
end

-- Canaries ---------------------------------------------------------------------------------------

local function decided_line(axes, metric)
  if not metric.decided_ms then return nil end
  local x = place(axes.x(metric.decided_ms))
  return {
    tag("line", { "class", "decided", "x1", x, "x2", x, "y1", TOP, "y2", HEIGHT - BOTTOM }),
    tag("path", { "class", "kill-mark", "d", string.format("M%s %dl5 -7h-10z", x, TOP + 7) },
      tag("title", nil, "decided at " .. words.clock(metric.decided_ms))),
  }
end

local function series(list, field)
  local out = {}
  for i, one in ipairs(list) do out[i] = { ms = one.ms, value = one[field] } end
  return out
end

--- Both arms of a metric; nil: nothing of them was seen.
---@param metric almanac.report.CanaryMetric
---@return almanac.report.Markup?
function M.arms(metric)
  local list, values = metric.arms, {}
  if not list[1] then return nil end
  for _, one in ipairs(list) do
    values[#values + 1] = one.canary
    values[#values + 1] = one.baseline
  end
  local axes = axes_of(list[1].ms, list[#list].ms, values)
  local function format(value)
    return metric.kind == "count" and string.format("%.3g %%", 100 * value) or number.short(value)
  end
  return svg("both arms of " .. metric.name, frame(axes, format), lines("arm-baseline", axes, series(list, "baseline")),
    lines("arm-canary", axes, series(list, "canary")), decided_line(axes, metric))
end

--- The evidence of a metric over time, as odds, against the bounds at which it fails and passes.
---@param metric almanac.report.CanaryMetric
---@return almanac.report.Markup?
function M.evidence(metric)
  local list = metric.evidence
  if not list[1] then return nil end
  local with_label = 1.2 * math.max(metric.fails_at, metric.passes_at)
  local values = { 0, metric.fails_at, metric.passes_at, with_label }
  for _, one in ipairs(list) do -- what is decided may go on to any height
    values[#values + 1] = math.min(one.bad, 1.6 * metric.fails_at)
    values[#values + 1] = math.min(one.good, 1.6 * metric.passes_at)
  end
  for i, value in ipairs(values) do values[i] = math.max(value, -1) end
  local axes = axes_of(list[1].ms, list[#list].ms, values)
  local function odds(value) return string.format(value < 1 and "%.2g : 1" or "%.0f : 1", math.exp(value)) end
  local is_one = math.abs(metric.fails_at - metric.passes_at) < 0.01 * axes.high
  local function bound(value, label, is_upper) -- on the left, where there is no evidence yet
    local y = axes.y(value)
    return join(across(axes, "limit", value),
      tag("text", { "class", "label", "x", LEFT + 4, "y", place(is_upper and y - 5 or y + 14) }, label))
  end
  local is_higher = metric.fails_at >= metric.passes_at
  return svg("evidence about " .. metric.name, frame(axes, odds, math.log(10)),
    bound(metric.fails_at, is_one and "bad from here on fails, good passes" or "bad from here on fails", is_higher),
    not is_one and bound(metric.passes_at, "good from here on passes", not is_higher),
    lines("bad-line", axes, series(list, "bad")), lines("good-line", axes, series(list, "good")), decided_line(axes, metric))
end

return M

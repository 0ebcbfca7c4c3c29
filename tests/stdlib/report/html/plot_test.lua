-- Plots of gates and canaries: every place in them is a number within the picture, whatever was seen.
local html = require "tests.stdlib.report.html.markup_of"
local plots = require "almanac.report.html.plot"
local t = require "tests.harness"

local WIDTH, HEIGHT = 520, 190

--- Every place of a plot lies in it.
local function check_places(text, what)
  for name, value in text:gmatch ' ([xyc][xy12]?)="([^"]*)"' do
    local number = tonumber(value)
    t.ok(number and number == number, what .. ": " .. name .. "=" .. value)
    local limit = name:find "x" and WIDTH or HEIGHT
    t.ok(number >= -1 and number <= limit + 1, what .. ": " .. name .. "=" .. value)
  end
  for d in text:gmatch ' d="([^"]*)"' do t.ok(not d:find "nan" and not d:find "inf", what .. ": " .. d) end
end

local function gate(samples, spec)
  local out = { path = "g", spec = spec, samples = {}, holds = {} }
  for i, value in ipairs(samples) do
    out.samples[i] = type(value) == "table" and value or { ms = i * 1000, value = value, ok = true }
  end
  return out
end

t.test("values of all sizes, infinite ones, one alone, the same ones and none at all", function()
  for what, values in pairs {
    plain = { 1, 2, 3 }, one = { 5 }, same = { 4, 4, 4 }, nothing = { 0, 0 }, negative = { -3, -1 }, huge = { 1e300, 1e-300 },
    infinite = { "+Inf", "-Inf", 1 }, only_infinite = { "+Inf" }, no_numbers = { { ms = 1, what = "no data" }, { ms = 2, what = "x" } },
    small = { 1e-12, 2e-12 },
  } do
    for _, spec in ipairs { { op = "<", limit = 5, critical = 9 }, { op = ">=", limit = 0 }, {}, { op = "<", limit = "+Inf" } } do
      check_places(html.text(plots.gate(gate(values, spec), {})), what)
    end
  end
  t.eq(plots.gate(gate({}, {}), {}), nil, "no sample, no plot")
end)

t.test("the limit with its sign, the region past the critical one on the unhealthy side, and how long it held", function()
  local one = gate({ 1, 2, 3 }, { op = "<", limit = 5, critical = 9 })
  one.holds[1] = { from_ms = 1000, to_ms = 3000 }
  local text = html.text(plots.gate(one, {}))
  t.has(text, "&lt; 5</text>")
  t.has(text, "<title>critical: 9</title>")
  t.has(text, "<title>healthy for 2s</title>")
  t.has(text, 'aria-label="values of the gate g"')
end)

t.test("an unhealthy sample is a cross, one without a number is told, and a line breaks where nobody ran it", function()
  local text = html.text(plots.gate(gate { 1, { ms = 2000, value = 9, ok = false }, { ms = 3000, what = "no <data>" }, 2 }, {}))
  t.eq({ html.count(text, 'class="cross"'), html.count(text, 'class="none"'), html.count(text, 'class="dot"') }, { 1, 1, 2 })
  t.has(text, "no &lt;data&gt; at ")
  local function moves(executions)
    local d = html.text(plots.gate(gate { 1, 2, 3, 4 }, executions)):match 'class="value" d="([^"]*)"'
    return html.count(d, "M")
  end
  t.eq(moves {}, 1)
  t.eq(moves { { started_ms = 0 }, { started_ms = 2500 } }, 2)
end)

t.test("of many samples some are drawn, and each that is unhealthy", function()
  local samples = {}
  for i = 1, 5000 do samples[i] = { ms = i * 1000, value = 1, ok = i % 100 ~= 0 } end
  local text = html.text(plots.gate(gate(samples), {}))
  t.ok(html.count(text, "<circle") <= 500, html.count(text, "<circle"))
  t.eq(html.count(text, 'class="cross"'), 50)
end)

t.test("a canary's arms and its evidence, where bounds are one and where they are two", function()
  local metric = {
    name = "errors", kind = "count", fails_at = 3, passes_at = 3, decided_ms = 2000,
    arms = { { ms = 1000, canary = 0.1 }, { ms = 2000, canary = 0.2, baseline = 0.1 } },
    evidence = { { ms = 1000, bad = 0, good = 0 }, { ms = 2000, bad = math.huge, good = -math.huge } },
  }
  check_places(html.text(plots.arms(metric)), "arms")
  local text = html.text(plots.evidence(metric))
  check_places(text, "evidence")
  t.has(text, "bad from here on fails, good passes")
  metric.passes_at = 2
  t.has(html.text(plots.evidence(metric)), "good from here on passes")
  t.eq({ plots.arms { arms = {} }, plots.evidence { evidence = {} } }, {})
end)

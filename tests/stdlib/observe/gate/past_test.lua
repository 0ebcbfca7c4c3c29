-- Gates on history, without a Prometheus: looks, watches, breaks, and the limits that would have held.
local history = require "almanac.observe.history"
local limits = require "almanac.observe.gate.limits"
local past = require "almanac.observe.gate.past"
local specs = require "almanac.observe.gate.spec"
local t = require "tests.harness"
local verdicts = require "almanac.observe.gate.verdict"

local function spec_of(more)
  local raw = { query = "q", limit = 5, hold = 60 }
  for key, value in pairs(more or {}) do raw[key] = value end
  return specs.check("g", raw)
end

--- Samples every 15 s; `false` is no data.
local function samples(spec, values)
  local points = {}
  for i, value in ipairs(values) do
    if value then points[#points + 1] = { time = 1000 + 15 * (i - 1), value = value } end
  end
  return past.samples(spec, history.looks({ series = { { labels = {}, points = points } } }, 1000, 15, #values))
end

t.test("a look is what an instant query would have said: one number, several, none, a histogram", function()
  local looks = history.looks({ series = {
    { labels = { pod = "a" }, points = { { time = 100.5, value = 1 }, { time = 101.5, value = 2 } } },
    { labels = { pod = "b" }, points = { { time = 101.5, value = 3 } }, histograms = { { time = 102.5, count = 4, sum = 5 } } },
  } }, 100.5, 1, 4)
  t.eq(#looks, 4)
  t.eq({ #looks[1].answer.series, #looks[2].answer.series, #looks[3].answer.series, #looks[4].answer.series }, { 1, 2, 1, 0 })
  local found = past.samples(spec_of(), looks)
  t.eq({ found[1].value, found[1].ok, found[1].time }, { 1, true, 100.5 })
  t.eq(found[2].series, { '{pod="a"}', '{pod="b"}' })
  t.has(found[3].error, "native histogram")
  t.eq(found[4].missing, "no data")
end)

t.test("one watch is what a run would have said, and a window one behind the other", function()
  local spec = spec_of()
  local seen = samples(spec, { 1, 1, 9, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 1, 1 })
  local watches = past.watches(spec, seen, true)
  t.eq(#watches, 1)
  t.eq({ watches[1].verdict, watches[1].at, watches[1].last }, { "pass", 1000 + 15 * 7, 8 })
  t.eq(watches[1].why, verdicts.of(spec, table.move(seen, 1, 8, 1, {})).why)
  watches = past.watches(spec, seen, false)
  t.eq({ watches[2].verdict, watches[2].from, watches[2].last, #watches }, { "fail", 1000 + 15 * 8, 13, 3 })
  t.eq(watches[3].verdict, nil, "the window ends before it is over")
end)

t.test("what is settled takes no samples any more", function()
  local spec, tally = spec_of { critical = 20 }, verdicts.begin()
  for _, sample in ipairs(samples(spec, { 1, 30, 1, 1, 1, 1, 1, 1 })) do verdicts.add(spec, tally, sample) end
  t.eq(verdicts.so_far(spec, tally).why, "30 is past the critical limit 20")
end)

t.test("breaks: stretches of unhealthy samples with their worst value, the worst first", function()
  local spec = spec_of()
  local breaks = past.breaks(spec, samples(spec, { 6, 8, 7, 1, 9, false, 5 }), 7)
  t.eq(breaks, { { from = 1060, to = 1060, worst = 9 }, { from = 1000, to = 1030, worst = 8 }, { from = 1090, to = 1090, worst = 5 } })
  local low = spec_of { op = ">=" }
  t.eq(past.breaks(low, samples(low, { 5, 4, 2, 3, 6, 3 }), 6),
    { { from = 1015, to = 1045, worst = 2 }, { from = 1075, to = 1075, worst = 3 } })
  t.eq(#past.breaks(low, samples(low, { 5, 4, 6, 3 }), 2), 1, "only samples that count")
end)

t.test("the tightest limit that would have held passes, and the next one that was seen does not", function()
  for _, case in ipairs {
    { "<", { 1, 1, 1, 1, 1 }, 1 }, { "<", { 1, 7, 1, 1, 1, 1 }, 7 }, { "<", { 1, 7, 1, 1, 1, 1, 1, 1 }, 1 },
    { ">=", { 9, 4, 9, 9, 9, 9 }, 4 }, { ">", { 9, 9, 9, 3, 9, 9, 9, 9 }, 3 }, { "<", { 1, 1, false, 1, 1 }, nil },
    { "<", { false, false, false, false, false }, nil },
  } do
    local spec = spec_of { op = case[1], critical = case[1] == "<" and 20 or nil }
    local seen = samples(spec, case[2])
    local finding = past.judge(spec, seen, true, 0.2)
    t.eq(finding.needed, case[3], case[1] .. " " .. require("native.json").encode(case[2]))
  end
end)

t.test("a suggested limit is a margin away, in two digits that are not inside of the value", function()
  local upper, lower = spec_of(), spec_of { op = ">" }
  for _, case in ipairs {
    { upper, 0.0103, 0.2, 0.013 }, { upper, 9, 0.2, 11 }, { upper, 1234, 0, 1300 }, { upper, -10, 0.5, -5 }, { upper, 0, 0.2, nil },
    { lower, 3, 0.2, 2.4 }, { lower, 7.77, 0, 7.7 }, { lower, 1e-9, 0.1, 9e-10 }, { upper, 0.03, 0, 0.03 },
  } do
    t.eq(limits.suggested(case[1], case[2], case[3]), case[4], case[2])
  end
end)

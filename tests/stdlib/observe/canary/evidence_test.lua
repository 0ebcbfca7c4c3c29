-- The canary statistics, by simulation: how often they are wrong when nothing is, and how soon they see what is.
-- Seeds are fixed; the numbers of runs are small, so that the bars here leave room for chance (two standard errors).
local gauges = require "almanac.observe.canary.gauges"
local normal = require "almanac.observe.canary.normal"
local t = require "tests.harness"
local trials = require "tests.stdlib.observe.canary.trials"

local RUNS = 120
local FALSE_ALARMS = 0.05 + 2 * math.sqrt(0.05 * 0.95 / RUNS)

t.test("the normal distribution, near and far", function()
  for _, case in ipairs { { 0, 0.5 }, { 1, 0.8413447460685429 }, { -1, 0.15865525393145707 }, { 0.3, 0.6179114221889527 },
    { -3, 0.0013498980316300946 }, { 8, 0.9999999999999993 } } do
    t.ok(math.abs(math.exp(normal.log_cdf(case[1])) - case[2]) < 1e-15, case[1])
  end
  t.ok(math.abs(normal.log_cdf(-20) + 203.91715537109727) < 1e-9, normal.log_cdf(-20))
end)

local function counted(...)
  return trials.counts(RUNS, ...)
end

t.test("counts without bursts: an equal canary passes, a worse one fails soon", function()
  local equal = counted(1, 1, 1.5, true)
  t.ok(equal.fail <= FALSE_ALARMS, equal.fail)
  t.ok(equal.pass >= 0.95 and equal.median <= 35, equal.median)
  local doubled, tripled = counted(2, 1, 1.5, true), counted(3, 1, 1.5, true)
  t.ok(doubled.fail >= 0.99 and doubled.median <= 9, doubled.median)
  t.ok(tripled.fail >= 0.99 and tripled.median <= 4, tripled.median)
end)

t.test("tempered by the dispersion: later, and as right", function()
  local equal, doubled, tripled = counted(1, 1, 1.5), counted(2, 1, 1.5), counted(3, 1, 1.5)
  t.ok(equal.fail <= FALSE_ALARMS and equal.pass >= 0.95, equal.fail)
  t.ok(doubled.fail >= 0.99 and doubled.median <= 26, doubled.median)
  t.ok(tripled.fail >= 0.99 and tripled.median <= 15, tripled.median)
end)

t.test("counts that come in bursts raise no false alarms", function()
  for _, fano in ipairs { 3, 10 } do
    for _, per_interval in ipairs { 1.5, 10 } do
      local equal = counted(1, fano, per_interval)
      t.ok(equal.fail <= FALSE_ALARMS, string.format("Fano %d, %g an interval: %g", fano, per_interval, equal.fail))
    end
  end
end)

t.test("means of normal samples, looked at always: false alarms and power", function()
  for _, case in ipairs { { 0, 0, FALSE_ALARMS }, { 0.2, 0.65, 1 }, { 0.4, 0.99, 1 } } do
    local found = trials.means(RUNS, case[1]).fail
    t.ok(found >= case[2] and found <= case[3] + 1e-9, string.format("shift %g: %g", case[1], found))
  end
end)

t.test("gauges that remember raise no false alarms; a large shift is seen", function()
  for _, memory in ipairs { 0, 0.5, 0.8 } do
    for _, shift in ipairs { 0, 3 } do
      local failed = trials.gauges(RUNS, memory, shift).fail
      if shift == 0 then t.ok(failed <= FALSE_ALARMS, string.format("AR(1) %g: %g", memory, failed)) end
      if shift > 0 and memory < 0.8 then t.ok(failed >= 0.5, string.format("AR(1) %g, shifted: %g", memory, failed)) end
    end
  end
end)

t.test("a gauge says how many samples it still needs", function()
  local state = gauges.new("lower", 0, 1)
  for i = 1, 12 do gauges.add(state, i % 2, 0) end
  local evidence, missing = gauges.evidence(state)
  t.eq(evidence, nil)
  t.ok(missing > 0)
end)

--- What the canary's verdict is worth: how often it is wrong when nothing is, and after how many samples it sees what is.
--- Usage: almanac lua tests/bench/canary.lua [RUNS] (default 1000: two minutes). Exit 1 when a line is past its bar.
local terminal = require "native.terminal"
local trials = require "tests.stdlib.observe.canary.trials"

local runs = tonumber((...)) or 1000
local over = 0

-- Bars are of the true rates: what was counted may be two standard errors beside them.
local function slack(rate)
  return 2 * math.sqrt(rate * (1 - rate) / runs)
end

---@param bars { fail_most?: number, fail_least?: number, pass_least?: number, soon?: integer }
local function line(what, result, bars)
  local bad = result.fail > (bars.fail_most or 1) + slack(bars.fail_most or 1)
    or result.fail < (bars.fail_least or 0) - slack(bars.fail_least or 0)
    or result.pass < (bars.pass_least or 0) - slack(bars.pass_least or 0) or result.median > (bars.soon or math.huge)
  if bad then over = over + 1 end
  terminal.write(1, string.format("%s  %-58s fail %5.1f %%  pass %5.1f %%  open %5.1f %%  median %3d samples\n",
    bad and "over" or "    ", what, 100 * result.fail, 100 * result.pass, 100 * result.inconclusive, result.median))
end

terminal.write(1, string.format("%d runs each; false alarms may be 5 %%, within two standard errors\n", runs))
line("normal, 500 an arm, looked at always: equal", trials.means(runs, 0), { fail_most = 0.05 })
line("the same, 0.2 standard deviations worse", trials.means(runs, 0.2), { fail_least = 0.7 })
line("the same, 0.4", trials.means(runs, 0.4), { fail_least = 0.99 })
for _, plain in ipairs { true, false } do
  local how = plain and "plain" or "tempered"
  local equal, doubled, tripled = plain and 35 or nil, plain and 9 or 26, plain and 4 or 15
  line("counts, 1.5 an interval, " .. how .. ": equal", trials.counts(runs, 1, 1, 1.5, plain),
    { fail_most = 0.05, pass_least = 0.95, soon = equal })
  line("the same, twice as often", trials.counts(runs, 2, 1, 1.5, plain), { fail_least = 0.99, soon = doubled })
  line("the same, three times", trials.counts(runs, 3, 1, 1.5, plain), { fail_least = 0.99, soon = tripled })
end
for _, fano in ipairs { 3, 10 } do
  for _, per_interval in ipairs { 1.5, 10 } do
    line(string.format("counts in bursts, Fano factor %d, %g an interval: equal", fano, per_interval),
      trials.counts(runs, 1, fano, per_interval), { fail_most = 0.05 })
  end
end
for _, memory in ipairs { 0, 0.5, 0.8 } do
  line(string.format("gauges, AR(1) %g: equal", memory), trials.gauges(runs, memory, 0), { fail_most = 0.05 })
  line("the same, 3 worse", trials.gauges(runs, memory, 3), {})
end
return over == 0 and 0 or 1

local samples = require "almanac.observe.gate.sample"
local specs = require "almanac.observe.gate.spec"
local t = require "tests.harness"

local function check(more)
  local spec = { query = "x", op = "<", limit = 10, critical = 20, hold = 60, interval = 10 }
  for k, v in pairs(more or {}) do spec[k] = v end
  return specs.check("g", spec)
end

t.test("samples from answers", function()
  local spec = check()
  t.eq(samples.of(spec, { series = { { labels = {}, value = 3.0 } } }, 5), { time = 5, ok = true, value = 3.0 })
  t.eq(samples.of(spec, { series = { { labels = {}, value = 30.0 } } }, 5), { time = 5, ok = false, value = 30.0 })
  t.eq(samples.of(spec, { series = { { labels = {}, value = math.huge } } }, 5),
    { time = 5, ok = false, value = "+Inf" })
  t.eq(samples.of(spec, { series = { { labels = {}, value = 0 / 0 } } }, 5), { time = 5, ok = false, missing = "NaN" })
  t.eq(samples.of(spec, { series = {} }, 5), { time = 5, ok = false, missing = "no data" })
  t.eq(samples.of(spec, { series = { { labels = { a = "1", b = "x" } }, { labels = {} } } }, 5),
    { time = 5, ok = false, series = { '{a="1", b="x"}', "{}" } })
end)

t.test("a native histogram fails a gate for good, in words that say what to ask instead", function()
  local histogram = { time = 5, count = 1.0, sum = 2.0 }
  t.eq(samples.of(check(), { series = { { labels = {}, histogram = histogram } } }, 5),
    { time = 5, ok = false, permanent = true, error = "x gives a native histogram, which is no number: {}" })
end)

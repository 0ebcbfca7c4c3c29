local specs = require "almanac.observe.gate.spec"
local t = require "tests.harness"
local verdicts = require "almanac.observe.gate.verdict"

local function check(more)
  local spec = { query = "x", op = "<", limit = 10, critical = 20, hold = 60, interval = 10 }
  for k, v in pairs(more or {}) do spec[k] = v end
  return specs.check("g", spec)
end

--- Samples every 10 s: numbers, "none", "nan", "error", "bad" (permanent), "several", "resumed" (an hour later).
local function samples(...)
  local out, time, resumed = {}, 1000, nil
  for _, v in ipairs { ... } do
    local s = { time = time, resumed = resumed }
    resumed = nil
    if v == "none" then s.missing = "no data"
    elseif v == "nan" then s.missing = "NaN"
    elseif v == "error" then s.error = "connection refused"
    elseif v == "bad" then s.error, s.permanent = "parse error", true
    elseif v == "several" then s.series = { '{a="1"}', '{a="2"}' }
    elseif v == "resumed" then s, resumed, time = nil, true, time + 3590
    else s.value = v end
    out[#out + 1] = s
    if s then time = time + 10 end
  end
  return out
end

local function judge(more, ...)
  local spec = check(more)
  local v = verdicts.of(spec, samples(...))
  return v.verdict, v.why, v, verdicts.line(spec, v)
end

t.test("healthy for the whole window is a pass", function()
  local early, _, soon, line = judge(nil, 1, 2, 3, 4, 5, 6)
  t.eq(early, nil)
  t.eq(soon.held, 50)
  t.eq(line, "6 < 10, held 50s of 1m")
  local verdict, why, v = judge(nil, 1, 2, 3, 4, 5, 6, 7)
  t.eq({ verdict, why, v.value, v.limit, v.held }, { "pass", "7 < 10 for 1m", 7, 10, 60 })
end)

t.test("past the critical limit fails at once", function()
  local verdict, why = judge(nil, 1, 2, 25)
  t.eq({ verdict, why }, { "fail", "25 is past the critical limit 20" })
  t.eq(judge(nil, 20), "fail", "at the limit itself")
  t.eq(judge({ op = ">=", limit = 5, critical = 0 }, 0), "fail")
  t.eq(judge({ op = ">=", limit = 5, critical = 0 }, 1), nil)
  t.eq(judge({ critical = false or nil }, "+Inf"), "fail", "infinity is past every limit")
end)

t.test("an unhealthy sample starts the hold again", function()
  local _, _, v, line = judge(nil, 1, 2, 12, 3, 4)
  t.eq(v.held, 10)
  t.eq(line, "4 < 10, held 10s of 1m")
  t.eq(select(4, judge(nil, 1, 2, 12)), "12 is not < 10, held 0s of 1m")
  t.eq(judge(nil, 12, 1, 1, 1, 1, 1, 1, 1), "pass", "it recovered in time")
end)

t.test("tolerated samples do not", function()
  t.eq(judge({ tolerate = 1 }, 1, 1, 12, 1, 1, 1, 1), "pass")
  t.eq(judge({ tolerate = 1 }, 1, 1, 12, 12, 1, 1, 1), nil)
  t.eq(judge({ tolerate = 1 }, 1, 1, 12, "none", 1, 1, 1), nil, "no data is not tolerated")
end)

t.test("never healthy fails at the end of the window", function()
  t.eq(judge(nil, 12, 13, 12, 13, 12, 13), nil)
  local verdict, why = judge(nil, 12, 13, 12, 13, 12, 13, 12)
  t.eq({ verdict, why }, { "fail", "never healthy in 1m, last 12 is not < 10" })
  t.eq(judge(nil, 12, "none", 12, "none", "none", "none", "none"), "fail")
end)

t.test("healthy now and then is inconclusive, and said so once it cannot pass any more", function()
  local list = {}
  for i = 1, 13 do list[i] = i % 2 == 0 and 12 or 1 end
  local verdict, why = judge(nil, table.unpack(list))
  t.eq(verdict, "inconclusive")
  t.has(why, "healthy in 7 of 13 samples, but not for 1m without a break")
  t.eq(judge(nil, table.unpack(list, 1, 7)), nil, "it may still pass")
  t.eq(judge(nil, 1, 1, 1, 1, 1, 1, 12, 1, 1, 1, 1, 1, 1, 1), "pass", "in the second half")
end)

t.test("no data is never a pass", function()
  local verdict, why = judge(nil, "none", "none", "none", "none", "none", "none", "none")
  t.eq({ verdict, why }, { "no data", "the query gave nothing for 1m" })
  t.eq(select(2, judge(nil, "nan", "nan", "nan", "nan", "nan", "nan", "nan")), "the query gave NaN for 1m")
  t.eq(judge({ hold = 0 }, "none"), "no data")
  t.eq(select(4, judge(nil, "none")), "no data, held 0s of 1m")
  local _, _, v = judge(nil, 1, 1, 1, "none", 1)
  t.eq(v.held, 0, "the hold starts again")
  t.eq(judge({ op = ">", limit = -1, critical = -2 }, "none", "none", "none", "none", "none", "none", "none"), "no data")
end)

t.test("several series are an error that names them", function()
  local verdict, why = judge(nil, 1, "several")
  t.eq({ verdict, why }, { "error", '2 series answer, one is needed: {a="1"}, {a="2"}' })
end)

t.test("failed queries are put up with, and not for ever", function()
  local _, _, between, line = judge(nil, 1, 1, "error", "error", 1, 1)
  t.eq({ between.held, between.watched, between.unwatched }, { 20, 20, 30 }, "what nobody saw neither adds nor breaks")
  t.eq(line, "1 < 10, held 20s of 1m (30s unwatched)")
  t.eq(judge(nil, 1, "error", "error", 1, 1, 1, 1), nil)
  t.eq(select(2, judge(nil, 1, "error", "error", 1, 1, 1, 1, 1, 1, 1)), "1 < 10 for 1m (30s unwatched)")
  t.eq(judge(nil, 1, 1, 1, 1, 1, "error", "error"), nil, "but not without a healthy sample at its end")
  t.eq(judge(nil, "error", "error", "error", "error"), nil)
  local verdict, why = judge(nil, 1, "error", "error", "error", "error", "error")
  t.eq({ verdict, why }, { "error", "5 queries in a row failed: connection refused" })
  t.eq(judge({ errors = 1 }, "error", "error"), "error")
  verdict, why = judge(nil, "bad")
  t.eq({ verdict, why }, { "error", "the query failed: parse error" })
end)

t.test("a hold goes on after the run was stopped, without the time in between", function()
  local verdict, _, v = judge(nil, 1, 1, 1, "resumed", 1, 1)
  t.eq({ verdict, v.held, v.watched }, { nil, 30, 30 })
  t.eq(judge(nil, 1, 1, 1, "resumed", 1, 1, 1, 1, 1), "pass")
  local spec = check()
  local gap = { { time = 0, value = 1 }, { time = 500, value = 1 }, { time = 505, value = 1 } }
  t.eq(verdicts.of(spec, gap).held, 5, "nor does any other silence")
  t.eq(verdicts.of(spec, { { time = 100, value = 1 }, { time = 50, value = 1 } }).held, 0, "nor a clock set back")
end)

t.test("grace: what is there at the start does not count", function()
  t.eq(verdicts.of(check { grace = 30 }, { { time = 0, missing = "NaN" } }).why, "NaN", "but it was seen")
  t.eq(verdicts.of(check { grace = 30 }, {}).why, "no sample yet")
  t.eq(judge({ grace = 30 }, 99, 99, 99, 1, 1, 1, 1, 1, 1), nil)
  t.eq(judge({ grace = 30 }, 99, 99, 99, 1, 1, 1, 1, 1, 1, 1), "pass")
  t.eq(judge({ grace = 30 }, 99, 99, 99, 99), "fail")
  t.eq(judge({ grace = 30 }, 1, 1, 1, 1, 1, 1, 1), nil, "healthy samples neither")
end)

t.test("without a hold one sample decides", function()
  t.eq(judge({ hold = 0 }, 1), "pass")
  t.eq(judge({ hold = 0 }, 12), "fail")
  t.eq(verdicts.of(check(), {}).why, "no sample yet")
end)

t.test("a silence of Prometheus is no watching, however late the answer comes", function()
  local spec = check { hold = 12, interval = 3 }
  local seen = { { time = 0, value = 1 }, { time = 3, value = 1 }, { time = 17.8, value = 1 } }
  local v = verdicts.of(spec, seen)
  t.eq({ v.verdict, v.held }, { nil, 3 })
  t.eq(verdicts.line(spec, v), "1 < 10, held 3s of 12s (15s unwatched)")
end)

t.test("what cannot be watched is not tried for ever", function()
  local every_other = {}
  for i = 1, 19 do every_other[i] = i % 2 == 0 and "error" or 1 end
  local verdict, why = judge(nil, table.unpack(every_other))
  t.eq({ verdict, why }, { "inconclusive", "nobody could watch for 3m, 0s was watched" })
  every_other[19] = nil
  t.eq(judge(nil, table.unpack(every_other)), nil)
end)

-- How the gates of a run that is under way stand: each in words, and all of them in a line.
local standings = require "almanac.report.standing"
local t = require "tests.harness"

local function node_of(seen, more)
  local node = { status = "running", started = 0, gate = seen }
  for field, value in pairs(more or {}) do node[field] = value end
  return node
end

local function said(seen, now_ms)
  local one = standings.of(node_of(seen), now_ms)
  return { one.is, one.text }
end

t.test("a gate that is watched is good, bad since when and why, not seen, or has only begun", function()
  local spec = { op = "<", limit = 5, interval = 10 }
  local function seen(more)
    for field, value in pairs(spec) do more[field] = more[field] or value end
    return more
  end
  t.eq(said(seen { value = 3, ok = true, sampled_ms = 1000 }, 2000), { "good", "healthy now" })
  t.eq(said(seen { value = 7, ok = false, bad_ms = 1000, sampled_ms = 9000 }, 10000), { "bad", "bad for 9s: 7 is not < 5" })
  t.eq(said(seen { missing = "no data", sampled_ms = 9000 }, 10000), { "unseen", "not seen: no data" })
  t.eq(said(seen {}, 5000), { "begun", "no sample yet" })
end)

t.test("silence is told, with why the last query failed; what was healthy before is not blamed", function()
  local healthy = { op = "<", limit = 5, interval = 1, value = 3, ok = true, sampled_ms = 1000 }
  t.eq(said(healthy, 61000), { "unseen", "without an answer for 1m" })
  healthy.error, healthy.failing_ms = "connection refused\nmore", 31000
  t.eq(said(healthy, 61000), { "unseen", "without an answer for 30s: connection refused" })
  local bad = { op = "<", limit = 5, interval = 1, value = 7, ok = false, bad_ms = 1000, sampled_ms = 1000 }
  t.eq(said(bad, 61000), { "bad", "bad for 1m, without an answer for 1m: 7 is not < 5" })
end)

t.test("a gate that is not watched now has no standing", function()
  t.eq(standings.of(node_of(nil), 0), nil)
  t.eq(standings.of(node_of({ value = 1 }, { status = "done" }), 0), nil)
end)

t.test("the summary counts what holds, and names the worst: of equals the first", function()
  local function gate(path, is, verdict) return { path = path, verdict = verdict, standing = is and { is = is, text = is .. "!" } } end
  local list = { gate("a", "good"), gate("b", "unseen"), gate("c", "bad"), gate("d", "bad"), gate("e", nil, "pass") }
  t.eq(standings.summary(list), "2 of 5 gates held; “c” is bad!")
  t.eq(standings.summary { gate("a", "good"), gate("e", nil, "pass") }, "2 of 2 gates held")
  t.eq(standings.summary { gate("a", "begun") }, "0 of 1 gates held")
  t.eq(standings.summary { gate("e", nil, "pass") }, nil, "none is watched now")
  local ranks = {}
  for i, one in ipairs { gate("x", nil, "fail"), list[3], list[2], list[1], list[5] } do ranks[i] = standings.rank(one) end
  for i = 2, #ranks do t.ok(ranks[i - 1] < ranks[i], "place " .. i) end
end)

-- Of what a step waits for, the journal gets some.
local progress = require "almanac.journal.progress"
local t = require "tests.harness"

local function event(path, text) return { kind = "progress", path = path, data = { text = text } } end

local function texts(events)
  local out = {}
  for i, one in ipairs(events) do out[i] = one.data.text end
  table.sort(out)
  return out
end

t.test("the first at once, then the last of every few seconds, of each step", function()
  local p = progress.new()
  t.eq({ p:take(event("a", "a1"), 0), p:take(event("b", "b1"), 1), p:take(event("a", "a2"), 2), p:take(event("a", "a3"), 3) },
    { true, true, false, false })
  t.eq(texts(p:due(4)), {})
  t.eq(texts(p:due(5)), { "a3" })
  t.eq(texts(p:due(20)), {}, "nothing new")
  t.eq(p:take(event("a", "a4"), 20), true)
end)

-- What is to be told of a run, and what was.
local notice = require "almanac.journal.notice"
local t = require "tests.harness"

local function fold(events)
  local notices = {}
  for i, one in ipairs(events) do
    one[2].id = one[2].id or "a"
    notice.fold(notices, { kind = "notice." .. one[1], data = one[2], time_ms = i })
  end
  return notices
end

local function states(events)
  local out = {}
  for i, one in ipairs(notice.open(fold(events))) do out[i] = one.id .. " " .. one.state end
  return out
end

t.test("it is open until it is sent or dropped", function()
  local due = { "due", { hook = "on_done", channel = "ops", text = "x" } }
  t.eq(states { due }, { "a due" })
  t.eq(states { due, { "begun", {} } }, { "a begun" })
  t.eq(states { due, { "begun", {} }, { "failed", { message = "down" } } }, { "a failed" })
  t.eq(states { due, { "begun", {} }, { "sent", {} } }, {})
  t.eq(states { due, { "begun", {} }, { "dropped", { message = "nobody knows" } } }, {})
end)

t.test("one that is due twice is one; what is not known is nothing", function()
  local due = { "due", { hook = "on_done", channel = "ops", text = "x" } }
  local notices = fold { due, { "begun", {} }, { "failed", { message = "down" } }, { "begun", {} }, due, { "sent", { id = "other" } } }
  t.eq(#notices, 1)
  t.eq(notices[1].state, "begun")
  t.eq(notices[1].time_ms, 1)
end)

t.test("their order is that in which they were due", function()
  local function due(id) return { "due", { id = id, hook = "on_fail", channel = "ops", text = id } } end
  t.eq(states { due "b", due "a", { "begun", { id = "b" } } }, { "b begun", "a due" })
end)

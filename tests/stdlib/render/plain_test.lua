-- Plain lines for a pipe: one for each thing that happens.
local plain = require "almanac.render.plain"
local t = require "tests.harness"

local function lines_of(events, run)
  local out = {}
  local renderer = plain.new(run or { replayed = function() return 0 end }, function(text) out[#out + 1] = text end)
  local noon = os.time { year = 2026, month = 11, day = 29, hour = 12 } * 1000
  for i, one in ipairs(events) do
    renderer:event { kind = one[1], path = one[2], data = one[3] or {}, time_ms = noon + i * 1000 }
  end
  for i, line in ipairs(out) do out[i] = line:gsub("^12:00:%d%d ", "") end
  return out
end

t.test("each line has its time of day", function()
  local out = {}
  local renderer = plain.new({ replayed = function() return 0 end }, function(text) out[#out + 1] = text end)
  local time_ms = os.time { year = 2026, month = 11, day = 29, hour = 6, min = 5, sec = 4 } * 1000 + 250
  renderer:event { kind = "step.start", path = "a", data = {}, time_ms = time_ms }
  renderer:event { kind = "output", path = "a/b", data = { text = "said" }, time_ms = time_ms + 900 }
  t.eq(out, { "06:05:04 ▶ a\n", "06:05:05   a/b | said\n" })
end)

t.test("a step's course, its effects and what was asked", function()
  t.eq(lines_of({
    { "step.start", "a" }, { "effect.intent", "a", { title = "do it" } }, { "effect.outcome", "a", { op = "x.y", ok = true } },
    { "note", "a", { text = "seen" } }, { "output", "a", { text = "red \27[31mink" } },
    { "step.retry", "a", { attempt = 1, message = "exit 1", delay = 2 } }, { "step.done", "a", { elapsed_ms = 1500 } },
    { "step.done", "s", { skipped = true } }, { "confirm.answered", "q", { answer = "no", by = "ann" } },
  }), {
    "▶ a\n", "→ a  do it\n", "· a  seen\n", "  a | red ink\n", "↻ a  attempt 1 failed: exit 1; again in 2s\n", "✓ a  1.5s\n",
    "∅ s  skipped\n", "· q  rejected by ann\n",
  })
end)

t.test("what failed and what was stopped differ", function()
  t.eq(lines_of({
    { "step.failed", "a", { kind = "command", message = "exit 1\nmore" } },
    { "step.interrupted", "b", { level = "pause", message = "paused by the operator" } },
    { "step.failed", "q", { kind = "waiting", message = "waiting for the operator: Go on?" } },
  }), { "✗ a  exit 1\n", "‖ b  paused by the operator\n", "? q  waiting for the operator: Go on?\n" })
end)

t.test("a wait says the same once; what was done before is counted once", function()
  t.eq(lines_of({
    { "progress", "a", { text = "1 of 3" } }, { "progress", "a", { text = "1 of 3" } }, { "progress", "a", { text = "2 of 3" } },
  }, { replayed = function() return 2 end }), { "✓ 2 steps were done before\n", "… a  1 of 3\n" })
end)

t.test("what came too soon behind the last is printed when it is time, unless the step is over by then", function()
  local out = {}
  local renderer = plain.new({ replayed = function() return 0 end }, function(text) out[#out + 1] = text:gsub("^%S+ ", "") end)
  local function tell(kind, path, data) renderer:event { kind = kind, path = path, data = data, time_ms = 0 } end
  for _, path in ipairs { "a", "b", "c" } do
    tell("progress", path, { text = "1 of 3" })
    tell("progress", path, { text = "waits for pod x" })
  end
  tell("step.done", "b", { elapsed_ms = 0 })
  tell("progress", "c", { text = "1 of 3" })
  local now = require("native.task").now()
  renderer:say_late(now + 4)
  t.eq(out, { "… a  1 of 3\n", "… b  1 of 3\n", "… c  1 of 3\n", "✓ b  0s\n" })
  renderer:say_late(now + 6)
  t.eq(out[5], "… a  waits for pod x\n")
  renderer:say_late(now + 60)
  t.eq(#out, 5)
end)

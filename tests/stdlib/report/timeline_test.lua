-- When what of a run went on: spans of steps and executions, from events alone.
local t = require "tests.harness"
local timelines = require "almanac.report.timeline"

local node = { path = "a" }

--- The spans of one step after these events, and the executions: { kind, data, at_ms } each.
local function after(events, is_running, now_ms)
  local timeline, last = timelines.new(), 0
  for _, one in ipairs(events) do
    local kind, data, at = table.unpack(one)
    local of_run = kind:find "^run%." ~= nil
    timeline:add({ kind = kind, path = of_run and "" or "a", data = data, time_ms = at }, not of_run and node or nil)
    last = at
  end
  timeline:close(is_running or false, now_ms or last)
  local out = {}
  for i, span in ipairs(timeline:spans(node)) do
    out[i] = string.format("%s %d-%d%s", span.kind, span.from_ms, span.to_ms, span.ended and " " .. span.ended or "")
  end
  return out, timeline.executions
end

t.test("a step works, watches or waits: its span is what it turns out to be", function()
  t.eq(after { { "run.start", {}, 0 }, { "step.start", {}, 10 }, { "step.done", {}, 20 } }, { "work 10-20" })
  t.eq(after { { "run.start", {}, 0 }, { "step.start", {}, 10 }, { "gate.start", {}, 11 }, { "step.done", {}, 20 } }, { "watch 10-20" })
  t.eq(after { { "run.start", {}, 0 }, { "step.start", {}, 10 }, { "sleep.until", {}, 11 }, { "step.done", {}, 20 } }, { "wait 10-20" })
end)

t.test("a try that failed, the delay behind it, and the next one; a delay that was cut short ends there", function()
  local events = { { "run.start", {}, 0 }, { "step.start", {}, 10 }, { "step.retry", { delay = 1 }, 20 } }
  t.eq(after { events[1], events[2], events[3], { "step.done", {}, 1030 } }, { "work 10-20 failed", "retry 20-1020", "work 1020-1030" })
  t.eq(after { events[1], events[2], events[3], { "step.interrupted", {}, 500 } }, { "work 10-20 failed", "retry 20-500" })
end)

t.test("a question outlives the process that asked; who is asked at the terminal does not work meanwhile", function()
  t.eq(after { { "run.start", {}, 0 }, { "step.start", {}, 10 }, { "confirm.asked", {}, 12 }, { "run.end", { status = "waiting" }, 13 },
    { "run.resume", {}, 50 }, { "confirm.answered", {}, 40 } }, { "work 10-12", "approval 12-40" })
  t.eq(after { { "run.start", {}, 0 }, { "step.start", {}, 10 }, { "question.put", {}, 12 }, { "question.over", {}, 15 },
    { "step.done", {}, 20 } }, { "work 10-12", "approval 12-15", "work 15-20" })
end)

t.test("a process that left no end was killed when it was last heard of; one that goes on is running until now", function()
  local spans, executions = after { { "run.start", {}, 0 }, { "step.start", {}, 10 }, { "note", {}, 15 }, { "run.resume", {}, 90 },
    { "run.end", { status = "done" }, 95 } }
  t.eq(spans, { "work 10-15 killed" })
  t.eq({ executions[1].ended, executions[1].ended_ms, executions[2].ended, executions[2].ended_ms }, { "killed", 15, "done", 95 })
  spans, executions = after({ { "run.start", {}, 0 }, { "step.start", {}, 10 } }, true, 77)
  t.eq({ spans, executions[1].ended, executions[1].ended_ms }, { { "work 10-77 running" }, "running", 77 })
end)

t.test("an execution says whether its script is another one than before; the end that a rollback writes is none of its own", function()
  local _, executions = after { { "run.start", { digest = "a" }, 0 }, { "run.end", { status = "failed" }, 5 },
    { "run.resume", { digest = "b" }, 10 }, { "run.end", { status = "done" }, 20 }, { "run.end", { status = "undone", by = "x" }, 99 } }
  t.eq({ #executions, executions[1].edited, executions[2].edited, executions[2].ended, executions[2].ended_ms },
    { 2, nil, true, "done", 20 })
end)

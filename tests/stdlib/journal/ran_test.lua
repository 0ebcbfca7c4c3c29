-- How long processes have run a run, by its turns.
local json = require "native.json"
local ran = require "almanac.journal.ran"
local t = require "tests.harness"

--- A journal with these events: { seconds, kind, data? }.
local function journal_of(events)
  return {
    events = function(_, _, after, wanted)
      local i = after
      return function()
        repeat i = i + 1 until not events[i] or not wanted or events[i][2]:find("^run%.")
        local one = events[i]
        if one then return i, one[1] * 1000, one[2], "", json.encode(one[3] or {}) end
      end
    end,
  }
end

local function seconds(events) return ran.of(journal_of(events), "r").ms / 1000 end

local START, STEP = { 10, "run.start" }, { 15, "step.start" }

t.test("the time between two executions is none that it took", function()
  local ended = { 20, "run.end", { status = "failed", ran_ms = 10000, error = { message = "no" } } }
  t.eq(seconds { START, STEP, ended }, 10.0)
  t.eq(ran.of(journal_of { START, STEP, ended, { 99, "step.undone" } }, "r").error, { message = "no" })
  t.eq(seconds { START, ended, { 100, "run.resume", { ran_ms = 10000 } }, { 103, "step.done" } }, 13.0, "killed since")
  t.eq(seconds {}, 0.0)
end)

t.test("of a run that was killed counts what its process did, and not what others wrote into it", function()
  t.eq(seconds { START, STEP, { 99, "step.undone" }, { 99, "step.left" }, { 100, "run.abandoned", { reason = "r", by = "b" } } }, 5.0)
end)

t.test("an older almanac counted nothing: all time since it began counts", function()
  t.eq(seconds { START, { 20, "run.end", { status = "failed" } }, { 50, "run.resume" }, { 53, "step.start" } }, 43.0)
end)

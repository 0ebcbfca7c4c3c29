-- How long processes have run a run, by its turns.
local json = require "native.json"
local ran = require "almanac.journal.ran"
local replays = require "almanac.journal.replay"
local t = require "tests.harness"

--- What a run came to that has these events: { seconds, kind, data? }.
local function ran_of(list)
  local journal, replay = {}, replays.new()
  function journal.events(_, _, after)
    local i = after
    return function()
      i = i + 1
      local one = list[i]
      if one then return i, one[1] * 1000, one[2], "", json.encode(one[3] or {}) end
    end
  end
  function journal.run() return { created_ms = list[1][1] * 1000 } end
  for i, one in ipairs(list) do
    if one[2]:find "^run%." then replay:add { seq = i, time_ms = one[1] * 1000, kind = one[2], path = "", data = one[3] or {} } end
  end
  return ran.of(journal, "r", replay.turn)
end

local function seconds(list) return ran_of(list).ms / 1000 end

local START, STEP = { 10, "run.start" }, { 15, "step.start" }

t.test("the time between two executions is none that it took", function()
  local ended = { 20, "run.end", { status = "failed", ran_ms = 10000, error = { message = "no" } } }
  t.eq(seconds { START, STEP, ended }, 10.0)
  t.eq(ran_of({ START, STEP, ended, { 99, "step.undone" } }).error, { message = "no" })
  t.eq(seconds { START, ended, { 100, "run.resume", { ran_ms = 10000 } }, { 103, "step.done" } }, 13.0, "killed since")
  t.eq(seconds {}, 0.0)
end)

t.test("of a run that was killed counts what its process did, and not what others wrote into it", function()
  t.eq(seconds { START, STEP, { 99, "step.undone" }, { 99, "step.left" }, { 100, "run.abandoned", { reason = "r", by = "b" } } }, 5.0)
  for _, kind in ipairs { "step.redo", "step.renamed", "step.distinct", "cluster" } do
    t.eq(seconds { START, STEP, { 99, kind } }, 5.0, kind .. ", before a resume begins")
  end
end)

t.test("an older almanac counted nothing: all time since it began counts", function()
  t.eq(seconds { START, { 20, "run.end", { status = "failed" } }, { 50, "run.resume" }, { 53, "step.start" } }, 43.0)
end)

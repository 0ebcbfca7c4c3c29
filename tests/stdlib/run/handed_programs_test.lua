-- Programs that a script hands on are started in the previews of the run whose plan said so, and of no other one.
local handed_programs = require "almanac.run.handed_programs"
local t = require "tests.harness"
local task = require "native.task"

local function in_run(run) return task.with({ context = { run = run } }, handed_programs.are_previewed) end

t.test("it belongs to the run, and to those that it makes", function()
  local reviewed = { starts_in_previews = true }
  t.eq(in_run(reviewed), true)
  t.eq(in_run { caller = { caller = reviewed } }, true)
  t.eq(in_run {}, false, "the next run of the process")
  t.eq(handed_programs.are_previewed(), false, "no run")
end)

t.test("a stage belongs to the operator of the run that is made on it", function()
  local function withheld_by(run) return task.with({ context = { run = run } }, handed_programs.withheld_by) end
  local on_stage = { operator = { stage = "a rehearsal" }, starts_in_previews = true }
  t.eq(withheld_by(on_stage), "a rehearsal")
  t.eq(in_run(on_stage), false, "whatever its plan said")
  t.eq(withheld_by { operator = {} }, "a plan", "another run of the process is on none; in no step it only looks")
end)

-- Journals that an older version made are read, resumed and rolled back.
local fs = require "native.fs"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local FIXTURE = "tests/fixtures/journals/0.1.0"

--- A project as version 0.1.0 left it: paused in a sleep, the pause journalled as step.failed.
local function left_by_0_1_0()
  local p = project.new { switch = t.read_file(FIXTURE .. "/runbooks/switch.lua") }
  fs.mkdir(p.dir .. "/.almanac")
  t.write_file(p.dir .. "/.almanac/journal.db", t.read_file(FIXTURE .. "/journal.db"))
  return p
end

t.test("what it says is shown: the step is paused, not failed", function()
  local p = left_by_0_1_0()
  local code, out, err = p:run { "status", "--json" }
  t.eq(code, 0, err)
  local state = json.decode(out)
  local by_name = {}
  for _, node in ipairs(state.steps) do by_name[node.name] = node.status end
  t.eq(by_name, { look = "done", switch = "done", both = "done", settle = "paused" })
  t.eq(state.status, "paused")
  out = select(2, p:run { "status" })
  t.has(out, "‖ settle")
  code, out = p:run { "log", "--verify" }
  t.eq(code, 0, out)
  out = select(2, p:run { "log" })
  t.has(out, "step.failed", "the record itself is as it was written")
end)

t.test("it is resumed: what was done is not done again, and nothing is called edited", function()
  local p = left_by_0_1_0()
  local code, _, err = p:run { "resume" }
  t.eq(code, 3, err)
  t.lacks(err, "edited")
  t.lacks(err, "switch on")
  t.has(err, "settle                                   next")
  t.has(err, "waiting for the operator: Is it bright?")
  t.eq((p:run { "approve", p:newest() }), 0)
  code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.has(err, "lamp has 40 W")
  local _, out = p:run { "log" }
  t.eq(select(2, out:gsub("effect%.intent", "")), 1, "the effect took place once, in the older version")
end)

t.test("it is rolled back", function()
  local p = left_by_0_1_0()
  local code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  t.has(err, "takes back switch on")
  t.has(err, "the switch is off again")
  code, _, err = p:run { "resume", "switch-" }
  t.eq(code, 2, err)
end)

t.test("what became of it is reported in every form", function()
  local p = left_by_0_1_0()
  for form, part in pairs { html = "paused", md = "paused", xml = "<testsuites", json = '"status": "paused"' } do
    local code, out, err = p:run { "report", "--format", form }
    t.eq(code, 0, err)
    t.has(out, part)
  end
  local code, out, err = p:run { "runs" }
  t.eq(code, 0, err)
  t.has(out, "paused")
end)

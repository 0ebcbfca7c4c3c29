-- The ground of a planned effect: what a run changed itself excuses another state, and nothing that is made.
local grounds = require "almanac.run.plan.ground"
local t = require "tests.harness"

local WEB = { ref = "web", object = { version = 1 } }
local RENDERED = { ref = "web as it is rendered", object = { image = "v1" }, is_made = true }

local function copy(item, fields)
  local out = {}
  for key, value in pairs(item) do out[key] = value end
  for key, value in pairs(fields) do out[key] = value end
  return out
end

t.test("another state is excused by the run's own change, another rendering never", function()
  local other, rendered = copy(WEB, { object = { version = 2 } }), copy(RENDERED, { object = { image = "v2" } })
  local own = { web = "whole", [RENDERED.ref] = "whole" }
  t.has(grounds.deviation({ WEB }, { other }, {}), "web has changed since the plan was made: .version")
  t.eq(grounds.deviation({ WEB }, { other }, own), nil)
  for _, touched in ipairs { {}, own } do
    local message, hints = grounds.deviation({ WEB, RENDERED }, { WEB, rendered }, touched)
    t.has(message, "web as it is rendered has changed since the plan was made: .image")
    t.eq(hints, { 'planned on: "v1"', 'now:        "v2"' })
  end
end)

t.test("what was made by an earlier try and is not made again is excused; otherwise it is missed", function()
  t.has(grounds.deviation({ RENDERED }, {}, {}), "web as it is rendered has changed")
  t.eq(grounds.deviation({ RENDERED }, {}, { [RENDERED.ref] = "whole" }), nil)
end)

t.test("an object that is not planned is refused beside the run's own ones, and so is all on a ground of nothing", function()
  local door = { ref = "door" }
  t.eq(grounds.deviation({ WEB }, { WEB, door }, { web = "whole" }), "door is not in the plan")
  t.eq(grounds.deviation({}, { door }, {}), "door is not in the plan")
  t.eq(grounds.deviation({ WEB }, { WEB, door }, { door = "whole" }), nil, "one that the run made itself")
  t.eq(grounds.deviation({ WEB }, { WEB, { ref = "door: lock", of = "door" } }, { door = "part" }), nil)
  t.eq(grounds.deviation({ WEB }, { WEB, RENDERED }, { [RENDERED.ref] = "whole" }), RENDERED.ref .. " is not in the plan")
  t.eq(grounds.deviation({ WEB }, { WEB, copy(RENDERED, { of = "web" }) }, {}), nil, "a plan of before had it within its object")
  t.eq(grounds.deviation({ WEB }, { WEB, { ref = "chart", is_read = true } }, {}), nil, "it changes nothing there")
end)

t.test("what is read stays bound, and is nobody's own", function()
  local chart, touched = { ref = "chart", digest = "1", is_read = true }, {}
  grounds.touch(touched, { chart, WEB, { ref = "door: lock", of = "door" } })
  t.eq(touched, { web = "whole", ["door: lock"] = "whole", door = "part" })
  t.has(grounds.deviation({ chart }, { copy(chart, { digest = "2" }) }, touched), "chart has changed")
end)

t.test("in another store a secret's fingerprint says nothing, and all the rest does", function()
  local planned, now = { ref = "s", digest = "keyed:1" }, { ref = "s", digest = "keyed:2" }
  t.has(grounds.deviation({ planned }, { now }, {}), "s has changed")
  t.eq(grounds.deviation({ planned }, { now }, {}, true), nil)
  t.has(grounds.deviation({ planned }, {}, {}, true), "s has changed")
end)

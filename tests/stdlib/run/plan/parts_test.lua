-- The parts of an own effect are held to the plan that foresaw them.
local parts = require "almanac.run.plan.parts"
local t = require "tests.harness"

local function never() return false end

local function fits(part, call) return part.digest == call.digest end

--- The refusal of a call that the effect own.set makes in the step "set".
local function refused(planned, call, within)
  local plan = { effects = { { path = "set", ordinal = "0", op = "own.set", makes = planned.makes, makes_more = planned.makes_more,
    open_ends = planned.open_ends } } }
  local run = { definitions = {}, effects = planned.made or {}, replay = { effects_newest_first = function() return {} end } }
  call.definition = { allow = { category = "flags", of = function(input) return { { category = "flags", names = { input } } } end } }
  local frame = { path = "set", within = within, run = run }
  local part, why = parts.find(plan, frame, call, function(one) return (planned.fits or fits)(one, call) end)
  t.ok(not (part and why))
  return why, part
end

t.test("what the plan foresaw with that input may be made, and nothing else", function()
  local planned = { makes = { { op = "own.flag", digest = "d1", ordinal = "0.1" } } }
  local why, part = refused(planned, { name = "own.flag", digest = "d1", key = "0.1", input = "x" }, "own.set")
  t.eq({ why, part.ordinal }, { nil, "0.1" })
  t.eq(refused(planned, { name = "own.flag", digest = "d1", key = "0.1", input = "x" }, "own.set"), nil)
  t.has(refused(planned, { name = "own.flag", digest = "d2", key = "0.1", input = "x" }, "own.set"),
    "which own.set makes, is not in the plan")
  t.has(refused(planned, { name = "own.other", digest = "d1", key = "0.1", input = "x" }, "own.set"), "not in the plan")
  t.has(refused(planned, { name = "own.flag", digest = "d1", key = "0.2", input = "x" }, "own.set"), "not in the plan", "a second time")
  planned.fits = never
  t.has(refused(planned, { name = "own.flag", digest = "d1", key = "0.1", input = "x" }, "own.set"), "not in the plan")
end)

t.test("a recovery may make any of the parts once more, and so may one of a plan without their numbers", function()
  local call = { name = "own.flag", digest = "d1", key = "0.1000", input = "x" }
  t.eq(refused({ makes = { { op = "own.flag", digest = "d1", ordinal = "0.1" } } }, call, "own.set"), nil)
  call.key = "0.5"
  t.eq(refused({ makes = { { op = "own.flag", digest = "d1" } } }, call, "own.set"), nil)
  call.digest = "d2"
  t.has(refused({ makes = { { op = "own.flag", digest = "d1" } } }, call, "own.set"), "not in the plan")
end)

t.test("a plan that says that it does not know refuses nothing here, nor what is no part", function()
  local call = { name = "own.flag", digest = "d2", key = "0.1", input = "x" }
  t.eq(refused({ makes = {}, makes_more = true }, call, "own.set"), nil)
  t.eq(refused({}, call, "own.set"), nil, "nobody asked what it makes")
  t.eq(refused({ makes = {} }, call, nil), nil)
  call.key = "7.1"
  t.eq(refused({ makes = {} }, call, "own.set"), nil, "another effect of the step, which the plan has not")
end)

t.test("behind the end of what could be followed all is open, when what is listed before it was made", function()
  local listed = { { op = "own.flag", digest = "d1", ordinal = "0.0" }, { op = "own.flag", digest = "d1", ordinal = "0.0.9" },
    { op = "own.flag", digest = "d1", ordinal = "0.1" } }
  local made = { ["set#0.0"] = {}, ["set#0.0.9"] = {} }
  local function try(key, ends, begun)
    return refused({ makes = listed, makes_more = true, open_ends = ends, made = begun or made },
      { name = "own.flag", digest = "d2", key = key, input = "x" }, "own.set")
  end
  t.eq(try("0.0.10", { "0.0" }), nil)
  t.eq(try("0.0.1000", { "0.0" }), nil, "its recovery")
  t.has(try("0.0.10", { "0" }), "not in the plan", "of what was followed to its end")
  t.has(try("0.0.10", { "0.0" }, { ["set#0.0"] = {} }), "not in the plan", "one before it was left out")
  t.has(try("0.0.8", { "0.0" }), "not in the plan", "one that comes later is listed")
  t.has(try("0.0.9", { "0.0" }), "not in the plan", "it is listed itself")
  t.eq(try("0.0.10", nil), nil, "a plan of a version that did not say which end is open")
end)

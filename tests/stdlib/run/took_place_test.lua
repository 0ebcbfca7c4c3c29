-- Whether an effect without a good outcome took place: what its definition and its parts tell, and when nobody can.
local definitions = require "almanac.run.definitions"
local execute = require "almanac.run.mode.execute"
local runs = require "almanac.journal.run"
local secret = require "almanac.base.secret"
local step = require "almanac.run.step"
local t = require "tests.harness"
local task = require "native.task"
local took_place = require "almanac.run.took_place"

definitions.define("tooktest.set", { apply = function() end })

--- An effect that was begun, and did not end well.
local function doubt(definition, known, parts)
  known = known or {}
  known.intent = { op = "own.set", id = "e", ordinal = "0", input = { name = "x" }, before = known.before }
  return { known = known, definition = definition, parts = parts or {} }
end

local function done(op) return { known = { intent = { op = op or "own.set" }, outcome = { ok = true } }, parts = {} } end

--- Asked in a step of a rollback.
local function asked(fn, ...)
  local run, words, said = runs.unrecorded({}, execute), table.pack(...), nil
  task.with({ context = { run = run } }, step.run, "undo", {}, function()
    said = table.pack(fn(step.current(), "r", table.unpack(words, 1, words.n)))
  end)
  return said
end

local function of(...) return asked(took_place.of, ...)[1] end

t.test("what recover says counts, and its result is handed on", function()
  local said = asked(took_place.of, doubt { recover = function() return "done", 7 end })
  t.eq({ said[1], said[2] }, { "yes", 7 })
  t.eq(of(doubt { recover = function() return "not_done" end }), "no")
  local tried_twice = doubt({ recover = function() return "not_done" end }, { first = { before = 1 } })
  t.eq(of(tried_twice), "no", "an own effect did nothing but its parts, at any try")
  tried_twice.known.intent.op = "tooktest.set"
  t.eq(of(tried_twice), "unknown", "an earlier try of one of the library may have")
  t.eq(of(doubt { recover = function(_, ctx) return ctx.is_undone and "done" or "not_done" end }), "yes", "it is told what it is asked for")
end)

t.test("what observe saw before is compared with how it is now", function()
  local function observed(now) return { observe = function() return now end } end
  t.eq(of(doubt(observed { at = 1 }, { before = { at = 1 } })), "no")
  t.eq(of(doubt(observed { at = 2 }, { before = { at = 1 } })), "yes")
  t.eq(of(doubt(observed { pin = secret.new("pin", "1234") }, { before = { pin = "(secret pin)" } })), "no", "as the journal keeps it")
  local stopped = doubt({ observe = function() error({ kind = "cancelled", message = "stop" }, 0) end }, { before = 1 })
  t.eq(t.raises("cancelled", of, stopped).message, "stop")
  t.eq(of(doubt({ observe = function() error "no way there" end }, { before = 1, outcome = { error = { refused = true } } })), "no",
    "where it cannot be seen, a refusal says it")
end)

t.test("an own effect can have done nothing but its parts", function()
  t.eq(of(doubt({}, nil, {})), "no")
  t.eq(of(doubt({}, nil, { done() })), "yes")
  t.eq(of(doubt({}, nil, { doubt { recover = function() return "unknown" end }, done() })), "yes")
  local unsure = doubt { goes_on = false, recover = function() return "unknown" end }
  unsure.known.intent.op = "own.part"
  t.eq(of(doubt({ recover = function() return "unknown" end }, nil, { unsure })), "no", "nor its parts: they have none")
end)

t.test("one that nobody knows any more, and one that keeps a record of its own", function()
  t.eq(of(doubt(nil)), "unknown")
  t.eq(of(doubt(nil, nil, { done() })), "yes")
  t.eq(of(doubt { goes_on = true }), "yes")
end)

t.test("of several the first that did counts, and else the one that cannot be told", function()
  local unknown = doubt(nil)
  local said = asked(took_place.any, { doubt {}, unknown, doubt { recover = function() return "done", "r" end } })
  t.eq({ said[1], said[2] }, { "yes", "r" })
  said = asked(took_place.any, { doubt {}, unknown })
  t.eq(said[1], "unknown")
  t.ok(said[3] == unknown)
  t.eq(asked(took_place.any, { doubt {} })[1], "no")
end)

t.test("what is known without asking", function()
  t.eq({ took_place.is_sure(done().known), took_place.is_sure(doubt().known) }, { true, false })
  t.eq(took_place.is_surely_not { outcome = { error = { refused = true } } }, true)
  t.eq(took_place.is_surely_not { surely_not = true, first = {} }, false, "an earlier try may have taken place")
  t.eq(took_place.is_surely_not { outcome = { error = {} } }, false)
  t.eq({ took_place.is_surely_not { surely_not = true }, took_place.is_surely_not {} }, { true, false })
end)

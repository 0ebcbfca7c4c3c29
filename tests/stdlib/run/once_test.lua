-- An effect happens once: what is in the journal before and behind it, and what is done with what a stopped run left.
local definitions = require "almanac.run.definitions"
local effect = require "almanac.run.effect"
local execute = require "almanac.run.mode.execute"
local halt = require "almanac.base.halt"
local operators = require "almanac.run.operator"
local step = require "almanac.run.step"
local t = require "tests.harness"
local task = require "native.task"
local walked = require "tests.walked"

local world = {} -- what oncetest.set does and says

definitions.define("oncetest.set", {
  observe = function() return world.before end,
  apply = function(_, ctx)
    world.applied[#world.applied + 1] = ctx.id
    world.seen = ctx
    if world.fails then error(world.fails, 0) end
    return { set = #world.applied }
  end,
  recover = function() return world.recover, world.recovered end,
  title = function(input) return "set " .. input.name end,
})

local INTENT = { "effect.intent", "a", { op = "oncetest.set", id = "e1", ordinal = "0", tries = 1, digest = "", before = "old",
  input = { name = "x" }, title = "set x" } }

local function digest_of(name)
  return require("native.digest").sha256(require("native.json").encode({ name = name }, { canonical = true }))
end

local function outcome(data)
  data.op, data.id, data.ordinal, data.digest = "oncetest.set", "e1", "0", data.digest or digest_of "x"
  return { "effect.outcome", "a", data }
end

local function how_failed(data)
  return (data.ok == false and " failed" or "") .. (data.error and data.error.refused and ", refused" or "")
end

--- Performs it in the step "a" of a run that left these events; what came of it, and the events that were added.
local function perform(events, given)
  world = { applied = {}, before = "now" }
  for name, value in pairs(given or {}) do world[name] = value end
  INTENT[3].digest = digest_of "x"
  local run, added = walked.load(events, execute), {}
  run.operator = operators.new { no_ask = true, in_doubt = world.in_doubt }
  run:observe(function(event)
    if event.kind:find "^effect%." then added[#added + 1] = event.kind .. how_failed(event.data) end
  end)
  local ok, result = t.pcall(task.with, { context = { run = run } }, step.run, "a", {}, function()
    return effect.perform("oncetest.set", { name = "x" })
  end)
  return { ok = ok, result = ok and result or nil, err = not ok and result or nil, applied = #world.applied, added = added }
end

t.test("the intent is in the journal before the world is touched, the outcome behind it", function()
  local got = perform {}
  t.eq({ got.result, got.added }, { { set = 1 }, { "effect.intent", "effect.outcome" } })
  t.eq({ world.seen.before, world.seen.undo_to, world.seen.id == world.applied[1], #world.seen.id }, { "now", "now", true, 16 })
end)

t.test("what was done gives its result, and is not done again", function()
  local got = perform { INTENT, outcome { ok = true, result = { set = 7 } } }
  t.eq({ got.result, got.applied, got.added }, { { set = 7 }, 0, { "effect.replayed" } })
end)

t.test("with another input than it took place with it is refused, with both", function()
  local got = perform { INTENT, outcome { ok = true, result = 1, digest = "another" } }
  t.eq({ got.err.kind, got.applied }, { "mismatch", 0 })
  t.has(got.err.hint, '--redo "a"')
end)

t.test("an intent without an outcome is looked for: done is not done again, not done is", function()
  local got = perform({ INTENT }, { recover = "done", recovered = { set = 3 } })
  t.eq({ got.result, got.applied, got.added }, { { set = 3 }, 0, { "effect.recovered", "effect.outcome" } })
  for _, said in ipairs { "not_done", "again" } do
    got = perform({ INTENT }, { recover = said })
    t.eq({ got.ok, got.applied }, { true, 1 }, said)
  end
  t.eq({ world.seen.before, world.seen.undo_to }, { "now", "old" }, "the first try may have changed something: undo goes back behind it")
  perform({ INTENT }, { recover = "not_done" })
  t.eq(world.seen.undo_to, "now", "it surely did not")
end)

t.test("what nobody can tell is asked, and never guessed", function()
  for _, said in ipairs { "unknown", "dunno" } do
    local got = perform({ INTENT }, { recover = said, recovered = "the log is gone" })
    t.eq({ got.err.kind, halt.is(got.err), got.applied }, { "in_doubt", true, 0 })
    t.has(got.err.message, said == "unknown" and "set x (effect e1) was begun and nobody can tell whether it took place: the log is gone"
      or 'recover of oncetest.set gave "dunno"')
  end
  t.eq(perform({ INTENT }, { recover = "unknown", in_doubt = "redo" }).applied, 1)
  local done = perform({ INTENT }, { recover = "unknown", in_doubt = "done" })
  t.eq({ done.ok, done.applied }, { true, 0 })
  t.eq(perform({ INTENT }, { recover = "unknown", in_doubt = "abort" }).err.kind, "cancelled")
end)

t.test("a failure is an outcome where nothing can have happened, and a doubt where it may have", function()
  local got = perform({}, { fails = { kind = "http", status = 403, message = "no" } })
  t.eq({ got.err.kind, got.added }, { "http", { "effect.intent", "effect.outcome failed, refused" } })
  for _, err in ipairs { { kind = "api", status = 422 }, { kind = "auth" }, { kind = "usage" }, { kind = "network", in_doubt = false } } do
    err.message = "no"
    t.eq(perform({}, { fails = err }).added[2], "effect.outcome failed, refused", err.kind)
  end
  for _, err in ipairs { { kind = "api", status = 500 }, { kind = "command", in_doubt = false }, { kind = "gate" } } do
    err.message = "no"
    t.eq(perform({}, { fails = err }).added[2], "effect.outcome failed", err.kind .. " may have done something")
  end
  for _, err in ipairs { { kind = "timeout" }, { kind = "cancelled" }, { kind = "http", status = 200 }, { kind = "protocol" },
    { kind = "command", in_doubt = true } } do
    err.message = "cut"
    t.eq(perform({}, { fails = err }).added, { "effect.intent", "effect.in_doubt" }, err.kind)
  end
  t.eq(perform({}, { fails = { kind = "timeout", message = "cut", in_doubt = false } }).added[2], "effect.outcome failed, refused",
    "the effect knows better")
end)

t.test("one that failed is tried again under another id", function()
  local got = perform { INTENT, outcome { ok = false, error = { kind = "command", message = "exit 1" } } }
  t.eq({ got.ok, got.applied }, { true, 1 })
  t.ok(world.seen.id ~= "e1")
end)

t.test("what allow does not name is not begun", function()
  local definition = definitions.find "oncetest.set"
  definition.allow = { category = "flags", of = function(input) return input.name end }
  world = { applied = {} }
  local run = walked.load({}, execute)
  run.allow = { flags = { "y" } }
  local err = t.raises("refused", task.with, { context = { run = run } }, step.run, "a", {}, function()
    return effect.perform("oncetest.set", { name = "x" })
  end)
  definition.allow = nil
  t.has(err.message, 'may not touch flags "x"')
  t.eq({ #world.applied, run.effects["a#0"] }, { 0 })
end)

local REDO = { "step.redo", "a", { operator = "me" } }

t.test("a redo is another try with an id of its own; one whose end nobody saw keeps its id", function()
  local function ids(...)
    perform({ ... }, { recover = "not_done" })
    return world.applied
  end
  local first, again = ids()[1], ids(INTENT, outcome { ok = true }, REDO)[1]
  t.ok(first ~= again)
  local second = { "effect.intent", "a", {} }
  for name, value in pairs(INTENT[3]) do second[3][name] = value end
  second[3].id, second[3].tries = "e2", 2
  local ended = outcome { ok = true }
  ended[3].id = "e2"
  t.ok(ids(INTENT, outcome { ok = true }, REDO, second, ended, REDO)[1] ~= again)
  t.eq(ids(INTENT, outcome { ok = true }, REDO, REDO)[1], again, "it was not made in between")
  t.eq(ids(INTENT, outcome { ok = true }, REDO, second)[1], again, "killed in it")
  t.eq(ids(INTENT)[1], first, "killed in it")
  t.eq(ids(INTENT, REDO)[1], first)
end)

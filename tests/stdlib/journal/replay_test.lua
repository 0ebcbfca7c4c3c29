-- The fold: what a replay needs of a run, from the journal and from the run as it goes on.
local event = require "almanac.journal.event"
local json = require "native.json"
local known_effects = require "almanac.journal.known_effects"
local replays = require "almanac.journal.replay"
local t = require "tests.harness"

--- Both ways into a fold: events read back from a journal, and events added one by one.
local function both_ways(events, check)
  local live = replays.new()
  local journal <close> = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  journal:create { id = "r", runbook = "r", meta = "{}" }
  for i, one in ipairs(events) do
    local kind, path, data = one[1], one[2], one[3] or {}
    event.declared(kind, data)
    journal:append("r", kind, path, json.encode(data), false)
    live:add { kind = kind, path = path, data = data, time_ms = i, seq = i }
  end
  check(live, "live")
  check(replays.load(journal, "r"), "loaded")
end

local function intent(id, ordinal) return { op = "x.y", id = id, ordinal = ordinal or "0", tries = 1 } end
local function outcome(id, ordinal) return { op = "x.y", id = id, ordinal = ordinal or "0", ok = true } end

t.test("an effect is known by its intent, and settled by the outcome of the same try", function()
  both_ways({
    { "effect.intent", "a", intent "1" }, { "effect.outcome", "a", outcome "1" },
    { "effect.intent", "b", intent "2" }, { "effect.outcome", "b", outcome "of another try" },
  }, function(replay, how)
    t.eq(replay.effects["a#0"].outcome.ok, true, how)
    t.eq(replay.effects["b#0"].outcome, nil, how)
    local paths = {}
    for i, known in ipairs(replay:effects_newest_first()) do paths[i] = known.path end
    t.eq(paths, { "b", "a" }, how)
  end)
end)

local function seen(id, before, more)
  local data = intent(id)
  data.digest, data.before = more or "same", before
  return data
end

local function recovered(id, state, sure)
  return { op = "x.y", id = id, ordinal = "0", state = state, sure = sure }
end

local function failed(id, refused)
  return { op = "x.y", id = id, ordinal = "0", ok = false, error = { kind = "io", message = "no", refused = refused } }
end

t.test("an undo goes back to what the first try saw that may have changed something", function()
  local twice = {
    { "a killed try", {}, 3 },
    { "made again", { { "effect.recovered", "a", recovered("1", "again") } }, 3 },
    { "by an almanac of before", { { "effect.recovered", "a", recovered("1", "not_done") } }, 3 },
    { "surely not done", { { "effect.recovered", "a", recovered("1", "not_done", true) } }, 4 },
    { "failed", { { "effect.outcome", "a", failed "1" } }, 3 },
    { "refused", { { "effect.outcome", "a", failed("1", true) } }, 4 },
    { "redone", { { "effect.outcome", "a", outcome "1" }, { "step.redo", "a" } }, 3 },
    { "taken back", { { "effect.outcome", "a", outcome "1" }, { "step.undone", "a", { by = "r" } } }, 4 },
    { "redone and taken back", { { "effect.outcome", "a", outcome "1" }, { "step.redo", "a" },
      { "step.undone", "a", { by = "r" } } }, 4 },
  }
  for _, one in ipairs(twice) do
    local events = { { "effect.intent", "a", seen("1", 3) } }
    table.move(one[2], 1, #one[2], 2, events)
    events[#events + 1] = { "effect.intent", "a", seen("2", 4) }
    both_ways(events, function(replay, how)
      t.eq(known_effects.undo_to(replay.effects["a#0"]), one[3], one[1] .. ", " .. how)
    end)
  end
  both_ways({
    { "effect.intent", "a", seen("1", 3) }, { "effect.recovered", "a", recovered("1", "again") },
    { "effect.intent", "a", seen("2", 4) }, { "effect.recovered", "a", recovered("2", "not_done", true) },
    { "effect.intent", "a", seen("3", 5) },
  }, function(replay, how) t.eq(known_effects.undo_to(replay.effects["a#0"]), 3, how) end)
  both_ways({ { "effect.intent", "a", seen("1", 3) }, { "effect.intent", "a", seen("2", 4, "another input") } },
    function(replay, how) t.eq(known_effects.undo_to(replay.effects["a#0"]), 4, how) end)
  both_ways({
    { "effect.intent", "a", seen("1", 3) }, { "effect.outcome", "a", outcome "1" }, { "step.redo", "a" },
    { "step.renamed", "b", { from = "a" } }, { "effect.intent", "b", seen("2", 4) },
  }, function(replay, how) t.eq(known_effects.undo_to(replay.effects["b#0"]), 3, how) end)
end)

t.test("a redo forgets the step's own effects, unless it only contains what is redone", function()
  both_ways({
    { "effect.intent", "a", intent "1" }, { "effect.intent", "a/b", intent "2" },
    { "step.redo", "a", { keep_effects = true } }, { "step.redo", "a/b" },
  }, function(replay, how)
    t.ok(replay.effects["a#0"], how)
    t.eq(replay.effects["a/b#0"], nil, how)
  end)
end)

t.test("what is undone is forgotten with all below it, and named", function()
  both_ways({
    { "effect.intent", "a", intent "1" }, { "effect.intent", "a/b", intent "2" }, { "effect.intent", "ab", intent "3" },
    { "step.undone", "a", { by = "rollback-1" } },
  }, function(replay, how)
    t.eq({ replay.effects["a#0"], replay.effects["a/b#0"] }, {}, how)
    t.ok(replay.effects["ab#0"], how)
    t.eq(replay.undone, { path = "a", by = "rollback-1" }, how)
  end)
end)

t.test("a step finds what it left behind, of its own path, and since it was last redone", function()
  both_ways({
    { "gate.sample", "g", { value = 1 } }, { "gate.sample", "h", { value = 9 } }, { "step.redo", "g" },
    { "gate.sample", "g", { value = 2 } }, { "gate.sample", "g", { value = 3 } },
  }, function(replay, how)
    local values = {}
    for i, sample in ipairs(replay:previous("gate.sample", "g")) do values[i] = sample.value end
    t.eq(values, { 2, 3 }, how)
    t.eq(#replay:previous("sleep.until", "g"), 0, how)
  end)
end)

t.test("the run stands as its last word says, and keeps to its last plan", function()
  both_ways({
    { "run.start", "" }, { "run.plan", "", { digest = "d" } }, { "run.end", "", { status = "failed" } },
  }, function(replay, how) t.eq({ replay.status, replay.plan.digest }, { "failed", "d" }, how) end)
  both_ways({
    { "run.start", "" }, { "run.plan", "", { digest = "d" } }, { "run.end", "", { status = "failed" } },
    { "run.resume", "" }, { "run.unbound", "" },
  }, function(replay, how) t.eq({ replay.status, replay.plan }, { "running" }, how) end)
end)

t.test("done steps are loaded with their results; a redo that comes later takes one back", function()
  local journal <close> = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  journal:create { id = "r", runbook = "r", meta = "{}" }
  journal:append("r", "step.done", "a", '{"result":{"n":1},"digest":"d"}', false)
  journal:append("r", "step.done", "b", "{}", false)
  local replay = replays.load(journal, "r")
  t.eq(replay:done_payload "a", { result = { n = 1 }, digest = "d" })
  t.eq(replay:last_seqs(), { a = 1, b = 2 })
  replay:add { kind = "step.redo", path = "a", data = {}, time_ms = 1 }
  t.eq(replay.done:paths(), { "b" })
end)

t.test("the done steps that have an undo are known, and in order to undo the run those too that are taken back already", function()
  local journal <close> = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  journal:create { id = "r", runbook = "r", meta = "{}" }
  local function done(path, payload) journal:append("r", "step.done", path, payload, false) end
  done("a", '{"undo":true}')
  done("b", '{"undo":false}')
  done("c", '{"result":{"undo":true}}')
  done("c/d", '{"result":1,"undo":true}')
  done("redone", '{"undo":true}')
  journal:append("r", "step.redo", "redone", "{}", false)
  journal:append("r", "step.undone", "c/d", '{"by":"rollback-1"}', false)
  t.eq(replays.load(journal, "r").done:with_undo(), { "a" })
  local replay = replays.load(journal, "r", true)
  t.eq({ replay.done:with_undo(), replay.settled }, { { "a", "c/d" }, { ["c/d"] = { "undone" } } })
end)

t.test("a renamed step keeps what it and those below it did, under its new path", function()
  both_ways({
    { "effect.intent", "a", intent "1" }, { "effect.outcome", "a", outcome "1" }, { "effect.intent", "a/b", intent "2" },
    { "effect.intent", "ab", intent "3" }, { "gate.sample", "a/g", { value = 1 } }, { "step.renamed", "n", { from = "a" } },
    { "effect.outcome", "n/b", outcome "2" },
  }, function(replay, how)
    t.eq({ replay.effects["a#0"], replay.effects["a/b#0"] }, {}, how)
    t.ok(replay.effects["n#0"].outcome and replay.effects["n/b#0"].outcome and replay.effects["ab#0"], how)
    local paths = {}
    for i, known in ipairs(replay:effects_newest_first()) do paths[i] = known.path end
    t.eq(paths, { "ab", "n/b", "n" }, how)
    t.eq(#replay:previous("gate.sample", "n/g"), 1, how)
    t.eq(replay.renamed.n, { from = "a" }, how)
  end)
end)

t.test("done steps are loaded under their new paths; a redo that comes later takes the renamed one back", function()
  local journal <close> = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  journal:create { id = "r", runbook = "r", meta = "{}" }
  local strange = 'a "b" \n'
  for _, one in ipairs {
    { "step.start", strange, "{}" }, { "step.done", strange, '{"result":1}' }, { "step.done", strange .. "/c", '{"result":2}' },
    { "step.done", "other", '{"result":3}' }, { "step.renamed", "n", json.encode { from = strange } }, { "step.redo", "n/c", "{}" },
  } do journal:append("r", one[1], one[2], one[3], false) end
  local replay = replays.load(journal, "r")
  local paths = replay.done:paths()
  table.sort(paths)
  t.eq({ paths, replay:done_payload "n", replay.begun }, { { "n", "other" }, { result = 1 }, { n = true } })
  replay:add { kind = "step.renamed", path = "m", data = { from = "n" }, time_ms = 1 }
  t.eq({ replay.done:seq "n", replay.done:seq "m" }, { nil, 2 })
end)

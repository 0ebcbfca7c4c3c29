-- Whom a lock belongs to, from what the journal holds.
local journals = require "native.journal"
local json = require "native.json"
local ownership = require "almanac.journal.ownership"
local t = require "tests.harness"

local function open()
  local journal = journals.open { dir = t.tmpdir() .. "/store" }
  t.defer(function() journal:close() end)
  return journal
end

--- A run with these events, each { kind, path, data }.
local function run(journal, id, events, undoes)
  journal:create { id = id, runbook = "book", meta = json.encode { lock = "release", undoes = undoes, host = "here" } }
  for _, event in ipairs(events) do journal:append(id, event[1], event[2], json.encode(event[3]), true) end
end

local start = { "run.start", "", { operator = "ann" } }
local lock = { "run.lock", "", { name = "release" } }
local intent = { "effect.intent", "act", { op = "sh.run", id = "1", ordinal = "0" } }

local function ended(status)
  return { "run.end", "", { status = status } }
end

t.test("a run holds until it is over", function()
  for status, holds in pairs { failed = true, paused = true, waiting = true, interrupted = true, done = false, undone = false } do
    local journal = open()
    run(journal, "a", { start, lock, intent, ended(status) })
    t.eq(ownership.holds(journal, "a"), holds, status)
    local owner = ownership.of(journal, "release")
    t.eq(owner and owner.id, holds and "a" or nil, status)
    t.eq(owner and owner.operator, holds and "ann" or nil)
    t.eq(ownership.of(journal, "another"), nil)
    t.eq(ownership.of(journal, "release", "a"), nil, "it stands in its own way")
  end
end)

t.test("one whose process died holds", function()
  local journal = open()
  run(journal, "a", { start, lock, { "step.start", "act", {} }, intent })
  t.eq(ownership.of(journal, "release").status, "crashed")
  t.eq(ownership.place(journal, "a"), "act")
end)

t.test("one that did nothing holds while it waits, and not when it failed", function()
  for status, holds in pairs { failed = false, interrupted = false, paused = true, waiting = true } do
    local journal = open()
    run(journal, "a", { start, lock, { "step.done", "look", { result = 'a text with "undo":true' } }, ended(status) })
    t.eq(ownership.holds(journal, "a"), holds, status)
  end
  local journal = open()
  run(journal, "a", { start, lock, { "step.done", "note", { undo = true } }, ended "failed" })
  t.eq(ownership.holds(journal, "a"), true, "a step with an undo")
end)

t.test("given up it holds nothing; its rollback does, for itself", function()
  local journal = open()
  run(journal, "a", { start, lock, intent, ended "failed", { "run.abandoned", "", { reason = "x", by = "ann" } } })
  t.eq(ownership.holds(journal, "a"), false)
  run(journal, "back", { start, lock, intent, ended "failed" }, "a")
  t.eq(ownership.holds(journal, "a"), true, "one family")
  t.eq(ownership.of(journal, "release").undoes, "a")
  t.eq(ownership.of(journal, "release", "a"), nil)
  t.eq(ownership.open_rollbacks(journal, "a"), { "back" })
end)

t.test("a journal of the version before has no record of a lock: it holds nothing", function()
  local journal = open()
  run(journal, "a", { start, intent, ended "failed" })
  run(journal, "b", { start, { "run.lock", "", { namespace = "n", lease = "release", holder = "x" } }, intent, ended "failed" })
  t.eq(ownership.of(journal, "release"), nil)
end)

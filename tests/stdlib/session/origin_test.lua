-- What the journal keeps of how a run was started.
local origin = require "almanac.session.origin"
local t = require "tests.harness"

local CALLER = { id = "outer-1", meta = { family = "first-1" }, outermost = function() return "first-1" end }
local FRAME = { run = CALLER, path = "deploy/part" }

local BOOK = { name = "book", path = "runbooks/book.lua", params = {}, script = { digest = "d", files = { ["runbooks/book.lua"] = "f" } } }

t.test("a run knows its script, parameters and lock; one without a lock has none", function()
  local meta = origin.of(BOOK, { tag = "v1" }, { name = "release", seconds = 30 }, { environment = "prod" })
  t.eq({ meta.runbook, meta.script, meta.digest, meta.params, meta.lock, meta.lock_seconds, meta.caller },
    { "book", "runbooks/book.lua", "d", { tag = "v1" }, "release", 30, nil })
  t.eq(meta.choice.environment, "prod")
  t.eq(origin.of(BOOK, {}, nil, {}).lock, nil)
end)

t.test("a run that another one makes names it, its step and the outermost one; it uses no plan, and is of its family", function()
  local meta = origin.called({ plan = "digest" }, FRAME)
  t.eq(meta, { plan = false, caller = { run = "outer-1", path = "deploy/part", root = "first-1" }, family = "first-1" })
  CALLER.meta.family = nil
  t.eq(origin.called({}, FRAME).family, "outer-1")
end)

t.test("a rollback has the settings of the run that it takes back, and no parameters", function()
  local original = { id = "book-1", meta = { lock = "release", family = "f", environment = "prod", config = "almanac.yaml",
    choice = { context = "c" }, rehearsal = { copy = "x" }, params = { tag = "v1" } } }
  local meta = origin.of_rollback(original, BOOK)
  t.eq({ meta.runbook, meta.undoes, meta.lock, meta.family, meta.environment, meta.choice, meta.rehearsal, meta.params, meta.caller },
    { "rollback-of-book", "book-1", "release", "f", "prod", { context = "c" }, { copy = "x" }, {}, nil })
  t.eq(origin.of_rollback(original, BOOK, FRAME).caller, { run = "outer-1", path = "deploy/part", root = "first-1" })
end)

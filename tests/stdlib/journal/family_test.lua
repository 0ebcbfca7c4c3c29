-- A run and the runs that it made are told as one, each once.
local family = require "almanac.journal.family"
local json = require "native.json"
local journals = require "native.journal"
local t = require "tests.harness"

--- A journal with runs { id = { { kind, path, data }, … } }.
local function journal_of(runs)
  local journal = journals.open { dir = t.tmpdir() .. "/store" }
  t.defer(function() journal:close() end)
  for _, one in ipairs(runs) do
    journal:create { id = one.id, runbook = "r", meta = "{}" }
    for _, event in ipairs(one) do journal:append(one.id, event[1], event[2], json.encode(event[3] or {}), false) end
  end
  return journal
end

local function call(path, id, op)
  return { "effect.intent", path, { op = op or family.CALL, id = "e", ordinal = "0", input = {}, before = { run = id } } }
end

local function told(journal, wanted)
  local out = {}
  family.visit(journal, "outer", function(event)
    out[#out + 1] = string.format("%s %s%s", event.kind, event.path, event.run and " of " .. event.run or "")
  end, wanted)
  return out
end

t.test("what a run that was made did lies below the step that made it", function()
  local journal = journal_of {
    { id = "outer", { "step.start", "a" }, call("a", "inner"), { "step.start", "b" } },
    { id = "inner", { "run.start", "" }, { "step.start", "x" }, call("x", "deep") },
    { id = "deep", { "step.start", "y" } },
  }
  t.eq(told(journal), {
    "step.start a", "effect.intent a", "step.start b",
    "run.start a of inner", "step.start a/x of inner", "effect.intent a/x of inner", "step.start a/x/y of deep",
  })
end)

t.test("each once: a run that was gone on with, one that is not there, and a circle", function()
  local journal = journal_of {
    { id = "outer", call("a", "inner"), call("a", "inner"), call("b", "gone"), call("c", "inner", "own.op") },
    { id = "inner", call("x", "outer"), { "note", "x", { text = "n" } } },
  }
  local out = told(journal)
  local inner = {}
  for _, line in ipairs(out) do
    if line:find "of inner$" then inner[#inner + 1] = line end
  end
  t.eq(inner, { "effect.intent a/x of inner", "note a/x of inner" })
  t.eq(#out, 6)
end)

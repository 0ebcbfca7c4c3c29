-- The questions that a run waits for.
local approval = require "almanac.journal.approval"
local json = require "native.json"
local replays = require "almanac.journal.replay"
local t = require "tests.harness"

t.test("a question is open until it is answered or its step is done, even where it was written down twice", function()
  local journal <close> = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  journal:create { id = "r", runbook = "r", meta = "{}" }
  local function add(kind, path, data) journal:append("r", kind, path, json.encode(data), false) end
  local function open()
    local paths = {}
    for i, question in ipairs(approval.open(replays.load(journal, "r"))) do paths[i] = question.path end
    return paths
  end
  add("confirm.asked", "one", { question = "one?", at_ms = 10 })
  add("confirm.asked", "two", { question = "two?", at_ms = 20 })
  t.eq(open(), { "one", "two" })
  add("confirm.answered", "one", { question = "one?", answer = "yes", by = "me", at_ms = 30 })
  t.eq(open(), { "two" })
  add("confirm.asked", "one", { question = "one?", at_ms = 40 })
  t.eq(open(), { "two", "one" })
  add("step.done", "one", { result = {} })
  t.eq(open(), { "two" })
end)

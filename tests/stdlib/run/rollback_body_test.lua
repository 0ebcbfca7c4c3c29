-- The undos of a rollback, one after the other: what is marked in the run that is taken back.
local execute = require "almanac.run.mode.execute"
local operators = require "almanac.run.operator"
local rollback_body = require "almanac.run.rollback_body"
local runs = require "almanac.journal.run"
local t = require "tests.harness"
local task = require "native.task"

--- Takes back these undos, and gives what was marked in the original, and the error that stopped it.
local function take_back(undos, choices)
  local marked, run = {}, runs.unrecorded({}, execute)
  run.operator = operators.new { no_ask = true }
  run.operator.answers = choices and choices.answers
  local original = {
    id = "r-1", replay = { skipped = {} },
    record = function(_, kind, path, data) marked[#marked + 1] = kind .. " " .. path .. (data.how and " " .. data.how or "") end,
  }
  for i, item in ipairs(undos) do
    item.path, item.name, item.what, item.place = item.path or "s" .. i, "undo s" .. i, "s" .. i, 1
  end
  choices = choices or {}
  local body = rollback_body.of(run, original, undos, {
    is_skipped = choices.is_skipped or function() return false end, failed = choices.failed or function() return "quit" end,
  })
  local ok, err = pcall(task.with, { context = { run = run } }, body)
  return marked, not ok and err or nil
end

local function undo(log, name) return { take = function() log[#log + 1] = name end } end

local function fails() error({ kind = "command", message = "exit 1" }, 0) end

t.test("each is marked as it is done, in their order", function()
  local log = {}
  t.eq(take_back { undo(log, "newest"), undo(log, "oldest") }, { "step.undone s1", "step.undone s2" })
  t.eq(log, { "newest", "oldest" })
end)

t.test("one that fails stops it: what is older stays, and is not said to be taken back", function()
  local log = {}
  local marked, err = take_back { undo(log, "newest"), { take = fails }, undo(log, "oldest") }
  t.eq({ marked, log, err.message }, { { "step.undone s1" }, { "newest" }, "exit 1" })
end)

t.test("one that fails may be tried again, or left out", function()
  local tries, log = 0, {}
  local flaky = { take = function()
    tries = tries + 1
    if tries < 3 then fails() end
  end }
  t.eq(take_back({ flaky }, { failed = function() return "retry" end }), { "step.undone s1" })
  t.eq(tries, 3)
  t.eq(take_back({ { take = fails }, undo(log, "oldest") }, { failed = function() return "skip" end }),
    { "step.left s1 skipped", "step.undone s2" })
end)

t.test("what is skipped is not begun, and what never took place is not taken back", function()
  local log = {}
  t.eq(take_back({ undo(log, "a"), undo(log, "b") }, { is_skipped = function(item) return item.path == "s1" end }),
    { "step.left s1 skipped", "step.undone s2" })
  t.eq(log, { "b" })
  local never = undo(log, "never")
  never.doubts = { { known = { intent = { op = "own.x", ordinal = "0", input = {} } }, parts = {}, definition = {
    recover = function() return "not_done" end } } }
  t.eq(take_back { never }, { "step.left s1 nothing" })
  t.eq(log, { "b" })
end)

t.test("what nobody can tell is asked about, and is left where the operator says so", function()
  local log, asked = {}, {}
  local function of(outcome, answer)
    local item = undo(log, "undone")
    item.doubts = { { known = { intent = { op = "own.x", title = "set x", ordinal = "0", input = {} }, outcome = outcome }, parts = {} } }
    return take_back({ item }, { answers = function(question)
      asked[#asked + 1] = question
      return answer
    end })
  end
  t.eq(of(nil, "leave it"), { "step.left s1 skipped" })
  t.eq(log, {})
  t.eq(of({ ok = false, error = { message = "exit 1" } }, "take it back"), { "step.undone s1" })
  t.eq(log, { "undone" })
  t.has(asked[1], "set x was begun, and its end was not seen. Nobody can tell whether any of it took place. Take it back?")
  t.has(asked[2], "set x failed: exit 1. Nobody can tell")
  local unknown = { known = { intent = { op = "own.x", ordinal = "0", input = {} } }, parts = {} }
  local _, err = take_back { { take = fails, doubts = { unknown } } }
  t.eq(err.kind, "waiting", "where nobody sits at a terminal it waits for an answer")
end)

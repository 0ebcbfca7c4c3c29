-- Which run a word names.
local run_name = require "almanac.journal.run_name"
local t = require "tests.harness"

--- The ids that a word names among runs of these, the newest first.
local function named(word, ids)
  local rows = {}
  for i, id in ipairs(ids) do rows[i] = { id = id, runbook = id:match "^(.*)%-%d+%-%d+%-%x+$" } end
  local out = {}
  for i, row in ipairs(run_name.matching({ runs = function() return rows end }, word)) do out[i] = row.id end
  return out
end

local SLOW, MOVE, BACK, K = "slow-20261128-061905-7c1e", "move-20261128-061906-beef", "rollback-of-move-20261128-061907-00aa",
  "move-it-20261128-061908-7c1e8f00"
local ALL = { K, BACK, MOVE, SLOW }

t.test("an id, a runbook by its whole name, the beginning of an id or its last digits name a run", function()
  for word, ids in pairs {
    [SLOW] = { SLOW }, slow = { SLOW }, sl = { SLOW }, ["slow-2026"] = { SLOW }, ["7c1e"] = { SLOW }, ["061905-7c1e"] = { SLOW },
    ["20261128-061905-7c1e"] = { SLOW }, ["7c1e8f00"] = { K }, rollback = { BACK }, mov = { K, MOVE },
  } do
    t.eq(named(word, ALL), ids, word)
  end
end)

t.test("a runbook's name is none of another that begins so, and an id is not a runbook's", function()
  t.eq(named("move", ALL), { MOVE })
  t.eq(named("move", { K, BACK }), { K }, "the beginning of an id, where there is no such runbook")
  t.eq(named("beef", { MOVE, "beef-20261128-061909-0001" }), { "beef-20261128-061909-0001" })
end)

t.test("nothing within a word names one", function()
  for _, word in ipairs { "lo", "low", "k", "back-of", "of-move", "c1e", "1e", "2026", "061905", "", "-", "7c1e-",
    "slow-20261128-061905-7c1e0" } do
    t.eq(named(word, ALL), {}, word)
  end
end)

-- What rollbacks made of a step: taken back when all of it is, and left as it was where somebody said so.
local t = require "tests.harness"
local taken_back = require "almanac.journal.taken_back"

local function node(path, ids, children)
  local out = { path = path, status = "done", effects = {}, children = children or {} }
  for i, id in ipairs(ids) do out.effects[i] = { id = id } end
  return out
end

t.test("a step that is taken back takes the effects below it along", function()
  local inner = node("a/b", { "e2" })
  local outer = node("a", { "e1" }, { inner })
  taken_back.undone(outer, { place = 1 })
  t.eq({ outer.status, outer.before_undo, outer.effects[1].undone, inner.effects[1].undone }, { "undone", "done", true, true })
end)

t.test("of one effect that is named the others stay", function()
  local one = node("a", { "e1", "e2" })
  taken_back.undone(one, { effect = "e2", place = 1 })
  t.eq({ one.effects[1].undone, one.effects[2].undone }, { nil, true })
end)

t.test("what was left out is listed until it is taken back after all", function()
  local one, other = node("b", { "e1" }), node("a", {})
  local state = { nodes = { b = one, a = other } }
  taken_back.left(one, { place = 2, how = "skipped", by = "r-2", who = "bob", why = "by hand\nlater" })
  taken_back.left(one, { place = 1, how = "failed", by = "r-2" })
  taken_back.left(other, { place = 1, how = "nothing", by = "r-2" })
  taken_back.undone(one, { place = 3 })
  t.eq(one.status, "done", "not all of it is")
  local list = taken_back.list(state)
  t.eq({ #list, list[1].place, list[2].place }, { 2, 1, 2 })
  t.eq(taken_back.describe(list[2]), "NOT taken back: left out by bob: by hand")
  t.eq(taken_back.describe(list[1]), "NOT taken back: left out by r-2")
  taken_back.undone(one, { place = 1 })
  taken_back.undone(one, { place = 2 })
  t.eq({ one.status, #taken_back.list(state), one.effects[1].left }, { "undone", 0, nil })
end)

t.test("a step that was said to be taken back, and is not, stands as before", function()
  local one = node("a", { "e1" })
  one.status = "failed"
  taken_back.undone(one, { place = 1 })
  taken_back.left(one, { place = 1, how = "skipped", by = "r-3" })
  t.eq({ one.status, #one.left }, { "failed", 1 })
end)

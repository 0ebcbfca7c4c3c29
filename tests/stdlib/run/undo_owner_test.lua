-- Whose undo takes back what was done at a path, and in which words.
local t = require "tests.harness"
local undo_owner = require "almanac.run.undo_owner"

t.test("the outermost step with an undo stands for all that is in it, and for nothing beside it", function()
  local outer, inner = {}, {}
  local by_path = { ["deploy"] = outer, ["deploy/node/apply"] = inner }
  t.ok(undo_owner.of(by_path, "deploy/node/apply") == outer, "not the inner one")
  t.ok(undo_owner.of(by_path, "deploy") == outer)
  t.ok(undo_owner.of({ ["deploy/node/apply"] = inner }, "deploy/node/apply/wait") == inner)
  t.eq(undo_owner.of(by_path, "deployed/node"), nil, "a name that begins so is another step")
  t.eq(undo_owner.of({}, "deploy"), nil)
end)

t.test("what is not known of a script's undo is said, and whether allow bounds it", function()
  t.eq(undo_owner.of_step("a/b", nil), "a/b: its undo")
  t.eq(undo_owner.of_step("a/b", "scale web to 3"), "a/b: its undo (takes back scale web to 3)")
  t.eq(undo_owner.of_effect("a", "write f"), "a: takes back write f")
  t.eq(undo_owner.of_own_effect("a", "page core", { at = "lib/p.lua:3" }), "a: takes back page core: whatever lib/p.lua:3 does")
  t.eq(undo_owner.of_planned_step("a", "write f", { at = "r.lua:9", bounded = true }),
    "a: its undo, for write f: whatever r.lua:9 does, within allow")
end)

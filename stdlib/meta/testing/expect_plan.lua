---@meta
-- Made by `make docs` from stdlib/testing/public/expect_plan.lua: edit that.

--- Says which effects a plan has, in their order, and no others. Only in cases of tests.
---
--- Raises: `assertion`, `usage`.
---
--- ```lua
--- it("would do nothing", function()
---   expect_plan(world {}:plan("list-pods"), {})
--- end)
--- ```
---@param plan table  of world:plan
---@param effects (string|table)[]  each by its kind, a part of its title, or a table of fields
function expect_plan(plan, effects) end

---@meta
-- Made by `make docs` from stdlib/testing/public/expect_effects.lua: edit that.

--- Says which effects a run had, in their order, and no others. A run that was refused before it began had not even none.
--- Only in cases of tests.
---
--- Raises: `assertion`, `usage`.
---
--- ```lua
--- it("does nothing", function()
---   local run = world {}:run("list-pods")
---   expect_effects(run, {})
--- end)
--- ```
---@param run table  of world:run
---@param effects (string|table)[]  each by its kind, a part of its title, or a table of fields: { op =, input = {…} }
function expect_effects(run, effects) end

--- expect_effects: says which effects a run had.
local expectation = require "almanac.testing.expectation"
local handle = require "almanac.testing.handle"
local lines = require "almanac.base.lines"

--- Says which effects a run had, in their order, and no others. Only in cases of tests.
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
local function expect_effects(run, effects)
  local known = handle.run("expect_effects", run)
  local why = known.error and "\n" .. lines.hanging(string.format("  the run ended %s: %s", known.status, known.error.message)) or
    known.status == "refused" and "\n  the run was refused:\n  " .. known.output:gsub("\n", "\n  ") or ""
  expectation.check("expect_effects", effects, known.effects, why)
end

return expect_effects

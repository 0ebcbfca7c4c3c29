--- expect_effects: says which effects a run had.
local assertion = require "almanac.testing.assertion"
local expectation = require "almanac.testing.expectation"
local handle = require "almanac.testing.handle"
local lines = require "almanac.base.lines"

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
local function expect_effects(run, effects)
  local known = handle.run("expect_effects", run)
  if known.status == "refused" then
    assertion.fail("the run was refused before it began:\n  " .. known.output:gsub("\n+$", ""):gsub("\n", "\n  "))
  end
  local why = known.error and "\n" .. lines.hanging(string.format("  the run ended %s: %s", known.status, known.error.message)) or ""
  expectation.check("expect_effects", effects, known.effects, why)
end

return expect_effects

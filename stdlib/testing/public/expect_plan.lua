--- expect_plan: says which effects a plan has.
local errors = require "almanac.base.errors"
local expectation = require "almanac.testing.expectation"

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
local function expect_plan(plan, effects)
  if type(plan) ~= "table" or not plan.effects or not plan.text then errors.usage "expect_plan: takes a plan, as world:plan gives it" end
  local said = plan.output ~= "" and "\n  " .. plan.output:gsub("\n", "\n  ") or ""
  local why = plan.stopped and "\n  the plan stops: " .. plan.stopped or said
  expectation.check("expect_plan", effects, plan.effects, why)
end

return expect_plan

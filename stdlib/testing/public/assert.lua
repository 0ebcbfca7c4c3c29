--- assert: what must be so in a test, in luassert's words.
local assertion = require "almanac.testing.assertion"

local M = assertion.words()

--- Says that a value is neither false nor nil; its fields say more, what is wanted first, and a message last:
---
--- - `assert.equal(3, x)`: the same value; `assert.same({ 1 }, t)`: tables that hold the same
---
--- - `assert.is_true(x)`, `is_false`, `is_nil`, `truthy`, `falsy`; `is_string`, `is_number`, `is_table`, `is_boolean`, `is_function`
---
--- - `assert.matches("^v%d", x)`: a pattern; `assert.contains("a", x)`: a part of a text, or an item of a list
---
--- - `assert.near(1, x, 0.1)`: within that; `assert.has_error(fn, "text")`: it raises an error that says so
---
--- What must not hold: `assert.is_not.equal(3, x)`, `assert.is_not_nil(x)`, `assert.not_nil(x)`, `assert.has_no.errors(fn)`; in all of
--- them `is`, `are`, `has` and `does` say the same. Only in files of tests; a runbook's assert is Lua's.
---
--- Raises: `assertion`.
---
--- ```lua
--- it("is a tag", function() assert.matches("^v%d", "v1") end)
--- ```
---@param value any
---@param message? string
---@return any value
function M.assert(value, message, ...)
  if not value then assertion.fail("expected something true, got: " .. assertion.shown(value), message) end
  return value, message, ...
end

return M

---@meta
-- Made by `make docs` from stdlib/testing/public/assert.lua: edit that.

--- Says that a value is neither false nor nil; its fields say more, what is wanted first: `assert.equal(3, x)`,
--- `assert.same({ 1 }, t)`, `assert.is_true(x)`, `assert.is_nil(x)`, `assert.matches("^v%d", x)`, `assert.contains("a", x)`,
--- `assert.near(1, x, 0.1)`, `assert.has_error(fn, "text")`, `assert.is_not.equal(3, x)`. Only in files of tests; a
--- runbook's assert is Lua's.
---
--- Raises: `assertion`.
---
--- ```lua
--- it("is a tag", function() assert.matches("^v%d", "v1") end)
--- ```
---@param value any
---@param message? string
---@return any value
function assert(value, message) end

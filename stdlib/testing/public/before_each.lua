--- before_each: what a test makes before each of its cases.

--- Runs before each case of the group it stands in, and of those within. Only in files of tests.
---
--- Raises: `usage`.
---
--- ```lua
--- local list
--- before_each(function() list = {} end)
--- it("begins empty", function() assert.same({}, list) end)
--- ```
---@param fn fun()
local before_each = require("almanac.testing.suite").before_each

return before_each

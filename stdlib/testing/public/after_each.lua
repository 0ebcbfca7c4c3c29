--- after_each: what a test does behind each of its cases.

--- Runs behind each case of the group it stands in, and of those within, also when it failed. Only in files of tests.
---
--- Raises: `usage`.
---
--- ```lua
--- local open = 0
--- after_each(function() open = 0 end)
--- it("opens", function() open = open + 1 end)
--- ```
---@param fn fun()
local after_each = require("almanac.testing.suite").after_each

return after_each

--- pending: a case of a test that is not written, or not right yet.

--- A case that is not run, and told with its reason. Only in files of tests.
---
--- Raises: `usage`.
---
--- ```lua
--- pending("goes back when the gate fails", "rollback is not written yet")
--- ```
---@param name string
---@param why? string|fun()
local pending = require("almanac.testing.suite").pending

return pending

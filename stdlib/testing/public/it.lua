--- it: a case of a test.

--- A case: it fails where its function raises. Only in files of tests.
---
--- Raises: `usage`.
---
--- ```lua
--- it("adds", function() assert.equal(3, 1 + 2) end)
--- ```
---@param name string  what is so, as in "it waits for the gate"
---@param fn fun()
local it = require("almanac.testing.suite").it

return it

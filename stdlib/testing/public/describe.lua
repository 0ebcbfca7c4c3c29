--- describe: cases of a test that belong together.

--- Cases that belong together: what is before and after each of them is said in it. Only in files of tests.
---
--- Raises: `usage`.
---
--- ```lua
--- describe("restart", function()
---   it("counts", function() assert.equal(2, 1 + 1) end)
--- end)
--- ```
---@param name string
---@param fn fun()  says the cases
local describe = require("almanac.testing.suite").describe

return describe

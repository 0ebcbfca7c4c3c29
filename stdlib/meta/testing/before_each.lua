---@meta
-- Made by `make docs` from stdlib/testing/public/before_each.lua: edit that.

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
function before_each(fn) end

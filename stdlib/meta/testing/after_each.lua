---@meta
-- Made by `make docs` from stdlib/testing/public/after_each.lua: edit that.

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
function after_each(fn) end

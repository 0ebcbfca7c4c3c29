---@meta
-- Made by `make docs` from stdlib/testing/public/print.lua: edit that.

--- Says something of the case that runs: it is shown below the case. Only in files of tests; a runbook's `print` is `note`.
---
--- Raises: nothing.
---
--- ```lua
--- it("says what it sees", function()
---   local w = world {}
---   print(w:seconds(), #w.commands)
--- end)
--- ```
---@param ... any
function print(...) end

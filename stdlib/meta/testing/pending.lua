---@meta
-- Made by `make docs` from stdlib/testing/public/pending.lua: edit that.

--- A case that is not run, and told with its reason. Only in files of tests.
---
--- Raises: `usage`.
---
--- ```lua
--- pending("goes back when the gate fails", "rollback is not written yet")
--- ```
---@param name string
---@param why? string|fun()
function pending(name, why) end

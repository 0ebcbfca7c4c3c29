---@meta
-- Made by `make docs` from stdlib/public/sleep.lua: edit that.

--- Waits. A step of its own: resumed, it goes on with the time that is left on the wall clock. A plan does not wait.
---
--- Raises: `usage`.
---
--- ```lua
--- sleep("let the canary settle", "10m")
--- ```
---@param name string
---@param length almanac.Duration
function sleep(name, length) end

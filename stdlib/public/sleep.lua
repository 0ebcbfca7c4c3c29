--- sleep: a wait that a resume does not begin anew.

--- Waits. A step of its own: resumed, it goes on with the time that is left on the wall clock. A plan does not wait.
---
--- Raises: `usage`.
---
--- ```lua
--- sleep("let the canary settle", "10m")
--- ```
---@param name string
---@param length almanac.Duration
local sleep = require("almanac.run.sleep").sleep

return sleep

--- duration: lengths of time. Wherever a duration is taken, "90s", "10m", "1h30m" or a number of seconds will do.
local impl = require "almanac.base.duration"

local M = {}

--- A duration for people. Pure.
---
--- Raises: nothing.
---
--- ```lua
--- assert(duration.format(90) == "1m30s")
--- ```
---@param seconds number
---@return string
M.format = impl.format

--- Seconds of a duration; a number is seconds already. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(duration.parse "1h30m" == 5400)
--- ```
---@param value number|string
---@return number seconds  not negative
M.parse = impl.parse

return M

---@meta
-- Made by `make docs` from stdlib/public/duration.lua: edit that.

--- Lengths of time. Wherever a duration is taken, "90s", "10m", "1h30m" or a number of seconds will do.
duration = {}

---@alias almanac.Duration string|number  "90s", "5m", or seconds

--- A duration for people. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(duration.format(90) == "1m30s")
--- ```
---@param seconds number
---@return string
function duration.format(seconds) end

--- Seconds of a duration; a number is seconds already. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(duration.parse "1h30m" == 5400)
--- ```
---@param value number|string
---@return number seconds  not negative
function duration.parse(value) end

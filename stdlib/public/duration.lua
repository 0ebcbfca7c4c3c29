--- duration: lengths of time. Wherever a duration is taken, "90s", "10m", "1h30m" or a number of seconds will do.
local fields = require "almanac.base.fields"
local impl = require "almanac.base.duration"

local M = {}

local SECONDS = { "number", required = true, help = "of the length" }

--- A duration for people. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(duration.format(90) == "1m30s")
--- ```
---@param seconds number
---@return string
function M.format(seconds)
  return impl.format(fields.value("duration.format", "seconds", SECONDS, seconds))
end

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

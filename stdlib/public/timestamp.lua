--- timestamp: moments as texts of RFC 3339, and as seconds since 1970.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local impl = require "almanac.base.timestamp"

local M = {}

--- Years 1 to 9999, which RFC 3339 can write.
local FIRST, LAST = -62135596800, 253402300799
local SECONDS = { "number", required = true, help = "since 1970" }

--- A moment as a text, in UTC: "2026-11-28T21:00:00Z". Fractions of a second are left out. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(timestamp.format(0) == "1970-01-01T00:00:00Z")
--- ```
---@param seconds number  since 1970
---@return string
function M.format(seconds)
  seconds = fields.value("timestamp.format", "seconds", SECONDS, seconds)
  if not (seconds >= FIRST and seconds <= LAST) then errors.usage("timestamp.format: %s is in none of the years 1 to 9999", seconds) end
  return impl.utc(seconds)
end

--- The seconds since 1970 of a text such as "2026-11-28T21:00:00Z" or "…T22:00:00.5+01:00"; nil for what is no such
--- time. Pure.
---
--- Raises: nothing.
---
--- ```lua
--- assert(timestamp.parse "1970-01-01T01:00:00+01:00" == 0)
--- ```
---@param text any
---@return number? seconds
M.parse = impl.epoch

return M

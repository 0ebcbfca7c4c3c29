---@meta
-- Made by `make docs` from stdlib/public/timestamp.lua: edit that.

--- Moments as texts of RFC 3339, and as seconds since 1970.
timestamp = {}

--- A moment as a text, in UTC: "2026-11-28T21:00:00Z". Fractions of a second are left out. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(timestamp.format(0) == "1970-01-01T00:00:00Z")
--- ```
---@param seconds number  since 1970
---@return string
function timestamp.format(seconds) end

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
function timestamp.parse(text) end

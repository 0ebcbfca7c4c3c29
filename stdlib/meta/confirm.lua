---@meta
-- Made by `make docs` from stdlib/public/confirm.lua: edit that.

--- Asks the operator, at the terminal or by almanac approve and reject. A no fails the step. A step of its own.
---
--- Raises: `refused` (the answer is no), `waiting` where nobody can be asked: the run stops with exit code 3, whoever catches that.
---
--- ```lua
--- confirm "Is the announcement out in #ops?"
--- ```
---@param question string  any text
---@return { by: string, at_ms: integer, plan: string? }  at_ms in milliseconds since 1970; plan: digest of the plan
function confirm(question) end

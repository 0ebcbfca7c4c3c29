---@meta
-- Made by `make docs` from stdlib/public/errors.lua: edit that.

--- Raised with a kind, and caught. An error is a table: `kind` is the word that code may branch on, `message` and `hint` are for people.
errors = {}

---@class errors.raise.options
---@field kind string  the word that code branches on
---@field message string  what went wrong, and why, for people
---@field hint? string  what to do next, for people
---@field in_doubt? boolean  of an effect's apply: it may have happened all the same
---@field [string] any  data, for who catches it

--- Raises an error: a new one, or one that was caught.
---
--- Raises: what it is given; `usage`.
---
--- ```lua
--- local ok, err = errors.try(function()
---   errors.raise { kind = "too_low", message = "the head is at 12", hint = "wait for the chain" }
--- end)
--- assert(not ok and err.kind == "too_low")
--- ```
---@param err errors.raise.options
function errors.raise(err) end

--- Calls a function; false and the error when it raises. What ends the run is not caught, nor by `pcall`: a plan that cannot
--- go on, a pause, and what waits for somebody: a question, an effect in doubt.
---
--- Raises: `unknown_value`, in a plan.
---
--- ```lua
--- local ok, seconds = errors.try(duration.parse, "soon")
--- assert(not ok and seconds.kind == "usage")
--- ```
---@param fn function
---@param ... any  its arguments
---@return boolean ok
---@return any ...  its results, or the error
function errors.try(fn, ...) end

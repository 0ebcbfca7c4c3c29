--- errors: raised with a kind, and caught. An error is a table: `kind` is the word that code may branch on,
--- `message` and `hint` are for people.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local protected = require "almanac.base.protected"

local M = {}

local RAISE = fields.declare("errors.raise", {
  kind = { "text", required = true, help = "the word that code branches on" },
  message = { "string", required = true, help = "what went wrong, and why, for people" },
  hint = { "string", help = "what to do next, for people" },
  in_doubt = { "flag", help = "of an effect's apply: it may have happened all the same" },
}, { open = "data, for who catches it" })

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
function M.raise(err)
  if type(err) ~= "table" then
    errors.usage("errors.raise: takes a table { kind = …, message = … }, not %s", fields.shown(err))
  end
  fields.check(RAISE, err)
  errors.raise_given(err)
end

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
function M.try(fn, ...)
  return protected.not_kept(errors.try(fn, ...))
end

return M

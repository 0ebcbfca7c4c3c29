--- errors: raised with a kind, and caught. An error is a table: `kind` is the word that code may branch on,
--- `message` and `hint` are for people.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local protected = require "almanac.base.protected"

local M = {}

--- Raises an error.
---
--- Raises: what it is given.
---
--- ```lua
--- local ok, err = errors.try(function()
---   errors.raise { kind = "too_low", message = "the head is at 12", hint = "wait for the chain" }
--- end)
--- assert(not ok and err.kind == "too_low")
--- ```
---@param err { kind: string, message: string, hint: string?, [string]: any }
function M.raise(err)
  if type(err) ~= "table" then
    errors.usage("errors.raise: takes a table { kind = …, message = … }, not %s", fields.shown(err))
  end
  errors.raise_given(err)
end

--- Calls a function; false and the error when it raises. A plan that cannot go on is not caught.
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

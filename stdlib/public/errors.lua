--- errors: raised with a kind, and caught.
local errors = require "almanac.base.errors"
local unknown = require "almanac.base.unknown"

local M = {}

M.raise = errors.raise

--- Calls fn; false and the error when it raises. A plan that cannot go on is not caught.
function M.try(...)
  return unknown.not_swallowed(errors.try(...))
end

return M

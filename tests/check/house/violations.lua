--- What is wrong with the house: a line for each, and how many.
local terminal = require "native.terminal"

local M = { count = 0 }

--- Tells one, from a format.
---@param form string
---@param ... any
function M.tell(form, ...)
  M.count = M.count + 1
  terminal.write(2, string.format(form, ...) .. "\n")
end

return M

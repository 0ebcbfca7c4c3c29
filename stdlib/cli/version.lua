--- almanac version
local process = require "native.process"

local M = {}

function M.run(_, operator)
  operator:result("almanac " .. process.version .. " (" .. _VERSION .. ")\n")
  return 0
end

return M

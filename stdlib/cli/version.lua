--- almanac version
local process = require "native.process"
local terminal = require "native.terminal"

local M = {}

function M.run()
  terminal.write(1, "almanac " .. process.version .. " (" .. _VERSION .. ")\n")
  return 0
end

return M

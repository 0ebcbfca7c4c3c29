--- almanac version
local sys = require "native.sys"

local M = {}

function M.run()
  sys.write(1, "almanac " .. sys.version .. " (" .. _VERSION .. ")\n")
  return 0
end

return M

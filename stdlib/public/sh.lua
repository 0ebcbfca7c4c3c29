--- sh: programs of this machine.
local impl = require "almanac.host.sh"

local M = {}

M.bash = impl.bash
M.quote = impl.quote
M.read = impl.read
M.run = impl.run
M.which = impl.which

return M

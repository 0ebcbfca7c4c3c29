--- compose: the services of a Compose file.
local impl = require "almanac.host.compose"

local M = {}

M.config = impl.config
M.down = impl.down
M.images = impl.images
M.ps = impl.ps
M.pull = impl.pull
M.restart = impl.restart
M.up = impl.up

return M

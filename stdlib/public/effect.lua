--- effect: calls of one's own that change the world.
local impl = require "almanac.run.effect"

local M = {}

M.define = impl.define
M.perform = impl.perform

return M

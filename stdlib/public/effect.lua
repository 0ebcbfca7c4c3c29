--- effect: calls of one's own that change the world.
local impl = require "almanac.run.effect"

local M = {}

M.define = require("almanac.run.definitions").define_own
M.perform = impl.perform

return M

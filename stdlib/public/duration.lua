--- duration: lengths of time.
local impl = require "almanac.base.duration"

local M = {}

M.parse = impl.parse
M.format = impl.format

return M

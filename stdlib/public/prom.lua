--- prom: queries of Prometheus.
local impl = require "almanac.observe.prom"

local M = {}

M.query = impl.query
M.range = impl.range
M.value = impl.value

return M

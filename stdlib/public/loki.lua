--- loki: logs.
local impl = require "almanac.observe.loki"

local M = {}

M.count = impl.count
M.query = impl.query
M.query_range = impl.query_range

return M

--- alerts: the alerts that fire in Alertmanager.
local impl = require "almanac.observe.alerts"

local M = {}

M.critical = impl.critical
M.firing = impl.firing

return M

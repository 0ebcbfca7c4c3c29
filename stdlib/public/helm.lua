--- helm: releases of a cluster.
local impl = require "almanac.helm.release"

local M = {}

M.current = impl.current
M.history = impl.history
M.manifest = impl.manifest
M.notes = impl.notes
M.previous_good = impl.previous_good
M.repair = impl.repair
M.rollback = impl.rollback
M.status = impl.status
M.template = impl.template
M.uninstall = impl.uninstall
M.upgrade = impl.upgrade
M.values = impl.values
M.version = impl.version

return M

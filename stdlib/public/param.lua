--- param: the parameters of a runbook, by type.
local impl = require "almanac.base.param"

local M = {}

M.string = impl.string
M.integer = impl.integer
M.number = impl.number
M.boolean = impl.boolean
M.duration = impl.duration
M.enum = impl.enum
M.list = impl.list
M.secret = impl.secret

return M

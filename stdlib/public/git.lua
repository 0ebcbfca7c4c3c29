--- git: a repository on this machine.
local impl = require "almanac.host.git"

local M = {}

M.checkout = impl.checkout
M.commit = impl.commit
M.head = impl.head
M.log = impl.log
M.push = impl.push
M.status = impl.status
M.tag = impl.tag

return M

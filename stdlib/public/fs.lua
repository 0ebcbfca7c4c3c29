--- fs: files of this machine.
local impl = require "almanac.host.fs"

local M = {}

M.digest = impl.digest
M.exists = impl.exists
M.list = impl.list
M.mkdir = impl.mkdir
M.read = impl.read
M.remove = impl.remove
M.stat = impl.stat
M.write = impl.write

return M

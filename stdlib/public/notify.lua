--- notify: messages to channels of almanac.yaml.
local impl = require "almanac.http.notify"

local M = {}

M.send = impl.send

return M

--- http: requests to web services.
local impl = require "almanac.http.client"
local rpc = require "almanac.http.rpc"

local M = {}

M.delete = impl.delete
M.get = impl.get
M.head = impl.head
M.patch = impl.patch
M.post = impl.post
M.put = impl.put
M.request = impl.request
M.rpc = rpc.call
M.url = impl.url

return M

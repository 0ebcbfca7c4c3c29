--- What delete and evict have in common: their options, and the wait until what they took away is gone.
local arguments = require "almanac.k8s.arguments"
local fields = require "almanac.base.fields"
local wait = require "almanac.k8s.wait"

local M = {}

local GONE_TIMEOUT = "2m"

M.options = fields.with(arguments.where, {
  uid = { "string", help = "only the object with that uid" },
  grace = { "integer", unit = "seconds", shown_default = "the object's own", help = "for its processes to end" },
  wait = { "flag", help = "until it is gone" },
  timeout = { "duration", help = "for that wait" },
})

--- Waits until the object of an effect that took it away is gone, unless that is not wanted.
---@param ref string|table
---@param uid string
---@param opts { wait?: boolean, timeout?: string|number, namespace?: string, context?: string }
function M.wait_gone(ref, uid, opts)
  if opts.wait == false then return end
  wait.wait(ref, { deleted = uid, timeout = opts.timeout or GONE_TIMEOUT, namespace = opts.namespace, context = opts.context })
end

return M

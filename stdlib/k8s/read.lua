--- Reads of objects: one, one if it is there, all of a kind; and the cluster itself.
local arguments = require "almanac.k8s.arguments"
local client = require "almanac.k8s.client"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local objects = require "almanac.k8s.objects"
local step = require "almanac.run.step"

local M = {}

local INFO = fields.declare("k8s.info", { context = arguments.where.context })
local GET = fields.declare("k8s.get", arguments.one, { at = 2 })
local FIND = fields.declare("k8s.find", arguments.one, { at = 2 })
local LIST = fields.declare("k8s.list", arguments.many, { at = 2 })
local PODS = fields.declare("k8s.pods", arguments.where, { at = 2 })

--- The cluster in use: server, context, cluster, namespace, user, source. A read.
function M.info(opts)
  step.require_read "k8s.info"
  opts = fields.check(INFO, opts)
  local opened, info = client.open(opts), {}
  for name, value in pairs(opened.info) do info[name] = value end -- the client goes by its own
  info.namespace = client.namespace(opened)
  return info
end

--- One object; raises kind "api" with status 404 when there is none. A read.
function M.get(ref, opts)
  step.require_read "k8s.get"
  opts = fields.check(GET, opts)
  return objects.get("k8s.get", objects.one("k8s.get", ref, opts), opts)
end

--- One object, or nil when there is none. A read.
function M.find(ref, opts)
  step.require_read "k8s.find"
  opts = fields.check(FIND, opts)
  return objects.find("k8s.find", objects.one("k8s.find", ref, opts), opts)
end

--- All objects of a kind. A read.
function M.list(ref, opts)
  step.require_read "k8s.list"
  opts = fields.check(LIST, opts)
  local target = objects.target("k8s.list", ref, opts)
  if target.name then errors.usage("k8s.list: %q names one object; use k8s.get", tostring(ref)) end
  return objects.list("k8s.list", target, opts or {})
end

--- The pods of a workload: those of its newest revision, and all. A read.
function M.pods(ref, opts)
  step.require_read "k8s.pods"
  opts = fields.check(PODS, opts)
  local newest, all = require("almanac.k8s.logs").pods_of("k8s.pods", objects.one("k8s.pods", ref, opts))
  return newest, all
end

return M

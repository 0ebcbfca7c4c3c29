--- k8s: a Kubernetes cluster. Reads are free inside a step, writes are effects. Objects are named as
--- kubectl names them: "deployment/animica-node", "sts/x", "pods", "certificates.cert-manager.io/x".
local arguments = require "almanac.k8s_arguments"
local effect = require "almanac.effect"
local errors = require "almanac.errors"
local k8s_client = require "almanac.k8s_client"
local objects = require "almanac.k8s_objects"
local step = require "almanac.step"

local M = {}

--- Where the verbs are: a part is loaded with the first call of one of its verbs, for most runs need few.
--- { name here, name there, part }
local verbs = {
  { "apply", "apply", "apply" }, { "create", "create", "apply" }, { "diff", "diff", "apply" },
  { "patch", "patch", "patch" }, { "scale", "scale", "patch" }, { "restart", "restart", "patch" },
  { "delete", "delete", "delete" }, { "evict", "evict", "delete" }, { "wipe_claims", "wipe_claims", "claims" },
  { "undo", "undo", "undo" }, { "history", "history", "undo" },
  { "wait", "wait", "wait" }, { "has_condition", "has_condition", "wait" }, { "watch", "watch", "watch" },
  { "exec", "exec", "exec" }, { "exec_read", "exec_read", "exec" }, { "logs", "logs", "logs" }, { "follow_logs", "follow", "logs" },
  { "top", "top", "top" }, { "quantity", "parse", "quantity" },
}
for _, verb in ipairs(verbs) do
  local module, there = "almanac.k8s_" .. verb[3], verb[2]
  M[verb[1]] = function(...) return require(module)[there](...) end
  effect.defined_in("k8s." .. verb[1], module)
end
effect.defined_in("k8s.scale_part", "almanac.k8s_patch")

--- Follows a workload until it is rolled out, or cannot be; see almanac.rollout_watch. A read.
---@param ref string
---@param opts? almanac.rollout.Options
---@return almanac.rollout.Done
function M.rollout(ref, opts)
  return require("almanac.rollout_watch").rollout(ref, arguments.options("k8s.rollout", opts))
end

--- The cluster in use: server, context, cluster, namespace, user, source. A read.
---@param opts? { context?: string }
---@return table
function M.info(opts)
  step.require_read "k8s.info"
  opts = arguments.options("k8s.info", opts, { context = "string" }, "first")
  return k8s_client.open(opts).info
end

--- One object; raises kind "api" with status 404 when there is none. A read.
---@param ref string|table
---@param opts? almanac.k8s.ListOptions
---@return table object
function M.get(ref, opts)
  step.require_read "k8s.get"
  opts = arguments.options("k8s.get", opts, arguments.get)
  return objects.get("k8s.get", objects.one("k8s.get", ref, opts), opts)
end

--- One object, or nil when there is none. A read.
---@param ref string|table
---@param opts? almanac.k8s.ListOptions
---@return table? object
function M.find(ref, opts)
  step.require_read "k8s.find"
  opts = arguments.options("k8s.find", opts, arguments.get)
  return objects.find("k8s.find", objects.one("k8s.find", ref, opts), opts)
end

--- All objects of a kind. A read.
---@param ref string "pods", "deploy", …
---@param opts? almanac.k8s.ListOptions
---@return table[] objects
---@return string resource_version
function M.list(ref, opts)
  step.require_read "k8s.list"
  opts = arguments.options("k8s.list", opts, arguments.list)
  local target = objects.target("k8s.list", ref, opts)
  if target.name then errors.usage("k8s.list: %q names one object; use k8s.get", tostring(ref)) end
  return objects.list("k8s.list", target, opts or {})
end

-- What happened ----------------------------------------------------------------------------------

local EVENT_OPTIONS = arguments.with {
  all_namespaces = "boolean", selector = "selector", fields = "selector", limit = "count", type = "string",
}
local IMAGE_OPTIONS = arguments.with { all_namespaces = "boolean", selector = "selector", fields = "selector", ref = "ref" }

local function event_time(event)
  local series = type(event.series) == "table" and event.series.lastObservedTime
  for _, time in ipairs { series or false, event.lastTimestamp or false, event.eventTime or false } do
    if type(time) == "string" then return time end
  end
  return event.metadata.creationTimestamp or ""
end

--- The API's event as a line of a table. Pure.
---@param event table
function M.event_line(event)
  local about = event.involvedObject or {}
  local series = type(event.series) == "table" and event.series.count
  return {
    time = event_time(event), type = event.type, reason = event.reason, message = event.message,
    count = math.tointeger(series) or math.tointeger(event.count) or 1,
    object = (about.kind or ""):lower() .. "/" .. (about.name or ""), uid = about.uid,
  }
end

--- Times with and without a fraction of a second, so that text compares as time.
local function sortable(time)
  return time:match "%." and time or (time:gsub("Z$", ".000000Z"))
end

--- Events of the namespace, or about one object, newest first. A read.
---@param ref? string|table an object
---@param opts? almanac.k8s.ListOptions|{ type?: "Warning"|"Normal" }  limit: the newest so many
---@return { time: string, type: string, reason: string, message: string, count: integer, object: string }[]
function M.events(ref, opts)
  step.require_read "k8s.events"
  opts = arguments.options("k8s.events", opts, EVENT_OPTIONS)
  local given = { fields = opts.fields, selector = opts.selector, namespace = opts.namespace, context = opts.context,
    all_namespaces = opts.all_namespaces }
  if ref then
    local about = objects.one("k8s.events", ref, opts)
    given.fields = { ["involvedObject.name"] = about.name, ["involvedObject.kind"] = about.resource.kind }
    given.namespace = about.namespace
  end
  local out = {}
  for _, event in ipairs((objects.list("k8s.events", objects.target("k8s.events", "events", given), given))) do
    if not opts.type or event.type == opts.type then out[#out + 1] = M.event_line(event) end
  end
  table.sort(out, function(a, b)
    local x, y = sortable(a.time), sortable(b.time)
    if x ~= y then return x > y end
    return a.object .. a.reason < b.object .. b.reason
  end)
  for i = #out, (opts.limit or #out) + 1, -1 do out[i] = nil end
  return out
end

--- The workload that a pod is of, by its owner: "deployment/x", "statefulset/y"; nil for a pod of its own.
local function workload_of(pod)
  for _, ref in ipairs(pod.metadata.ownerReferences or {}) do
    local hash = (pod.metadata.labels or {})["pod-template-hash"]
    if ref.controller and ref.kind == "ReplicaSet" and hash and ref.name:sub(-#hash - 1) == "-" .. hash then
      return "deployment/" .. ref.name:sub(1, -#hash - 2)
    elseif ref.controller then
      return ref.kind:lower() .. "/" .. ref.name
    end
  end
  return nil
end

--- The images that pods run. Pure.
---@param pods table[]
---@return { workload: string?, pod: string, container: string, image: string, image_id: string?, ready: boolean }[]
function M.images_of(pods)
  local out = {}
  for _, pod in ipairs(pods) do
    local statuses = {}
    for _, status in ipairs(pod.status and pod.status.containerStatuses or {}) do statuses[status.name] = status end
    for _, container in ipairs(pod.spec.containers or {}) do
      local status = statuses[container.name] or {}
      out[#out + 1] = {
        workload = workload_of(pod), pod = pod.metadata.name, container = container.name, image = container.image,
        image_id = status.imageID, ready = status.ready == true,
      }
    end
  end
  table.sort(out, function(a, b) return a.pod .. "/" .. a.container < b.pod .. "/" .. b.container end)
  return out
end

--- The images that the pods of a namespace run, or those of one workload. A read.
---
---     for _, i in ipairs(k8s.images { namespace = "animica-devnet" }) do … i.workload, i.image … end
---@param opts? almanac.k8s.ListOptions|{ ref?: string|table }
---@return { workload: string?, pod: string, container: string, image: string, image_id: string?, ready: boolean }[]
function M.images(opts)
  step.require_read "k8s.images"
  opts = arguments.options("k8s.images", opts, IMAGE_OPTIONS, "first")
  if opts.ref then
    local _, pods = require("almanac.k8s_logs").pods_of("k8s.images", objects.one("k8s.images", opts.ref, opts))
    return M.images_of(pods)
  end
  return M.images_of((objects.list("k8s.images", objects.target("k8s.images", "pods", opts), opts)))
end

--- The pods of a workload: those of its newest revision, and all. A read.
---@param ref string|table
---@param opts? { namespace?: string, context?: string }
---@return table[] newest
---@return table[] all
function M.pods(ref, opts)
  step.require_read "k8s.pods"
  opts = arguments.options("k8s.pods", opts, arguments.where)
  local newest, all = require("almanac.k8s_logs").pods_of("k8s.pods", objects.one("k8s.pods", ref, opts))
  return newest, all
end

return M

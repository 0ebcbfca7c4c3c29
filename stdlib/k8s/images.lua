--- Images: what the pods of a namespace or a workload run.
local arguments = require "almanac.k8s.arguments"
local fields = require "almanac.base.fields"
local logs = require "almanac.k8s.logs"
local objects = require "almanac.k8s.objects"
local step = require "almanac.run.step"

local M = {}

local IMAGES = fields.declare("k8s.images", fields.with(arguments.some, {
  fields = arguments.many.fields,
  ref = { "ref", help = "only those of this workload" },
}))

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
function M.images(opts)
  step.require_read "k8s.images"
  opts = fields.check(IMAGES, opts)
  if opts.ref then
    local _, pods = logs.pods_of("k8s.images", objects.one("k8s.images", opts.ref, opts))
    return M.images_of(pods)
  end
  return M.images_of((objects.list("k8s.images", objects.target("k8s.images", "pods", opts), opts)))
end

return M

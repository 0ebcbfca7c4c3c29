--- Section 3B: the devnet's stateless workloads, one after another, each beside its old pods until it is ready.
local devnet = require "lib.devnet"

local surge = {}

--- An image with another tag. Pure.
---@param image string  "HOST/NAME:TAG"
---@param tag string
local function with_tag(image, tag) return (image:gsub(":[^:/]*$", "")) .. ":" .. tag end

--- The patch that brings a tag to a workload, never with a pod less than before. Pure.
---@param deployment table  as k8s.get gives it
---@param tag string
---@return table
function surge.patch(deployment, tag)
  local containers = {}
  for i, container in ipairs(deployment.spec.template.spec.containers) do
    containers[i] = { name = container.name, image = with_tag(container.image, tag) }
  end
  return { spec = {
    strategy = { type = "RollingUpdate", rollingUpdate = { maxUnavailable = 0, maxSurge = 1 } },
    template = { spec = { containers = containers } },
  } }
end

--- Refuses what has a state: two of it would write to one.
local function refuse_stateful(name)
  errors.raise { kind = "refused", message = name .. " is a StatefulSet: a second one would need a chain of its own",
    hint = "strategy=shadow makes one, in a namespace of its own" }
end

--- The workloads that were asked for; all that are stateless without any.
---@param only string[]
function surge.chosen(only)
  local by_name, out = {}, {}
  for _, w in ipairs(devnet.workloads) do by_name[w.name] = w end
  for i, name in ipairs(only) do
    local w = by_name[name]
    if not w then errors.raise { kind = "refused", message = "the devnet has no workload " .. name } end
    if w.ref:find "^statefulset/" then refuse_stateful(name) end
    out[i] = w
  end
  return #out > 0 and out or devnet.stateless()
end

--- Rolls them one after another, with a gate between each.
---@param p { tag: string, workloads: string[], between: number }
---@return string[] names
function surge.run(_, p)
  local workloads, names = surge.chosen(p.workloads), {}
  for i, w in ipairs(workloads) do
    names[i] = w.name
    step("surge " .. w.name, function()
      local found = k8s.get(w.ref, { namespace = devnet.namespace })
      return k8s.patch(w.ref, surge.patch(found, p.tag), { namespace = devnet.namespace })
    end)
    step(w.name .. " is ready", function()
      return k8s.rollout(w.ref, { namespace = devnet.namespace, timeout = w.timeout })
    end)
    parallel("gates after " .. w.name, devnet.gates { hold = p.between })
  end
  return names
end

return surge

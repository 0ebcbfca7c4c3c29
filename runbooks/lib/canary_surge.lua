--- Section 3B: the devnet's stateless workloads, one after another, each beside its old pods until it is ready.
local devnet = require "lib.devnet"
local gates = require "lib.gates"

local surge = {}

--- An image with another tag. Pure.
---@param image string  "HOST/NAME:TAG"
---@param tag string
local function with_tag(image, tag) return (image:gsub(":[^:/]*$", "")) .. ":" .. tag end

--- The containers of a workload, with their images. Pure.
---@param deployment table  as k8s.get gives it
---@return { name: string, image: string }[]
local function images_of(deployment)
  local out = {}
  for i, container in ipairs(deployment.spec.template.spec.containers) do
    out[i] = { name = container.name, image = container.image }
  end
  return out
end

--- The patch that gives a workload these images, never with a pod less than before. Pure.
---@param images { name: string, image: string }[]
---@return table
function surge.patch(images)
  return { spec = {
    strategy = { type = "RollingUpdate", rollingUpdate = { maxUnavailable = 0, maxSurge = 1 } },
    template = { spec = { containers = images } },
  } }
end

--- Gives a workload the images of a tag, and says which it had.
local function bring(ref, tag)
  local before = images_of(k8s.get(ref, { namespace = devnet.namespace }))
  local after = {}
  for i, one in ipairs(before) do after[i] = { name = one.name, image = with_tag(one.image, tag) } end
  k8s.patch(ref, surge.patch(after), { namespace = devnet.namespace })
  return before
end

local function put_back(workload, before)
  k8s.patch(workload.ref, surge.patch(before), { namespace = devnet.namespace })
  k8s.rollout(workload.ref, { namespace = devnet.namespace, timeout = workload.timeout })
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
  local limits = step("read the limits", gates.read)
  for i, w in ipairs(workloads) do
    names[i] = w.name
    step("surge " .. w.name, { undo = function(before) put_back(w, before) end }, function() return bring(w.ref, p.tag) end)
    step(w.name .. " is ready", function()
      return k8s.rollout(w.ref, { namespace = devnet.namespace, timeout = w.timeout })
    end)
    parallel("gates after " .. w.name, gates.branches(limits, { hold = p.between }))
  end
  return names
end

return surge

--- k8s.drain: a node emptied as `kubectl drain` does: cordoned, then its pods evicted as their disruption
--- budgets allow. The cordon and each eviction are effects in steps of their own, so that a plan shows each,
--- and a run that is cut off goes on with the pods that are left.
--- https://github.com/kubernetes/kubectl/blob/master/pkg/drain/filters.go
local arguments = require "almanac.k8s.arguments"
local cordons = require "almanac.k8s.cordon"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local evict = require "almanac.k8s.evict"
local fields = require "almanac.base.fields"
local objects = require "almanac.k8s.objects"
local removal = require "almanac.k8s.removal"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

local WHO = "k8s.drain"
local RETRY_SECONDS = 5 -- between two questions about a budget, as kubectl asks

---@class almanac.k8s.DrainOptions
---@field selector? string|table<string, string>  only pods with these labels
---@field grace? integer            seconds for the processes of a pod to end; default the pod's own
---@field delete_empty_dirs? boolean pods that use an emptyDir go too, and what is in it is lost
---@field force? boolean            pods that no controller makes anew go too
---@field timeout? string|number    duration, for all of it; default 10m
---@field context? string

local DRAIN = fields.declare(WHO, {
  context = arguments.where.context,
  selector = { "selector", help = "only pods with these labels" },
  grace = removal.options.grace,
  delete_empty_dirs = { "flag", help = "pods that use an emptyDir go too, and what is in it is lost" },
  force = { "flag", help = "pods that no controller makes anew go too" },
  timeout = { "duration", default = "10m", help = "for all of it" },
}, { at = 2 })

-- Which pods go ----------------------------------------------------------------------------------

local function controller_of(pod)
  for _, owner in ipairs(pod.metadata.ownerReferences or {}) do
    if owner.controller then return owner end
  end
  return nil
end

local function has_empty_dir(pod)
  for _, volume in ipairs(pod.spec.volumes or {}) do
    if volume.emptyDir then return true end
  end
  return false
end

--- What becomes of a pod: "evict", "leave" or "refuse", and why. By kubectl's rules. Pure.
---@param pod table
---@param opts almanac.k8s.DrainOptions
---@return "evict"|"leave"|"refuse" what
---@return string? why
function M.fate(pod, opts)
  local phase = pod.status and pod.status.phase
  local controller = controller_of(pod)
  if (pod.metadata.annotations or {})["kubernetes.io/config.mirror"] then return "leave", "of the node itself" end
  if phase == "Succeeded" or phase == "Failed" then return "evict" end
  if controller and controller.kind == "DaemonSet" then return "leave", "of a DaemonSet, which would put it back" end
  if has_empty_dir(pod) and not opts.delete_empty_dirs then
    return "refuse", "it uses an emptyDir, which would be lost: delete_empty_dirs = true"
  end
  if not controller and not opts.force then return "refuse", "no controller would make it anew: force = true" end
  return "evict"
end

local function name_of(pod) return pod.metadata.namespace .. "/" .. pod.metadata.name end

local function refuse(node, refused)
  errors.raise {
    kind = "refused", in_doubt = false,
    message = string.format("%s: node/%s is not drained, for %s", WHO, node, table.concat(refused, "; ")),
    hint = "nothing was changed: end these pods yourself, or say that they may go",
  }
end

--- The pods of a node, by what becomes of them; refuses before anything is changed.
local function look(node, opts)
  local target = objects.target(WHO, "pods", { all_namespaces = true, context = opts.context })
  local pods = objects.list(WHO, target, { selector = opts.selector, fields = { ["spec.nodeName"] = node } })
  table.sort(pods, function(a, b) return name_of(a) < name_of(b) end)
  local out, refused, left = {}, {}, {}
  for _, pod in ipairs(pods) do
    local what, why = M.fate(pod, opts)
    if what == "evict" then out[#out + 1] = pod end
    if what == "refuse" then refused[#refused + 1] = string.format("pod %s: %s", name_of(pod), why) end
    if what == "leave" then left[#left + 1] = string.format("%s (%s)", name_of(pod), why) end
  end
  if #refused > 0 then refuse(node, refused) end
  return out, left
end

-- Emptying it ------------------------------------------------------------------------------------

local function where_of(pod, opts)
  return { namespace = pod.metadata.namespace, context = opts.context, uid = pod.metadata.uid, grace = opts.grace }
end

--- One pod as an effect in a step of its own; its end is waited for later, with the others'.
local function evict_one(pod, opts)
  local title = string.format("evict %s of %s (%s)", pod.metadata.name, pod.metadata.namespace, pod.metadata.uid:sub(1, 8))
  step.run(title, { digest = pod.metadata.uid }, function()
    local where = where_of(pod, opts)
    where.wait = false
    return evict.evict("pod/" .. pod.metadata.name, where)
  end)
end

local function raise_blocked(node, blocked, seconds)
  local lines = {}
  for _, item in ipairs(blocked) do lines[#lines + 1] = string.format("pod %s: %s", name_of(item.pod), item.budget) end
  errors.raise {
    kind = "timeout",
    message = string.format("%s: after %s node/%s still holds %d pods whose disruption budget allows no eviction: %s", WHO,
      duration.format(seconds), node, #blocked, table.concat(lines, "; ")),
    hint = "more of their pods have to be healthy elsewhere: k8s.rollout says what keeps them. The node stays cordoned; "
      .. "a resume goes on",
  }
end

--- Evicts those that may go now; gives the others, each with what its budget says.
local function evict_allowed(pods, opts, told)
  local blocked = {}
  for _, pod in ipairs(pods) do
    local where, budget = where_of(pod, opts), nil
    where.ref = "pod/" .. pod.metadata.name
    if not pod.metadata.deletionTimestamp then
      budget = evict.blocked_by(where)
      if not budget then evict_one(pod, opts) end
    end
    if budget then
      blocked[#blocked + 1] = { pod = pod, budget = budget }
      if not told[pod.metadata.uid] then step.note(string.format("pod %s waits: %s", name_of(pod), budget)) end
      told[pod.metadata.uid] = true
    end
  end
  return blocked
end

local function evict_all(node, pods, opts, deadline)
  local told, left = {}, pods
  while true do
    local blocked = evict_allowed(left, opts, told)
    if #blocked == 0 then return end
    if task.now() + RETRY_SECONDS > deadline then raise_blocked(node, blocked, duration.parse(opts.timeout)) end
    step.progress(string.format("%d of %d pods wait for their disruption budgets", #blocked, #pods))
    task.sleep(RETRY_SECONDS)
    left = {}
    for i, item in ipairs(blocked) do left[i] = item.pod end
  end
end

--- Evicts all of them, and waits until they are gone.
local function empty(node, pods, opts, deadline)
  evict_all(node, pods, opts, deadline)
  for _, pod in ipairs(pods) do
    local where = where_of(pod, opts)
    removal.wait_gone("pod/" .. pod.metadata.name, where.uid, { namespace = where.namespace, context = where.context,
      timeout = math.max(deadline - task.now(), 1) })
  end
end

local function result_of(node, pods, left)
  local names = {}
  for i, pod in ipairs(pods) do names[i] = name_of(pod) end
  return { node = node, evicted = names, left = left }
end

--- Empties a node: no new pods, and those that are there evicted, as their disruption budgets allow, until
--- they are gone. Pods of DaemonSets and of the node itself stay. What kubectl asks a flag for is refused
--- before anything is changed. Its undo is uncordon; evicted pods have been made anew elsewhere.
---
---     k8s.drain("worker-1", { timeout = "15m" })
function M.drain(node, opts)
  step.require_read(WHO)
  opts = fields.check(DRAIN, opts)
  local name = cordons.node_of(WHO, node)
  local deadline = task.now() + duration.parse(opts.timeout)
  look(name, opts)
  step.run("cordon " .. name, { digest = name }, function() return cordons.cordon(name, { context = opts.context }) end)
  local pods, left = look(name, opts) -- one may have come in between
  if #left > 0 then step.note("stays: " .. table.concat(left, ", ")) end
  step.await(function() empty(name, pods, opts, deadline) end, function()
    for _, pod in ipairs(pods) do evict_one(pod, opts) end
  end)
  return result_of(name, pods, left)
end

return M

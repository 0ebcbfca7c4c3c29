--- Logs of pods, named themselves or by their workload.
local api_path = require "almanac.k8s.api_path"
local arguments = require "almanac.k8s.arguments"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local k8s_client = require "almanac.k8s.client"
local objects = require "almanac.k8s.objects"
local revision = require "almanac.k8s.rollout.revision"
local step = require "almanac.run.step"

local M = {}

---@class almanac.k8s.LogOptions
---@field namespace? string
---@field container? string   default: the annotated or the first one
---@field tail? integer       last lines; default 100
---@field since? string|number  lines not older than this duration: "5m"
---@field previous? boolean   of the container before its last restart
---@field timestamps? boolean
---@field limit_bytes? integer default 1 MiB
---@field context? string

local OPTIONS = fields.with(arguments.where, {
  container = { "string", shown_default = "the only one, or the annotated one", help = "of the pod" },
  tail = { "integer", unit = "lines", shown_default = "100", help = "the last of the log" },
  since = { "duration", help = "only lines so young" },
  previous = { "flag", help = "of the container that ran before" },
  timestamps = { "flag", help = "before each line" },
  limit_bytes = { "integer", unit = "bytes", shown_default = "1 MiB", help = "at most" },
})
local LOGS = fields.declare("k8s.logs", OPTIONS, { at = 2 })
local FOLLOW = fields.declare("k8s.follow_logs", OPTIONS, { at = 2 })
local TAIL = 100
local LIMIT_BYTES = 1024 * 1024

--- The container whose log is meant: the one named, the annotated one, the first. Pure.
---@param pod table
---@param wanted string?
---@return string
function M.container(pod, wanted)
  local names = {}
  for _, list in ipairs { pod.spec.containers or {}, pod.spec.initContainers or {} } do
    for _, container in ipairs(list) do
      if container.name == wanted then return wanted end
      names[#names + 1] = container.name
    end
  end
  if wanted then
    errors.raise {
      kind = "not_found", message = string.format("pod %s has no container %q", pod.metadata.name, wanted),
      hint = "it has " .. table.concat(names, ", "),
    }
  end
  local annotated = (pod.metadata.annotations or {})["kubectl.kubernetes.io/default-container"]
  return annotated or names[1]
end

--- Which of a workload's pods to look at: of the newest revision, one that is running rather than
--- one that is not, the youngest of several. Pure.
---@param pods table[]
---@return table?
function M.pick(pods)
  local best, best_rank
  for _, pod in ipairs(pods) do
    local phase = pod.status and pod.status.phase
    local rank = (phase == "Running" and "2" or phase == "Failed" and "1" or "0") .. (pod.metadata.creationTimestamp or "")
    if pod.metadata.deletionTimestamp then rank = "-" .. rank end
    if not best or rank > best_rank then best, best_rank = pod, rank end
  end
  return best
end

--- The pods of a workload, and those of its newest revision.
---@param who string
---@param target almanac.k8s.Target
---@return table[] newest
---@return table[] all
---@return table workload
function M.pods_of(who, target)
  local workload = objects.get(who, target)
  local selector = objects.pod_selector(workload)
  if selector == "" then -- it would be every pod of the namespace
    errors.usage("%s: %s has no pods of its own; name a pod, or a workload: deployment/x, statefulset/x", who, target.label)
  end
  local opts = { namespace = target.namespace, selector = selector }
  local function list(kind)
    local collection = objects.target(who, kind, opts)
    collection.client = target.client
    return (objects.list(who, collection, opts))
  end
  local pods = list "pods"
  local replicasets = workload.kind == "Deployment" and list "replicasets" or nil
  return revision.newest(workload, pods, replicasets), pods, workload
end

--- The pod of a target: itself, or the one of a workload to look at.
---@param who string
---@param target almanac.k8s.Target
---@return table pod
function M.pod_of(who, target)
  if target.resource.resource == "pods" then return objects.get(who, target) end
  local newest, all = M.pods_of(who, target)
  local pod = M.pick(newest) or M.pick(all)
  if pod then return pod end
  errors.raise {
    kind = "not_found", message = string.format("%s: %s has no pods", who, target.label),
    hint = "is it scaled to 0? k8s.events shows why pods could not be made",
  }
end

local function request(who, target, opts)
  local pod = M.pod_of(who, target)
  local query = {
    container = M.container(pod, opts.container), tailLines = opts.tail or TAIL, previous = opts.previous or nil,
    sinceSeconds = opts.since and math.max(1, math.ceil(duration.parse(opts.since))) or nil, timestamps = opts.timestamps or nil,
    limitBytes = opts.limit_bytes or LIMIT_BYTES,
  }
  local r = target.resource
  local path = api_path.of {
    group = "", version = "v1", namespace = target.namespace, resource = "pods", name = pod.metadata.name, subresource = "log",
  }
  return { who = who, path = path, query = query, text = true, accept = "*/*", object = r.singular }
end

--- The last lines of a pod's log, or of the newest pod of a workload. A read.
function M.logs(ref, opts)
  step.require_read "k8s.logs"
  opts = fields.check(LOGS, opts)
  local target = objects.one("k8s.logs", ref, opts)
  return (k8s_client.request(target.client, request("k8s.logs", target, opts)))
end

--- The lines of a log as they are written, until the container ends; an iterator, to be used with
--- `for`. A read.
function M.follow(ref, opts)
  step.require_read "k8s.follow_logs"
  opts = fields.check(FOLLOW, opts)
  local target = objects.one("k8s.follow_logs", ref, opts)
  local wanted = request("k8s.follow_logs", target, opts)
  wanted.query.follow, wanted.query.limitBytes = true, nil
  local stream = k8s_client.stream(target.client, wanted)
  return function() return (stream:read_line()) end, nil, nil, stream
end

return M

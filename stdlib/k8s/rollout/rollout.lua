--- k8s.rollout: a workload of the cluster followed until it is rolled out.
local arguments = require "almanac.k8s.arguments"
local delete = require "almanac.k8s.delete"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local follow = require "almanac.k8s.rollout.follow"
local logs = require "almanac.k8s.logs"
local read = require "almanac.k8s.read"
local step = require "almanac.run.step"
local verdicts = require "almanac.k8s.rollout.verdict"
local watch = require "almanac.k8s.watch"

local M = {}

local world = { ---@type almanac.rollout.World
  watch = watch.watch, list = read.list, find = read.find, logs = logs.logs, delete = delete.delete,
}

local known = { timeout = true, heal = true, namespace = true, context = true, log_lines = true, condition = true,
  probe_grace = true }

local function check(ref, opts)
  step.require_read "k8s.rollout"
  if type(ref) ~= "string" or not ref:find "^[%w%.%-]+/[%w%.%-]+$" then
    errors.usage('k8s.rollout: the workload must be named like "deployment/animica-miner", not %s', tostring(ref))
  end
  if type(opts) ~= "table" then errors.usage("k8s.rollout: the options must be a table, not a %s", type(opts)) end
  for key in pairs(opts) do
    if not known[key] then
      errors.usage("k8s.rollout: there is no option %s; timeout, heal, namespace, context, log_lines, condition and "
        .. "probe_grace there are", tostring(key))
    end
  end
  if opts.condition ~= nil and (type(opts.condition) ~= "string" or opts.condition == "") then
    errors.usage('k8s.rollout: condition must be the name of a condition, like "Ready", not %s', tostring(opts.condition))
  end
end

--- In a plan nothing has been changed, so there is nothing to wait for: how it stands is shown.
local function look_once(ref, opts)
  local obj = world.find(ref, { namespace = opts.namespace, context = opts.context })
  local verdict = obj and verdicts.verdict(obj, opts.condition)
  local healing = opts.heal and ref:find "^s" and "; would delete a pod of an older revision that keeps it waiting" or ""
  step.explain(string.format("would wait up to %s; now: %s%s", duration.format(duration.parse(opts.timeout or "10m")),
    verdict and follow.short(verdict.message) or "it does not exist", healing))
  return { workload = ref, namespace = obj and obj.metadata.namespace or opts.namespace,
    message = verdict and verdict.message, generation = obj and obj.metadata.generation, elapsed = 0, healed = {} }
end

--- Follows a Deployment, StatefulSet, DaemonSet, Job or custom resource until it is rolled out: by kubectl's
--- conditions, a Job to its end, a custom resource by its status.conditions.
--- Fails as soon as it cannot be: raises kind "rollout" with workload, reason, pod, container,
--- exit_code, and the container's last lines in `logs`; at the timeout with what is known by then.
---
---     k8s.rollout("statefulset/animica-node", { timeout = "10m", heal = true })
---@param ref string              "deployment/animica-miner"
---@param opts? almanac.rollout.Options
---@return almanac.rollout.Done
function M.rollout(ref, opts)
  opts = arguments.options("k8s.rollout", opts) or {}
  check(ref, opts)
  local frame = step.current()
  if frame and frame.run.mode == "plan" then return look_once(ref, opts) end
  return follow.follow(world, ref, opts)
end

return M

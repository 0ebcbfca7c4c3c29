--- k8s.rollout: a workload of the cluster followed until it is rolled out.
local arguments = require "almanac.k8s.arguments"
local delete = require "almanac.k8s.delete"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
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

local ROLLOUT = fields.declare("k8s.rollout", fields.with(arguments.where, {
  timeout = { "duration", shown_default = "10m", help = "for all of it" },
  heal = { "flag", help = "deletes the pod of another revision that a StatefulSet waits for" },
  log_lines = { "integer", shown_default = "20", unit = "lines", help = "of the failed container, in the error" },
  condition = {
    "text", shown_default = "Ready, Available or the like", help = "of a custom resource: the one that must be True",
    words = 'the name of a condition, like "Ready"',
  },
  probe_grace = { "duration", shown_default = "for ever", help = "how long a pod may fail its readiness probe" },
}), { at = 2 })

local function check(ref, opts)
  step.require_read "k8s.rollout"
  if type(ref) ~= "string" or not ref:find "^[%w%.%-]+/[%w%.%-]+$" then
    errors.usage('k8s.rollout: the workload must be named like "deployment/web", not %s', tostring(ref))
  end
  return fields.check(ROLLOUT, opts)
end

--- In a plan nothing has been changed, so there is nothing to wait for: how it stands is shown.
local function look_once(ref, opts, draft, path)
  local obj = world.find(ref, { namespace = opts.namespace, context = opts.context })
  local verdict = obj and verdicts.verdict(obj, opts.condition)
  local healing = ""
  if opts.heal and (obj and obj.kind == "StatefulSet" or not obj and ref:find "^st") then
    healing = "; would delete a pod of an older revision that keeps it waiting"
    draft:add_possible(path, "k8s.delete")
  end
  step.explain(string.format("would wait up to %s; now: %s%s", duration.format(duration.parse(opts.timeout or "10m")),
    verdict and follow.short(verdict.message) or "it does not exist", healing))
  return { workload = ref, namespace = obj and obj.metadata.namespace or opts.namespace,
    message = verdict and verdict.message, generation = obj and obj.metadata.generation, elapsed = 0, healed = {} }
end

--- Follows a Deployment, StatefulSet, DaemonSet, Job, Pod or custom resource until it is rolled out: by kubectl's
--- conditions, a Job to its end, a Pod until it is ready or has ended, a custom resource by its status.conditions.
--- Fails as soon as it cannot be: raises kind "rollout" with workload, reason, pod, container,
--- exit_code, and the container's last lines in `logs`; at the timeout with what is known by then.
---
---     k8s.rollout("statefulset/animica-node", { timeout = "10m", heal = true })
function M.rollout(ref, opts)
  opts = check(ref, opts)
  return step.await(function() return follow.follow(world, ref, opts) end,
    function(draft, path) return look_once(ref, opts, draft, path) end, nil,
    { kind = "k8s.rollout", input = {
      object = ref, namespace = opts.namespace, context = opts.context, condition = opts.condition, heal = opts.heal,
      timeout = opts.timeout,
    } })
end

return M

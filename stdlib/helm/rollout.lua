--- helm.rollout: everything that a release holds, followed until it is rolled out.
local cli = require "almanac.helm.cli"
local fields = require "almanac.base.fields"
local k8s_rollout = require "almanac.k8s.rollout.rollout"
local parallel = require "almanac.run.parallel"
local records = require "almanac.helm.records"
local renders = require "almanac.helm.render"
local step = require "almanac.run.step"
local workloads = require "almanac.helm.workloads"

local M = {}

local ROLLOUT = fields.declare("helm.rollout", fields.with(cli.target_fields, {
  timeout = { "duration", shown_default = "10m", help = "for all of it" },
  heal = { "flag", help = "deletes the pod of another revision that a StatefulSet waits for" },
  log_lines = { "integer", shown_default = "20", unit = "lines", help = "of the failed container, in the error" },
  probe_grace = { "duration", shown_default = "for ever", help = "how long a pod may fail its readiness probe" },
}))

--- Names of steps hold no slash. Two workloads of one name are told apart by their namespace.
local function branch_name(workload, namespace)
  local name = workload.ref:gsub("/", " ")
  return workload.namespace == namespace and name or string.format("%s in %s", name, workload.namespace or "the cluster")
end

--- Follows all workloads that a release's newest revision holds, side by side, as k8s.rollout follows one:
--- Deployments, StatefulSets, DaemonSets, Jobs, and custom resources that say whether they are ready. They come
--- from the release's manifest, so that none has to be listed.
---
--- Errors: "rollout" (of the first that cannot become ready; the others are given up), "not_found" (there is no
--- such release).
---
---     helm.rollout { release = "animica-devnet", timeout = "10m", heal = true }
function M.rollout(target)
  step.require_read "helm.rollout"
  local input, opts = cli.input(ROLLOUT, target)
  local list = records.list(input)
  local awaited = { kind = "helm.rollout", input = { release = input.release, namespace = input.namespace, options = opts } }
  local function newest() return records.release(input, nil, "helm.rollout") end
  if #list == 0 then
    return step.await(newest, function()
      step.explain(string.format("would wait for the workloads of release %s, which is not installed yet", input.release))
      return {}
    end, nil, awaited)
  end
  local number = step.come_by(awaited)
  local found = workloads.of("helm.rollout", renders.objects_of(newest()), input.namespace)
  local branches, refs = {}, {}
  for _, workload in ipairs(found) do
    local name = branch_name(workload, input.namespace)
    refs[name] = workload.ref
    branches[name] = function()
      return k8s_rollout.rollout(workload.ref, { namespace = workload.namespace, timeout = opts.timeout, heal = opts.heal,
        log_lines = opts.log_lines, probe_grace = opts.probe_grace })
    end
  end
  if #found == 0 then step.note(string.format("release %s holds nothing that is rolled out", input.release)) end
  local done = {}
  for name, result in pairs(parallel.parallel("workloads of " .. input.release, branches)) do done[refs[name]] = result end
  step.came_by(number)
  return done
end

return M

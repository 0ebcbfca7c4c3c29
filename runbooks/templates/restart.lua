--- Restart a workload, and see that it is healthy afterwards.
---
--- When: it leaks, hangs, or must read its configuration again.
--- Touches: the pods of one workload of the namespace below.
--- Undone: nothing is to be taken back; the old pods are gone.
local namespace = "default" -- yours; allow keeps the runbook to it

return runbook {
  summary = "Restart a workload and see it healthy",
  params = {
    workload = param.string { required = true, pattern = "^[a-z]+/[a-z0-9.-]+$", example = "deployment/web", help = "kind/name" },
    timeout = param.duration { default = "5m", help = "until its pods must be ready" },
    errors = param.string { default = "", help = "PromQL of its error rate; empty: no gate" },
    limit = param.number { default = 0.01, help = "the error rate must stay below it" },
    hold = param.duration { default = "5m", help = "for so long" },
  },
  allow = { k8s = { namespace } },
  lock = function(p) return "workload/" .. namespace .. "/" .. p.workload end,
  on_failure = "stop",
  run = function(p)
    step("restart", function() k8s.restart(p.workload, { namespace = namespace }) end)
    step("ready", function() k8s.rollout(p.workload, { namespace = namespace, timeout = p.timeout }) end)
    if p.errors ~= "" then
      gate("errors", { query = p.errors, limit = p.limit, hold = p.hold })
    end
  end,
}

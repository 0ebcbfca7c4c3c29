--- Section 6 of the devnet's procedure, fast: the newest revision that is proven good, the node healed, proof.
local devnet = require "lib.devnet"

return runbook {
  summary = "Roll the devnet back to its previous good revision, and see the node ready again",
  params = {
    revision = param.integer { min = 1, help = "revision to go back to; without it, the newest before that is proven good" },
    strict = param.boolean { default = false, help = "the smoke check must reach explorer and metrics" },
  },
  pass_env = devnet.smoke_env,
  allow = {
    helm = { devnet.release },
    k8s = { devnet.namespace },
    shell = { "ops/scripts/*" },
  },
  lock = "release/" .. devnet.release,
  on_failure = "stop",
  run = function(p)
    local target = step("find the revision to go back to", function()
      if p.revision then
        return p.revision
      end
      local good = helm.previous_good { release = devnet.release, namespace = devnet.namespace }
      if not good then
        errors.raise {
          kind = "not_found", message = "no revision of " .. devnet.release .. " before the current one was ever good",
          hint = "helm history " .. devnet.release .. " -n " .. devnet.namespace .. " shows them; revision=N goes to one all the same",
        }
      end
      return good.revision
    end)

    step("roll back the release", function()
      return helm.rollback { release = devnet.release, namespace = devnet.namespace, revision = target }
    end)

    parallel("workloads are ready", devnet.each_workload(function(w)
      return k8s.rollout(w.ref, { namespace = devnet.namespace, timeout = w.timeout, heal = true })
    end))

    step("smoke check", { timeout = "3m" }, function()
      return devnet.smoke { strict = p.strict }
    end)
  end,
}

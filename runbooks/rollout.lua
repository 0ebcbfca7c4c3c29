--- Sections 4 and 5 of the devnet's procedure: upgrade the release, see the workloads ready, prove
--- the devnet healthy.
local devnet = require "lib.devnet"

return runbook {
  summary = "Upgrade the devnet to an image tag and prove it healthy, or roll it back",
  params = {
    tag = param.string {
      required = true, pattern = "^v%d+%.%d+%.%d+%-%x+$", help = "image tag of the release, e.g. v0.5.0-a1b2c3d",
    },
    observe = param.duration { default = "10m", help = "how long the gates must hold" },
    conflicts = param.enum {
      default = "stop", values = { "stop", "take" },
      help = "fields that others changed behind helm's back: stop at them, or take them back",
    },
    strict = param.boolean { default = true, help = "the smoke check must reach explorer and metrics" },
  },
  pass_env = devnet.smoke_env,
  allow = {
    helm = { devnet.release },
    k8s = { devnet.namespace },
    shell = { "ops/scripts/*" },
    read = { fs = { "ops/helm/**" } },
  },
  lock = "release/" .. devnet.release,
  on_failure = "ask",
  run = function(p)
    local before = step("read the current release", function()
      local current = helm.current { release = devnet.release, namespace = devnet.namespace }
      if not current then
        errors.raise {
          kind = "not_found", message = "there is no release " .. devnet.release .. " to upgrade",
          hint = "install it first: helm install " .. devnet.release .. " ops/helm/animica-devnet -n " .. devnet.namespace,
        }
      end
      local status = helm.status { release = devnet.release, namespace = devnet.namespace }
      return { revision = current.revision, status = current.status, server_side = status.server_side, at = os.time() }
    end)

    step("upgrade the release", {
      undo = function() devnet.roll_back(before.revision) end,
    }, function()
      return helm.upgrade {
        release = devnet.release,
        namespace = devnet.namespace,
        chart = "ops/helm/animica-devnet",
        values = { "ops/helm/animica-devnet/values.yaml" },
        set = { ["global.imageTag"] = p.tag },
        force_conflicts = p.conflicts == "take" and before.server_side, -- a client-side apply takes them anyway
      }
    end)

    parallel("workloads are ready", devnet.each_workload(function(w)
      return k8s.rollout(w.ref, { namespace = devnet.namespace, timeout = w.timeout })
    end))

    step("smoke check", { timeout = "3m" }, function()
      return devnet.smoke { strict = p.strict }
    end)

    parallel("gates", devnet.gates { hold = p.observe })

    step("no errors in the logs", function()
      return devnet.log_scan { from = before.at } -- what was logged before is no fault of this release
    end)

    step("no critical alerts", function()
      return devnet.critical_alerts()
    end)
  end,
}

--- Sections 4 and 5 of the devnet's procedure: upgrade the release, see the workloads ready, prove the devnet healthy.
---
--- When: after preflight, and after a canary where there was one (cutover does it then).
--- Touches: the release and namespace animica-devnet. An alert that is critical pauses it, for you to say what follows.
--- Undone: almanac rollback goes back to the newest revision that is proven good, or to the objects as they were.
local config = require "lib.config"
local devnet = require "lib.devnet"
local gates = require "lib.gates"
local marks = require "lib.marks"
local overlay = require "lib.overlay"
local versions = require "lib.versions"

local ways = { kustomize = overlay.roll }

--- By helm; gives when it began, in seconds since 1970.
function ways.helm(p)
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
      chart = devnet.chart,
      values = { devnet.values },
      set = { ["global.imageTag"] = p.tag },
      force_conflicts = p.conflicts == "take" and before.server_side, -- a client-side apply takes them anyway
    }
  end)
  return before.at
end

return runbook {
  summary = "Upgrade the devnet to an image tag and prove it healthy, or roll it back",
  params = {
    tag = param.string {
      required = true, pattern = versions.TAG, help = "image tag of the release, e.g. v0.5.0-a1b2c3d",
    },
    method = param.enum {
      default = "helm", values = { "helm", "kustomize" },
      help = "upgrade the release, or build and apply the overlay with the tag in its images",
    },
    observe = param.duration { default = "10m", help = "how long the gates must hold" },
    conflicts = param.enum {
      default = "stop", values = { "stop", "take" },
      help = "fields that others changed behind helm's back: stop at them, or take them back",
    },
    strict = param.boolean { default = true, help = "the smoke check must reach explorer and metrics" },
  },
  pass_env = devnet.smoke_env,
  vars = { devnet = config.declaration, [gates.section] = gates.declaration },
  allow = {
    helm = { devnet.release },
    k8s = { devnet.namespace },
    shell = { "ops/scripts/*" },
    grafana = { "annotations" },
    read = { fs = { "ops/**" }, env = devnet.smoke_env },
  },
  lock = "release/" .. devnet.release,
  on_failure = "ask",
  run = function(p)
    local what = "rollout of " .. p.tag
    local limits = step("read the limits", gates.read)
    marks.begin(what, { "rollout", p.tag })
    local began = ways[p.method](p)

    parallel("workloads are ready", devnet.each_workload(function(w)
      return k8s.rollout(w.ref, { namespace = devnet.namespace, timeout = w.timeout })
    end))

    step("smoke check", { timeout = "3m" }, function()
      return devnet.smoke { strict = p.strict }
    end)

    -- One that fires pauses the run: the operator says to go on, to roll back or to stop.
    guard("no critical alerts", { alerts = {} }, function()
      parallel("gates", gates.branches(limits, { hold = p.observe }))

      step("no errors in the logs", { retry = devnet.until_logged }, function()
        return devnet.log_scan { from = began } -- what was logged before is no fault of this release
      end)
    end)

    marks.done(what, { "rollout", p.tag })
  end,
}

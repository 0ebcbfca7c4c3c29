--- A release that a dead helm left pending: every other helm refuses to touch it.
---
--- When: helm says "another operation (install/upgrade/rollback) is in progress", and nobody's is. A run of almanac that
--- was killed needs none of it: almanac resume does the same.
--- Touches: the record of the pending revision, once you have agreed: the revision before is the newest again. The objects
--- stay as that helm left them: some may be new.
--- Undone: not at all. Go on with rollout, or back with rollback.
return runbook {
  summary = "Take a release out of the pending state that a dead helm left",
  params = {
    release = param.string { required = true, help = "e.g. animica-devnet" },
    namespace = param.string { help = "without it, the release's name" },
    min_age = param.duration { default = "15m", help = "a pending revision younger than this may be alive: it is refused" },
  },
  allow = { helm = { "*", "*/*" } },
  lock = function(p) return "release/" .. p.release end,
  on_failure = "stop",
  run = function(p)
    step("repair the release", function()
      return helm.repair { release = p.release, namespace = p.namespace, min_age = p.min_age }
    end)
  end,
}

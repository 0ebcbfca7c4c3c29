--- A release that a dead helm left pending-install, pending-upgrade or pending-rollback: every other helm
--- refuses to touch it.
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

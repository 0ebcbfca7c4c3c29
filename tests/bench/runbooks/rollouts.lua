return runbook {
  summary = "follow N Deployments at once",
  params = { n = param.integer { required = true } },
  allow = { k8s = { "bench" } },
  run = function(p)
    local branches = {}
    for i = 1, p.n do
      branches["d" .. i] = function() return k8s.rollout("deployment/d" .. i, { namespace = "bench", timeout = "2m" }).generation end
    end
    parallel("all", branches)
  end,
}

--- The whole procedure as one run: release, preflight, canary, cutover or rollout, verify, announce.
---
--- When: a version goes to the devnet from what is checked out.
--- Touches: the repository and its remote, the registry, the namespaces animica-canary and animica-devnet, the channel,
--- GitHub's issues and Grafana: what each of them does, which keeps to its own `allow` (`almanac show NAME`).
--- Undone: almanac rollback, of this run or of one of them alone. What was pushed and told stays.

--- By a canary of its strategy; what a shadow proved is promoted with it.
local function to_the_devnet(p, tag)
  runbook.call("canary", { tag = tag, strategy = p.strategy, observe = p.observe_canary, between = p.between })
  if p.strategy == "shadow" then
    return runbook.call("cutover", { tag = tag, keep = p.keep, observe = p.observe })
  end
  -- The images are patched behind helm's back, and are those that it brings.
  return runbook.call("rollout", { tag = tag, observe = p.observe, conflicts = "take" })
end

return runbook {
  summary = "Bring a version from the repository to the devnet: release, preflight, canary, rollout, verify, announce",
  params = {
    version = param.string { required = true, pattern = "^v%d+%.%d+%.%d+$", help = "of the release, e.g. v0.5.0" },
    change_owner = param.string { required = true, help = "release engineer on call, e.g. ada" },
    backout_owner = param.string { help = "who would take it back; without it, the change owner" },
    window = param.string { default = "any time, at low traffic", help = "when the change takes place" },
    strategy = param.enum { default = "shadow", values = { "shadow", "surge" }, help = "of the canary: beside the devnet, or in place" },
    observe_canary = param.duration { default = "15m", help = "shadow: how long it is compared at most" },
    between = param.duration { default = "2m", help = "surge: how long the gates must hold after each workload" },
    observe = param.duration { default = "10m", help = "how long the devnet's gates must hold" },
    keep = param.duration { default = "30m", help = "shadow: how long the canary stays as a fallback" },
    verify_window = param.duration { default = "10m", min = 1, help = "that verify looks back on" },
    alerts = param.duration {
      default = "20m", min = 1, help = "verify: without a critical alert; shorter, where one was let pass on the way",
    },
    reset = param.string { help = "the devnet's name in full, where a change of the chain needs a reset" },
    knobs = param.list { default = {}, help = "what else was changed: Θ, Γ, fees" },
    todos = param.list { default = {}, help = "follow-up tasks, an issue for each" },
  },
  on_failure = "ask",
  run = function(p)
    local made = runbook.call("release", { version = p.version, change_owner = p.change_owner,
      backout_owner = p.backout_owner, window = p.window })
    runbook.call("preflight", { tag = made.tag, reset = p.reset })
    to_the_devnet(p, made.tag)
    runbook.call("verify", { window = p.verify_window, alerts = p.alerts })
    runbook.call("announce", { tag = made.tag, change_owner = p.change_owner, backout_owner = p.backout_owner,
      knobs = p.knobs, todos = p.todos })
    return { tag = made.tag }
  end,
}

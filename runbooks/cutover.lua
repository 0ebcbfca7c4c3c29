--- Section 7 of the devnet's procedure: what was proven as a canary becomes the devnet's.
---
--- When: after canary strategy=shadow has passed.
--- Touches: all that rollout does; then, once the canary was kept as a fallback, its release and namespace are removed.
--- Undone: almanac rollback takes the devnet back; a canary that was removed is installed by canary again.
local config = require "lib.config"
local devnet = require "lib.devnet"
local gates = require "lib.gates"
local marks = require "lib.marks"
local shadow = require "lib.canary_shadow"
local versions = require "lib.versions"

--- The tag that the canary was installed with; the one that was asked for, if it is that.
local function tag_of_canary(asked)
  local canary = helm.current { release = devnet.canary.release, namespace = devnet.canary.namespace }
  if not canary then
    errors.raise { kind = "not_found", message = "there is no release " .. devnet.canary.release .. " to promote",
      hint = "almanac run canary tag=… makes one; almanac run rollout tag=… goes without" }
  end
  local tag = devnet.tag_of(devnet.canary.namespace)
  if asked and asked ~= tag then
    errors.raise { kind = "refused", message = string.format("the canary runs %s, and not %s", tag, asked),
      hint = "what is promoted is what was proven" }
  end
  return tag
end

return runbook {
  summary = "Promote the canary's tag to the devnet; keep the canary for a while, then remove it",
  params = {
    tag = param.string { pattern = versions.TAG, help = "that the canary must have, e.g. v0.5.0-a1b2c3d" },
    keep = param.duration { default = "30m", help = "how long the canary stays as a fallback; 0s: not at all" },
    observe = param.duration { default = "10m", help = "how long the devnet's gates must hold" },
    breach = param.enum {
      default = "pause", values = { "pause", "stop", "undo" },
      help = "what follows when a gate breaks while the canary is kept",
    },
  },
  -- A run that is called keeps to both tables: what rollout may is here, too.
  allow = {
    helm = { devnet.canary.release, devnet.release },
    k8s = { devnet.canary.namespace, "namespace/" .. devnet.canary.namespace, devnet.namespace },
    shell = { "ops/scripts/*" },
    grafana = { "annotations" },
    runbook = { "rollout" },
    read = { fs = { "ops/**" }, env = devnet.smoke_env },
  },
  pass_env = devnet.smoke_env,
  vars = { devnet = config.declaration, [gates.section] = gates.declaration },
  lock = "release/" .. devnet.canary.release,
  on_failure = "ask",
  run = function(p)
    local c = step("read almanac.yaml", config.read)
    local tag = step("read the canary's tag", function() return tag_of_canary(p.tag) end)

    local what = "cutover to " .. tag
    marks.begin(what, { "cutover", tag })

    runbook.call("rollout", { tag = tag, observe = p.observe })

    if p.keep > 0 then
      local limits = step("read the limits", gates.read)
      local watched = { gates = gates.guarded(limits), alerts = {}, on_breach = p.breach, interval = c.scrape_interval }
      guard("the devnet stays healthy", watched, function()
        sleep("the canary is kept as a fallback", p.keep)
      end)
    end

    step("remove the canary", shadow.remove)
    marks.done(what, { "cutover", tag })
    return { tag = tag }
  end,
}

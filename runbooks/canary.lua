--- Section 3 of the devnet's procedure: a release is tried before it is the devnet's.
---
--- When: after preflight, before cutover or rollout.
--- Touches: strategy=shadow the namespace animica-canary; surge the devnet's stateless Deployments; compose the services
--- of the Compose file.
--- Undone: a canary that fails is taken away at once, or what ran before is put back; almanac rollback does the same with
--- one that passed.
local config = require "lib.config"
local devnet = require "lib.devnet"
local gates = require "lib.gates"
local shadow = require "lib.canary_shadow"
local stack = require "lib.devnet_compose"
local surge = require "lib.canary_surge"
local versions = require "lib.versions"

local strategies = { shadow = shadow.run, surge = surge.run, compose = stack.roll }

return runbook {
  summary = "Try an image tag beside the devnet, or on a part of it, and judge it; a bad one is taken away",
  params = {
    tag = param.string {
      required = true, pattern = versions.TAG, help = "image tag of the release, e.g. v0.5.0-a1b2c3d",
    },
    strategy = param.enum {
      default = "shadow", values = { "shadow", "surge", "compose" },
      help = "a copy in a namespace of its own, the stateless workloads in place, or the Compose devnet",
    },
    observe = param.duration { default = "15m", help = "shadow: how long it is compared at most" },
    between = param.duration { default = "2m", help = "surge: how long the gates must hold after each workload" },
    workloads = param.list { default = {}, help = "surge: only these" },
  },
  allow = {
    helm = { devnet.canary.release },
    k8s = { devnet.canary.namespace, "namespace/" .. devnet.canary.namespace, devnet.namespace },
    shell = { "ops/scripts/*" },
    compose = { "**" }, -- which one is almanac.yaml's to say
    env = { "IMAGE_TAG" },
    read = { fs = { "ops/**" }, env = devnet.smoke_env },
  },
  pass_env = devnet.smoke_env,
  vars = { devnet = config.declaration, [gates.section] = gates.declaration },
  -- A surge changes the devnet itself, as a rollout does.
  lock = function(p) return "release/" .. (p.strategy == "surge" and devnet.release or devnet.canary.release) end,
  on_failure = "undo",
  run = function(p)
    local c = step("read almanac.yaml", config.read)
    local judged = strategies[p.strategy](c, p)
    return { tag = p.tag, strategy = p.strategy, judged = judged }
  end,
}

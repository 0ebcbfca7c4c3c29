--- Section 6 of the devnet's procedure, fast: the newest revision that is proven good, the node healed, proof.
---
--- When: a release is bad, and nobody wants to wait. Of a run that failed, `almanac rollback RUN` undoes just that.
--- Touches: the release; with=compose the Compose devnet; db= the services' database; wipe=node the chain's.
--- Undone: rollout with the newer tag. What db=restore overwrote and wipe=node deleted is gone.
local config = require "lib.config"
local database = require "lib.database"
local devnet = require "lib.devnet"
local marks = require "lib.marks"
local stack = require "lib.devnet_compose"
local versions = require "lib.versions"

--- The revision to go back to.
local function target_of(p)
  if p.revision then return p.revision end
  local good = helm.previous_good { release = p.namespace, namespace = p.namespace }
  if not good then
    errors.raise {
      kind = "not_found", message = "no revision of " .. p.namespace .. " before the current one was ever good",
      hint = "helm history " .. p.namespace .. " -n " .. p.namespace .. " shows them; revision=N goes to one all the same",
    }
  end
  return good.revision
end

--- What helm calls a release is what the devnet calls its namespace, of the devnet and of its canary.
local function pin(p)
  return helm.upgrade { release = p.namespace, namespace = p.namespace, chart = devnet.chart, values = { devnet.values },
    set = { ["global.imageTag"] = p.to } }
end

local ways = {}

function ways.compose(p, what)
  if not p.to then
    errors.raise { kind = "refused", message = "with=compose needs the tag to go back to: Compose keeps no history",
      hint = "to=v0.4.2-0f9e8d7" }
  end
  local c = step("read almanac.yaml", config.read)
  marks.begin(what, { "rollback" })
  stack.roll(c, { tag = p.to })
end

function ways.kubernetes(p, what)
  local c = p.db ~= "keep" and step("read almanac.yaml", config.read) or nil

  local target = not p.to and step("find the revision to go back to", function() return target_of(p) end) or nil

  -- What takes a schema back came with the newer release.
  step("take the database down", { when = p.db == "down" }, function() return database.down(c, p, target) end)

  if p.to then
    step("pin the tag", function() return pin(p) end)
  else
    step("roll back the release", function()
      return helm.rollback { release = p.namespace, namespace = p.namespace, revision = target }
    end)
  end
  marks.begin(what, { "rollback" }) -- nothing waits for Grafana before it is done

  parallel("workloads are ready", devnet.each_workload(function(w)
    return k8s.rollout(w.ref, { namespace = p.namespace, timeout = w.timeout, heal = true })
  end))

  step("restore the database", { when = p.db == "restore" }, function() return database.restore(c, p.namespace) end)

  step("wipe the node", { when = p.wipe == "node" }, function() return devnet.wipe_chain(p.namespace) end)

  step("smoke check", { timeout = "3m" }, function()
    return devnet.smoke { strict = p.strict, canary = p.namespace == devnet.canary.namespace }
  end)
end

return runbook {
  summary = "Roll the devnet back to its previous good revision or to a tag, and see the node ready again",
  params = {
    revision = param.integer { min = 1, help = "revision to go back to; without it, the newest before that is proven good" },
    to = param.string { pattern = versions.TAG, help = "image tag to pin instead, e.g. v0.4.2-0f9e8d7" },
    with = param.enum { default = "kubernetes", values = { "kubernetes", "compose" }, help = "which devnet" },
    db = param.enum {
      default = "keep", values = { "keep", "down", "restore" },
      help = "the services' database: as it is, its schema taken down before, or restored from its snapshot after",
    },
    wipe = param.enum { default = "nothing", values = { "nothing", "node" }, help = "the chain's database, for a new genesis" },
    typed = param.string { help = "wipe=node: what is wiped, typed in full: NAMESPACE/animica-node" },
    namespace = param.string { default = devnet.namespace, help = "the devnet's, or its canary's" },
    strict = param.boolean { default = false, help = "the smoke check must reach explorer and metrics" },
  },
  pass_env = devnet.smoke_env,
  vars = { devnet = config.declaration },
  allow = {
    helm = { devnet.release, devnet.canary.release },
    k8s = { devnet.namespace, devnet.canary.namespace },
    shell = { "ops/scripts/*" },
    grafana = { "annotations" },
    compose = { "**" }, -- which one is almanac.yaml's to say
    env = { "IMAGE_TAG" },
    read = { fs = { "ops/**" }, env = devnet.smoke_env },
  },
  lock = function(p) return "release/" .. p.namespace end,
  on_failure = "stop",
  run = function(p)
    if p.wipe == "node" then devnet.check_wipe(p.namespace, p.typed) end
    if p.to and p.revision then
      errors.raise { kind = "refused", message = "revision= and to= are two ways back", hint = "give one of them" }
    end
    local target = p.to or p.revision and "revision " .. p.revision
    local what = "rollback of " .. p.namespace .. (target and " to " .. target or "")
    ways[p.with](p, what)
    marks.done(what, { "rollback" })
  end,
}

--- What the devnet's runbooks share: names, workloads, log searches. Its gates are in gates.lua. Everything that touches
--- the world runs in the step that calls it.
local config = require "lib.config"

local devnet = {
  release = "animica-devnet",
  namespace = "animica-devnet",
  canary = { release = "animica-canary", namespace = "animica-canary" },
  chart = "ops/helm/animica-devnet",
  values = "ops/helm/animica-devnet/values.yaml",
}

--- Label matchers of the two in Prometheus. The devnet is what is not the canary, so that its gates are not mixed with
--- those of a canary that the same Prometheus scrapes, and hold where series carry no namespace at all.
devnet.in_canary = 'namespace="animica-canary"'
devnet.in_devnet = 'namespace!="animica-canary"'

-- Workloads ----------------------------------------------------------------------------------------

--- In the order in which the procedure watches them.
devnet.workloads = {
  { name = "animica-node", ref = "statefulset/animica-node", timeout = "10m" },
  { name = "animica-miner", ref = "deployment/animica-miner", timeout = "5m" },
  { name = "animica-explorer", ref = "deployment/animica-explorer", timeout = "5m" },
  { name = "animica-services", ref = "deployment/animica-services", timeout = "5m" },
  { name = "animica-studio-web", ref = "deployment/animica-studio-web", timeout = "5m" },
  { name = "animica-explorer-web", ref = "deployment/animica-explorer-web", timeout = "5m" },
}

--- Those without a state of their own: two versions of them may run side by side.
---@return { name: string, ref: string, timeout: string }[]
function devnet.stateless()
  local out = {}
  for _, workload in ipairs(devnet.workloads) do
    if workload.ref:find "^deployment/" then out[#out + 1] = workload end
  end
  return out
end

--- Branches for `parallel`: fn(workload) for each of the six, by name.
---@param fn fun(workload: { name: string, ref: string, timeout: string }): any
---@return table<string, fun(): any>
function devnet.each_workload(fn)
  local branches = {}
  for _, workload in ipairs(devnet.workloads) do
    branches[workload.name] = function() return fn(workload) end
  end
  return branches
end

--- The tag that the devnet's release, or its canary's, was given; nil where its chart takes none. A read.
---@param namespace string  which has the release's name
---@param revision? integer  without it, the newest
---@return string?
function devnet.tag_of(namespace, revision)
  local values = helm.values { release = namespace, namespace = namespace, revision = revision, all = true }
  return values.global and values.global.imageTag
end

--- Waits for all workloads one after the other, and deletes the node's pod where it is of a bad
--- revision that its StatefulSet waits for.
---@param namespace? string
---@return table<string, any> results by workload
function devnet.heal(namespace)
  local results = {}
  for _, w in ipairs(devnet.workloads) do
    local opts = { namespace = namespace or devnet.namespace, timeout = w.timeout, heal = true }
    results[w.name] = k8s.rollout(w.ref, opts)
  end
  return results
end

--- Takes the release back to the newest revision that is proven good, from this one downwards, and sees the
--- workloads ready. helm's own rollback leaves the node down when its new image crashed.
---@param newest integer
function devnet.roll_back(newest)
  local good = helm.previous_good { release = devnet.release, namespace = devnet.namespace, newest = newest }
  helm.rollback { release = devnet.release, namespace = devnet.namespace, revision = good and good.revision or newest }
  return devnet.heal()
end

--- Holds a wipe to the devnet's own namespaces, and to the node's name typed in full. Pure; raises kind "refused".
---@param namespace string
---@param typed? string
function devnet.check_wipe(namespace, typed)
  if namespace ~= devnet.namespace and namespace ~= devnet.canary.namespace then
    errors.raise { kind = "refused", message = "wipe=node is not for the namespace " .. namespace,
      hint = string.format("only %s and %s may lose their chain", devnet.namespace, devnet.canary.namespace) }
  end
  local name = namespace .. "/animica-node"
  if typed ~= name then
    errors.raise { kind = "refused", message = "wipe=node deletes the chain's database, and nothing brings it back",
      hint = "say so by its name in full: typed=" .. name }
  end
end

--- Wipes the chain's database: the node begins anew on empty volumes. Nothing takes it back.
---@param namespace? string
function devnet.wipe_chain(namespace)
  local where = namespace or devnet.namespace
  local wiped = k8s.wipe_claims("statefulset/animica-node", { namespace = where })
  k8s.rollout("statefulset/animica-node", { namespace = where, timeout = "10m" })
  return wiped
end

--- What the smoke check reads of the environment: a runbook that runs it names them (pass_env, and env of allow).
devnet.smoke_env = { "RPC_HTTP_URL", "EXPLORER_URL", "SERVICES_URL", "DA_API_URL", "CHAIN_ID", "TIMEOUT_SEC" }

local SMOKE_URLS = { rpc = "RPC_HTTP_URL", explorer = "EXPLORER_URL", services = "SERVICES_URL", da = "DA_API_URL" }

--- Where the smoke check looks, by vars.devnet.urls or canary_urls. What they lack comes from the environment; of the
--- canary nothing does, for that is the devnet. Raises kind "refused" where the canary's RPC is not known.
---@param c table  of config.read
---@param canary boolean?
---@return table<string, string> env
function devnet.smoke_at(c, canary)
  local urls, env = canary and c.canary_urls or c.urls, {}
  if canary and not urls.rpc then
    errors.raise { kind = "refused", message = "vars.devnet.canary_urls has no rpc: the smoke check would look at the devnet itself",
      hint = "give almanac.yaml the address at which the canary's RPC answers" }
  end
  for part, name in pairs(SMOKE_URLS) do env[name] = urls[part] or canary and "" or nil end
  return env
end

--- The smoke check of the repository, of the devnet or its canary. It only looks.
---@param opts? { strict?: boolean, canary?: boolean }
function devnet.smoke(opts)
  opts = opts or {}
  local argv = { "bash", "ops/scripts/smoke_devnet.sh" }
  if opts.strict then argv[#argv + 1] = "--strict" end
  return sh.read({ argv = argv, env = devnet.smoke_at(config.read(), opts.canary), timeout = "150s" }).stdout
end

-- Logs and alerts ----------------------------------------------------------------------------------

--- The procedure's two searches. The second is wider by its case: Python writes "Traceback".
---@param namespace? string
function devnet.log_searches(namespace)
  namespace = namespace or devnet.namespace
  return {
    { name = "ERROR", logql = string.format('{namespace="%s"} |= "ERROR" | json', namespace) },
    { name = "panic", logql = string.format('{namespace="%s", app="node"} |~ "(?i)panic|traceback|exception"', namespace) },
  }
end

local function raise_gate(message, hint)
  errors.raise { kind = "gate", verdict = "fail", message = message, hint = hint }
end

--- Lines are collected some seconds after they were printed, and a quiet minute may have none: a search that found nothing
--- at all is tried again for half a minute. An option of the step that searches.
devnet.until_logged = { times = 7, delay = "5s", factor = 1, on = { "no_data" } }

--- Searches the logs; raises kind "gate" when lines were found, "no_data" when nothing was logged at all.
---@param opts? { since?: string|number, from?: number, namespace?: string, allowed?: integer }
---   since: duration, default 10m; from: seconds since 1970 instead; allowed: lines that are put up with
---@return { found: integer }
function devnet.log_scan(opts)
  opts = opts or {}
  local range = { since = opts.since or "10m", from = opts.from, limit = 100 }
  local found, lines, seen = 0, {}, {}
  for _, search in ipairs(devnet.log_searches(opts.namespace)) do
    for _, entry in ipairs(loki.query_range(search.logql, range).entries) do
      local key = entry.time_ns .. entry.line
      if not seen[key] then -- a panic at level ERROR is found by both
        seen[key] = true
        found = found + 1
        if #lines < 5 then lines[#lines + 1] = string.format("%s: %s", entry.labels.app or "?", entry.line) end
      end
    end
  end
  if found > (opts.allowed or 0) then
    raise_gate(string.format("%d log lines that should not be there:\n  %s", found,
      table.concat(lines, "\n  ")), "the newest are shown; look at the workload they come from")
  end
  local any = string.format('{namespace="%s"}', opts.namespace or devnet.namespace)
  if #loki.query_range(any, { since = range.since, from = range.from, limit = 1 }).entries == 0 then
    errors.raise { kind = "no_data", message = "nothing was logged in " .. any .. ": no lines are no proof of health",
      hint = "is Loki collecting the logs of this namespace?" }
  end
  return { found = found }
end

--- Raises kind "gate" when an alert of severity critical or page fires.
---@return { firing: integer }
function devnet.critical_alerts()
  local firing = alerts.critical()
  if #firing == 0 then return { firing = 0 } end
  local lines = {}
  for i, alert in ipairs(firing) do
    lines[i] = string.format("%s (%s) since %s%s", alert.name, alert.severity, alert.since,
      alert.summary and ": " .. alert.summary or "")
  end
  raise_gate(string.format("%d alerts fire that pause a rollout:\n  %s", #firing,
    table.concat(lines, "\n  ")), "ops/runbooks/alerts_reference.md says what each means")
end

return devnet

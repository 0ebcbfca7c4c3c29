--- What the devnet's runbooks share: names, workloads, gates, log searches. Everything that touches
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

-- Gates --------------------------------------------------------------------------------------------

-- A failure counter that carries its outcome as a label has no series until the first failure.
local function ratio(failed, all, window)
  return string.format("(sum(rate(%s[%s])) or vector(0)) / clamp_min(sum(rate(%s[%s])), 1e-6)",
    failed, window, all, window)
end

-- Both counters are there from the start: one that is missing is no 0.
local function strict_ratio(failed, all, window)
  return string.format("sum(rate(%s[%s])) / clamp_min(sum(rate(%s[%s])), 1e-6)", failed, window, all, window)
end

-- As strict_ratio, where the counters are of the two outcomes.
local function share(bad, good, window)
  return string.format("sum(rate(%s[%s])) / clamp_min(sum(rate(%s[%s])) + sum(rate(%s[%s])), 1e-6)",
    bad, window, bad, window, good, window)
end

local function quantile(q, buckets)
  return string.format("histogram_quantile(%s, sum by(le) (rate(%s[5m])))", q, buckets)
end

-- How often the highest value of a series changed; its instances are compared as one, so that a
-- restarted pod is no change.
local function changes(metric, window)
  return string.format("changes(max(%s)[%s:5s])", metric, window)
end

local LATENCY = "animica_rpc_request_duration_seconds_bucket"

--- A query with the devnet's labels in each of its selectors. Pure.
---@param query string
---@return string
function devnet.scoped(query)
  return (query:gsub("(animica_[%w_]+)(%b{})", function(name, matchers)
    return name .. "{" .. matchers:sub(2, -2) .. "," .. devnet.in_devnet .. "}"
  end):gsub("(animica_[%w_]+)([^%w_{])", "%1{" .. devnet.in_devnet .. "}%2"))
end

--- Value and limit apart: a comparison within PromQL gives nothing when it is false. `hold` is the
--- window of the devnet's own table; `critical` fails a gate at once when it is reached (a lag above
--- 20 blocks is one of 21).
devnet.gate_specs = {
  { name = "node head advances", query = changes("animica_head_height", "15m"), op = ">", limit = 0, hold = "5m" },
  { name = "node head lag", query = "max(animica_head_height) - min(animica_head_height)", op = "<=", limit = 5,
    critical = 21, hold = "10m" },
  { name = "finality", query = changes("animica_finalized_height", "30m"), op = ">", limit = 0, hold = "10m" },
  { name = "RPC errors", query = ratio('animica_rpc_requests_total{status="error"}', "animica_rpc_requests_total", "5m"),
    limit = 0.05, critical = 0.20, hold = "10m" },
  -- "Stable" as a number: the spread of the p95 in units of its mean.
  { name = "RPC p95 stable", limit = 0.5, hold = "10m",
    query = string.format("stddev_over_time(%s[10m:5s]) / clamp_min(avg_over_time(%s[10m:5s]), 1e-6)",
      quantile(0.95, LATENCY), quantile(0.95, LATENCY)) },
  { name = "RPC p99", query = quantile(0.99, LATENCY), limit = 0.5, hold = "10m" },
  { name = "gamma moves", query = changes("animica_poies_gamma_total", "6h"), op = ">", limit = 0, hold = "15m" },
  { name = "fairness", query = "max(animica_poies_fairness_index)", op = ">=", limit = 0.60, critical = 0.40,
    hold = "30m" },
  { name = "mix ratio", query = "max(animica_poies_mix_ratio)", op = "<=", limit = 0.98, hold = "30m" },
  { name = "mempool ready", query = "sum(animica_mempool_ready_total)", op = ">", limit = 0, hold = "10m" },
  { name = "mempool queue", query = "max(animica_mempool_size_txs)", limit = 5000, critical = 15000, hold = "10m" },
  { name = "mempool rejections", query = share("animica_mempool_reject_total", "animica_mempool_admit_total", "5m"),
    limit = 0.10, critical = 0.30, hold = "10m" },
  { name = "peers", query = "min(animica_p2p_peers_connected)", op = ">=", limit = 5, critical = 0, hold = "10m" },
  { name = "P2P drops", query = "max(rate(animica_p2p_frames_dropped_total[5m]))", limit = 1, critical = 10,
    hold = "10m" },
  { name = "P2P backpressure", limit = 0.20, critical = 0.50, hold = "10m",
    query = "sum(animica_p2p_streams_backpressured) / clamp_min(sum(animica_p2p_streams_total), 1)" },
  { name = "DA sampling", query = "max(max_over_time(animica_da_sampling_p_fail[10m]))", limit = 0.02,
    critical = 0.05, hold = "15m" },
  { name = "DA proofs", limit = 0.01, critical = 0.05, hold = "15m",
    query = strict_ratio("animica_da_proof_verify_fail_total", "animica_da_proof_verify_total", "10m") },
  { name = "beacon", query = "time() - max(animica_randomness_beacon_last_finalized_timestamp_seconds)", limit = 300,
    critical = 900, hold = "2m" },
  { name = "VDF failures", limit = 0.05, critical = 0.20, hold = "10m",
    query = share("animica_randomness_vdf_verify_fail_total", "animica_randomness_vdf_verify_ok_total", "10m") },
  { name = "VDF p95", query = quantile(0.95, "animica_randomness_vdf_verify_seconds_bucket"), limit = 2, hold = "10m" },
  { name = "AICF timeouts", limit = 0.03, critical = 0.10, hold = "15m",
    query = strict_ratio("animica_aicf_jobs_timeout_total", "animica_aicf_jobs_assigned_total", "10m") },
  { name = "AICF jobs assigned", query = "sum(rate(animica_aicf_jobs_assigned_total[10m]))", op = ">", limit = 0,
    hold = "15m" },
  { name = "AICF jobs completed", query = "sum(rate(animica_aicf_jobs_completed_total[10m]))", op = ">", limit = 0,
    hold = "15m" },
  { name = "AICF SLA", limit = 0.03, critical = 0.10, hold = "15m",
    query = strict_ratio("animica_aicf_sla_fail_total", "animica_aicf_sla_evaluations_total", "10m") },
  { name = "AICF slashing", query = "sum(rate(animica_aicf_slash_events_total[10m]))", limit = 0.05, critical = 0.20,
    hold = "15m" },
  { name = "explorer 5xx", limit = 0.05, critical = 0.15, hold = "10m",
    query = ratio('animica_explorer_http_requests_total{code=~"5.."}', "animica_explorer_http_requests_total", "5m") },
  { name = "explorer WS", limit = 0.5, critical = 1.0, hold = "5m",
    query = strict_ratio("animica_explorer_ws_disconnects_total", "animica_explorer_ws_connects_total", "5m") },
}

for _, spec in ipairs(devnet.gate_specs) do spec.query = devnet.scoped(spec.query) end

--- A gate by its name; raises kind "usage".
function devnet.gate_spec(name)
  for _, spec in ipairs(devnet.gate_specs) do
    if spec.name == name then return spec end
  end
  local names = {}
  for i, spec in ipairs(devnet.gate_specs) do names[i] = spec.name end
  errors.raise { kind = "usage", message = string.format("the devnet has no gate %q", tostring(name)),
    hint = "there are " .. table.concat(names, ", ") }
end

--- The gates for a guard, which has no window: it watches for as long as it lasts.
---@return table[]
function devnet.guarded()
  local out = {}
  for i, spec in ipairs(devnet.gate_specs) do
    out[i] = { name = spec.name, query = spec.query, op = spec.op, limit = spec.limit, critical = spec.critical }
  end
  return out
end

--- Branches for `parallel`: the gates by name.
---@param opts? { hold?: string|number, interval?: string|number, only?: string[] }
---   hold: for all of them, instead of each one's own window; only: names
---@return table<string, fun(): any>
function devnet.gates(opts)
  opts = opts or {}
  local chosen = devnet.gate_specs
  if opts.only then
    chosen = {}
    for i, name in ipairs(opts.only) do chosen[i] = devnet.gate_spec(name) end
  end
  local branches = {}
  for _, spec in ipairs(chosen) do
    local own = {}
    for key, value in pairs(spec) do own[key] = value end
    own.hold, own.interval = opts.hold or spec.hold, opts.interval
    branches[spec.name] = function() return gate(own) end
  end
  return branches
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

local function raise_gate(verdict, message, hint)
  errors.raise { kind = "gate", verdict = verdict, message = message, hint = hint }
end

--- Searches the logs; raises kind "gate" when lines were found, or when nothing was logged at all.
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
    raise_gate("fail", string.format("%d log lines that should not be there:\n  %s", found,
      table.concat(lines, "\n  ")), "the newest are shown; look at the workload they come from")
  end
  local any = string.format('{namespace="%s"}', opts.namespace or devnet.namespace)
  if #loki.query_range(any, { since = range.since, from = range.from, limit = 1 }).entries == 0 then
    raise_gate("no data", "nothing was logged in " .. any .. ": no lines are no proof of health",
      "is Loki collecting the logs of this namespace?")
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
  raise_gate("fail", string.format("%d alerts fire that pause a rollout:\n  %s", #firing,
    table.concat(lines, "\n  ")), "ops/runbooks/alerts_reference.md says what each means")
end

return devnet

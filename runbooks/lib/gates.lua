--- The devnet's gates: each with its query, its limits, how long it must hold, what it means when it does not, and what to do
--- then. Limits are almanac.yaml's to change: vars.devnet_limits.
local devnet = require "lib.devnet"

local gates = { section = "devnet_limits" }

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
function gates.scoped(query)
  return (query:gsub("(animica_[%w_]+)(%b{})", function(name, matchers)
    return name .. "{" .. matchers:sub(2, -2) .. "," .. devnet.in_devnet .. "}"
  end):gsub("(animica_[%w_]+)([^%w_{])", "%1{" .. devnet.in_devnet .. "}%2"))
end

--- Value and limit apart: a comparison within PromQL gives nothing when it is false. `hold` is the window of the devnet's
--- own table; `critical` fails a gate at once when it is reached (a lag above 20 blocks is one of 21). `key` is the limit's
--- in almanac.yaml, and `unit` what it counts; `act` says what it means that a gate does not hold, and what to do.
gates.specs = {
  { name = "node head advances", key = "head_changes", unit = "blocks in 15 minutes", hold = "5m",
    query = changes("animica_head_height", "15m"), op = ">", limit = 0,
    act = "no block is made: look at the node's log and the miner's, and whether the node has peers" },
  { name = "node head lag", key = "head_lag", unit = "blocks", hold = "10m", op = "<=", limit = 5, critical = 21,
    query = "max(animica_head_height) - min(animica_head_height)",
    act = "a node falls behind the others: look at its peers, its disk, and whether it follows another chain" },
  { name = "finality", key = "finality_changes", unit = "heights in 30 minutes", hold = "10m",
    query = changes("animica_finalized_height", "30m"), op = ">", limit = 0,
    act = "blocks come and are not finalized: compare the versions of the nodes, and their clocks" },
  { name = "RPC errors", key = "rpc_errors", unit = "share of requests", hold = "10m", limit = 0.05, critical = 0.20,
    query = ratio('animica_rpc_requests_total{status="error"}', "animica_rpc_requests_total", "5m"),
    act = "clients get errors: the node's log says which methods; a change of the RPC may have broken a client" },
  -- "Stable" as a number: the spread of the p95 in units of its mean.
  { name = "RPC p95 stable", key = "rpc_p95_spread", unit = "share of the mean", hold = "10m", limit = 0.5,
    query = string.format("stddev_over_time(%s[10m:5s]) / clamp_min(avg_over_time(%s[10m:5s]), 1e-6)",
      quantile(0.95, LATENCY), quantile(0.95, LATENCY)),
    act = "answers take now longer, now shorter: look at the node's processor, its disk, and what else runs beside it" },
  { name = "RPC p99", key = "rpc_p99", unit = "seconds", hold = "10m", limit = 0.5, query = quantile(0.99, LATENCY),
    act = "one answer of a hundred is slow: look at the node's processor and disk, and for a method that became slower" },
  { name = "gamma moves", key = "gamma_changes", unit = "changes in 6 hours", hold = "15m",
    query = changes("animica_poies_gamma_total", "6h"), op = ">", limit = 0,
    act = "no useful work is counted: look whether proofs reach the node, and are rejected" },
  { name = "fairness", key = "fairness", unit = "index, 0 to 1", hold = "30m", op = ">=", limit = 0.60, critical = 0.40,
    query = "max(animica_poies_fairness_index)",
    act = "few miners take most of the work: look which, and whether the others are connected" },
  { name = "mix ratio", key = "mix_ratio", unit = "share of one type of proof", hold = "30m", op = "<=", limit = 0.98,
    query = "max(animica_poies_mix_ratio)",
    act = "one type of proof crowds out the rest: look whether the others' verifiers work" },
  { name = "mempool ready", key = "mempool_ready", unit = "transactions", hold = "10m", op = ">", limit = 0,
    query = "sum(animica_mempool_ready_total)",
    act = "what is submitted is not made ready: submit one, and look at the reason of its rejection" },
  { name = "mempool queue", key = "mempool_queue", unit = "transactions", hold = "10m", limit = 5000, critical = 15000,
    query = "max(animica_mempool_size_txs)",
    act = "transactions pile up: look whether blocks are made and are full, and raise the floor of fees if it is spam" },
  { name = "mempool rejections", key = "mempool_rejections", unit = "share of transactions", hold = "10m", limit = 0.10,
    critical = 0.30, query = share("animica_mempool_reject_total", "animica_mempool_admit_total", "5m"),
    act = "many transactions are refused: the node's log has the reasons; the new version may check more" },
  { name = "peers", key = "peers", unit = "peers", hold = "10m", op = ">=", limit = 5, critical = 0,
    query = "min(animica_p2p_peers_connected)",
    act = "the node has few peers: look at the seed list's age, port 30333, and the versions of the peers" },
  { name = "P2P drops", key = "p2p_drops", unit = "frames a second", hold = "10m", limit = 1, critical = 10,
    query = "max(rate(animica_p2p_frames_dropped_total[5m]))",
    act = "frames are dropped: look for a peer of another protocol version, and at the network" },
  { name = "P2P backpressure", key = "p2p_backpressure", unit = "share of streams", hold = "10m", limit = 0.20, critical = 0.50,
    query = "sum(animica_p2p_streams_backpressured) / clamp_min(sum(animica_p2p_streams_total), 1)",
    act = "peers send more than the node takes: look at its processor and disk" },
  { name = "DA sampling", key = "da_sampling", unit = "probability", hold = "15m", limit = 0.02, critical = 0.05,
    query = "max(max_over_time(animica_da_sampling_p_fail[10m]))",
    act = "data may not be available: look whether the DA stores answer, and hold what they announced" },
  { name = "DA proofs", key = "da_proofs", unit = "share of proofs", hold = "15m", limit = 0.01, critical = 0.05,
    query = strict_ratio("animica_da_proof_verify_fail_total", "animica_da_proof_verify_total", "10m"),
    act = "proofs of data do not verify: compare the versions of who makes and who verifies them" },
  { name = "beacon", key = "beacon_age", unit = "seconds", hold = "2m", limit = 300, critical = 900,
    query = "time() - max(animica_randomness_beacon_last_finalized_timestamp_seconds)",
    act = "no round of randomness was finalized: look whether its participants are connected, and at the VDF" },
  { name = "VDF failures", key = "vdf_failures", unit = "share of verifications", hold = "10m", limit = 0.05, critical = 0.20,
    query = share("animica_randomness_vdf_verify_fail_total", "animica_randomness_vdf_verify_ok_total", "10m"),
    act = "VDF proofs do not verify: compare parameters and versions of prover and verifier" },
  { name = "VDF p95", key = "vdf_p95", unit = "seconds", hold = "10m", limit = 2,
    query = quantile(0.95, "animica_randomness_vdf_verify_seconds_bucket"),
    act = "verifying takes long: look at the node's processor, and its limit in the chart" },
  { name = "AICF timeouts", key = "aicf_timeouts", unit = "share of jobs", hold = "15m", limit = 0.03, critical = 0.10,
    query = strict_ratio("animica_aicf_jobs_timeout_total", "animica_aicf_jobs_assigned_total", "10m"),
    act = "jobs are not finished in time: look which providers, and at their quota" },
  { name = "AICF jobs assigned", key = "aicf_assigned", unit = "jobs a second", hold = "15m", op = ">", limit = 0,
    query = "sum(rate(animica_aicf_jobs_assigned_total[10m]))",
    act = "no job is assigned: look whether providers are registered, and jobs submitted" },
  { name = "AICF jobs completed", key = "aicf_completed", unit = "jobs a second", hold = "15m", op = ">", limit = 0,
    query = "sum(rate(animica_aicf_jobs_completed_total[10m]))",
    act = "no job is completed: look at the providers, and whether their results are accepted" },
  { name = "AICF SLA", key = "aicf_sla", unit = "share of evaluations", hold = "15m", limit = 0.03, critical = 0.10,
    query = strict_ratio("animica_aicf_sla_fail_total", "animica_aicf_sla_evaluations_total", "10m"),
    act = "providers miss what they promised: look which, and whether the evaluation changed" },
  { name = "AICF slashing", key = "aicf_slashing", unit = "events a second", hold = "15m", limit = 0.05, critical = 0.20,
    query = "sum(rate(animica_aicf_slash_events_total[10m]))",
    act = "providers are slashed: stop, and look whether they are wrong or the new version's judgement is" },
  { name = "explorer 5xx", key = "explorer_5xx", unit = "share of requests", hold = "10m", limit = 0.05, critical = 0.15,
    query = ratio('animica_explorer_http_requests_total{code=~"5.."}', "animica_explorer_http_requests_total", "5m"),
    act = "the explorer fails: look at its log, and whether the node's RPC answers it" },
  { name = "explorer WS", key = "explorer_ws", unit = "disconnects for each connect", hold = "5m", limit = 0.5, critical = 1.0,
    query = strict_ratio("animica_explorer_ws_disconnects_total", "animica_explorer_ws_connects_total", "5m"),
    act = "WebSockets break off: look at the explorer's restarts, and at the proxy's timeouts" },
}

--- Limits in seconds are written as durations: 500ms, 5m.
local function limit_param(spec, default, help)
  if spec.unit == "seconds" then return param.duration { default = default, help = help } end
  return param.number { default = default, min = 0, max = spec.unit:find "^share of " and 1 or nil, help = help }
end

local WORDS = { ["<"] = "below", ["<="] = "at most", [">"] = "above", [">="] = "at least" }

--- What almanac.yaml may say of limits, for vars.read.
gates.declaration = {}
for _, spec in ipairs(gates.specs) do
  spec.op, spec.query = spec.op or "<", gates.scoped(spec.query)
  gates.declaration[spec.key] = limit_param(spec, spec.limit,
    string.format("%s must be %s it; %s", spec.name, WORDS[spec.op], spec.unit))
  if spec.critical then
    gates.declaration[spec.key .. "_critical"] = limit_param(spec, spec.critical,
      string.format("%s fails at once there; %s", spec.name, spec.unit))
  end
end

--- A critical limit that is healthy would fail a healthy gate.
local function check_order(spec, limits)
  local critical, limit = limits[spec.key .. "_critical"], limits[spec.key]
  local upper = spec.op == "<" or spec.op == "<="
  if not critical or critical == limit or (critical > limit) == upper then return end
  errors.raise { kind = "refused", message = string.format("vars.%s: %s_critical (%g) is on the healthy side of %s (%g)", gates.section,
    spec.key, critical, spec.key, limit), hint = "it fails the gate at once: it is worse than the limit" }
end

--- The limits, and where those are written that almanac.yaml has: a step's function.
---@return table<string, any>
function gates.read()
  local limits = vars.read(gates.section, gates.declaration)
  for _, spec in ipairs(gates.specs) do check_order(spec, limits) end
  limits.written = vars.places(gates.section)
  return limits
end

--- A gate with the limits that hold; without any, those of the devnet's table. Pure.
local function with_limits(spec, limits)
  limits = limits or {}
  local key, critical = spec.key, spec.key .. "_critical"
  local written = limits.written or {}
  return {
    name = spec.name, query = spec.query, op = spec.op, hold = spec.hold, limit = limits[key] or spec.limit,
    critical = limits[critical] or spec.critical, act = spec.act,
    limit_from = (written[key] or "runbooks/lib/gates.lua") .. (written[critical] and ", critical: " .. written[critical] or ""),
  }
end

--- A gate by its name; raises kind "usage".
---@param name string
---@param limits? table  of gates.read
function gates.spec(name, limits)
  for _, spec in ipairs(gates.specs) do
    if spec.name == name then return with_limits(spec, limits) end
  end
  local names = {}
  for i, spec in ipairs(gates.specs) do names[i] = spec.name end
  errors.raise { kind = "usage", message = string.format("the devnet has no gate %q", tostring(name)),
    hint = "there are " .. table.concat(names, ", ") }
end

--- The gates for a guard, which has no window: it watches for as long as it lasts.
---@param limits? table  of gates.read
---@return table[]
function gates.guarded(limits)
  local out = {}
  for i, spec in ipairs(gates.specs) do
    out[i] = with_limits(spec, limits)
    out[i].hold = nil
  end
  return out
end

--- Branches for `parallel`: the gates by name.
---@param limits table?  of gates.read
---@param opts? { hold?: string|number, interval?: string|number, only?: string[] }
---   hold: for all of them, instead of each one's own window; only: names
---@return table<string, fun(): any>
function gates.branches(limits, opts)
  opts = opts or {}
  local chosen, branches = {}, {}
  for i, spec in ipairs(gates.specs) do chosen[i] = spec.name end
  for _, name in ipairs(opts.only or chosen) do
    local spec = gates.spec(name, limits)
    spec.hold, spec.interval = opts.hold or spec.hold, opts.interval
    branches[name] = function() return gate(spec) end
  end
  return branches
end

return gates

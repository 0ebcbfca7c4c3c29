--- The devnet's metrics: what each workload exports, how fast it grows when all is well, and what a
--- fault makes of it. Time comes from outside, so a second is what the caller says it is.
local metrics = {}

-- name, help, type, workload, and how its series come about:
--   gauge:   fn(chain, has) -> value, or a list of { labels, value }
--   counter: list of { labels, per_second(chain, has) }; a fault's pace shows in a rate over minutes
--            after seconds already
--   histogram: per_second(chain, has), and seconds(has) -> the latency that most observations have
local LIST = {}

local function gauge(name, workload, help, fn)
  LIST[#LIST + 1] = { name = name, type = "gauge", workload = workload, help = help, fn = fn }
end

local function counter(name, workload, help, series)
  if type(series) == "function" then series = { { "", series } } end
  LIST[#LIST + 1] = { name = name, type = "counter", workload = workload, help = help, series = series }
end

local function histogram(name, workload, help, per_second, typical)
  LIST[#LIST + 1] = { name = name, type = "histogram", workload = workload, help = help, per_second = per_second,
    typical = typical }
end

--- `bad` while the fault is on, else `good`.
local function either(fault, bad, good)
  return function(_, has) return has(fault) and bad or good end
end

local NODE, MINER, EXPLORER, SERVICES = "animica-node", "animica-miner", "animica-explorer", "animica-services"

gauge("animica_head_height", NODE, "Height of the chain's head.", function(chain, has)
  if not has("head-lag") then return chain.head end
  return { { 'instance="node-0:8545"', chain.head }, { 'instance="node-1:8545"', math.max(0, chain.head - 30) } }
end)
gauge("animica_finalized_height", NODE, "Height of the last finalized block.", function(chain) return chain.finalized end)

--- A share of the RPC's requests, in a second.
local function rpc_share(fault, bad, good)
  local share = either(fault, bad, good)
  return function(chain, has) return chain.rpc_rate * share(chain, has) end
end

counter("animica_rpc_requests_total", NODE, "JSON-RPC requests by status.", {
  { 'status="ok"', rpc_share("rpc-errors", 0.625, 0.9976) }, { 'status="error"', rpc_share("rpc-errors", 0.375, 0.0024) },
})
histogram("animica_rpc_request_duration_seconds", NODE, "Duration of JSON-RPC requests.",
  function(chain) return chain.rpc_rate end, either("rpc-slow", 1.8, 0.04))
counter("animica_poies_gamma_total", NODE, "Useful work accepted, in gamma.", function(chain, has)
  return (has("gamma-stall") or not chain.mining) and 0 or 1.7
end)
gauge("animica_poies_fairness_index", NODE, "Fairness of the mix of useful work, 0 to 1.", either("unfair", 0.31, 0.87))
gauge("animica_poies_mix_ratio", NODE, "Share of each kind of useful work.", function(_, has)
  if has("unfair") then return { { 'type="hash"', 0.99 }, { 'type="ai"', 0.01 }, { 'type="storage"', 0 } } end
  return { { 'type="hash"', 0.52 }, { 'type="ai"', 0.31 }, { 'type="storage"', 0.17 } }
end)
counter("animica_mempool_ready_total", NODE, "Transactions that became ready.", either("mempool-stuck", 0, 5))
gauge("animica_mempool_size_txs", NODE, "Transactions waiting.", either("mempool-full", 18000, 140))
counter("animica_mempool_admit_total", NODE, "Transactions admitted.", either("mempool-rejects", 3, 5))
counter("animica_mempool_reject_total", NODE, "Transactions rejected.", either("mempool-rejects", 3, 0.05))
gauge("animica_p2p_peers_connected", NODE, "Peers connected.", either("low-peers", 2, 9))
counter("animica_p2p_frames_dropped_total", NODE, "Frames dropped.", either("p2p-drops", 60, 0.01))
gauge("animica_p2p_streams_total", NODE, "Streams open.", function() return 40 end)
gauge("animica_p2p_streams_backpressured", NODE, "Streams under backpressure.", either("p2p-backpressure", 24, 1))
gauge("animica_da_sampling_p_fail", NODE, "Probability that sampling misses missing data.",
  either("da-sampling", 0.08, 0.002))
counter("animica_da_proof_verify_total", NODE, "Availability proofs verified.", function() return 12 end)
counter("animica_da_proof_verify_fail_total", NODE, "Availability proofs that failed.", either("da-proofs", 1.2, 0.01))
gauge("animica_randomness_beacon_last_finalized_timestamp_seconds", NODE, "When the beacon was last finalized.",
  function(chain, has) return has("beacon-stale") and chain.beacon_stale or chain.beacon end)
counter("animica_randomness_vdf_verify_ok_total", NODE, "VDF proofs that verified.", either("vdf-fail", 0.7, 1))
counter("animica_randomness_vdf_verify_fail_total", NODE, "VDF proofs that failed.", either("vdf-fail", 0.3, 0.001))
histogram("animica_randomness_vdf_verify_seconds", NODE, "Duration of VDF verification.",
  function() return 1 end, either("vdf-slow", 4, 0.3))
counter("animica_aicf_jobs_assigned_total", NODE, "AI jobs assigned.", either("aicf-stall", 0, 2))
counter("animica_aicf_jobs_completed_total", NODE, "AI jobs completed.", either("aicf-stall", 0, 1.98))
counter("animica_aicf_jobs_timeout_total", NODE, "AI jobs that timed out.", either("aicf-timeouts", 0.4, 0.01))
counter("animica_aicf_sla_evaluations_total", NODE, "SLA evaluations.", function() return 2 end)
counter("animica_aicf_sla_fail_total", NODE, "SLA evaluations that failed.", either("aicf-sla", 0.4, 0.01))
counter("animica_aicf_slash_events_total", NODE, "Providers slashed.", either("aicf-slashing", 6, 0.0001))
counter("animica_miner_shares_total", MINER, "Shares submitted.", function() return 3 end)
counter("animica_explorer_http_requests_total", EXPLORER, "Requests of the explorer's API by code.", {
  { 'code="200"', either("explorer-5xx", 7, 10) }, { 'code="404"', function() return 0.1 end },
  { 'code="500"', either("explorer-5xx", 3, 0.001) },
})
counter("animica_explorer_ws_connects_total", EXPLORER, "WebSocket connections opened.", function() return 1 end)
counter("animica_explorer_ws_disconnects_total", EXPLORER, "WebSocket connections lost.",
  either("explorer-ws", 1.4, 0.05))
counter("animica_services_http_requests_total", SERVICES, "Requests of the studio services by code.", {
  { 'code="200"', function() return 4 end },
})

local BUCKETS = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10 }

--- Share of observations up to a bound, when most take `typical` seconds: an exponential's.
local function share_below(bound, typical)
  return 1 - math.exp(-bound / typical * 2.3)
end

--- Lets counters run for a while.
---@param state table<string, number> the counters, by series; starts empty
---@param seconds number
---@param chain table { head, finalized, mining, beacon, beacon_stale, rpc_rate }
---@param has fun(fault: string): boolean
---@param up fun(workload: string): boolean
function metrics.advance(state, seconds, chain, has, up)
  local function add(key, n) state[key] = (state[key] or 0) + n end
  for _, m in ipairs(LIST) do
    if up(m.workload) and m.type == "counter" then
      for _, s in ipairs(m.series) do add(m.name .. s[1], s[2](chain, has) * seconds) end
    elseif up(m.workload) and m.type == "histogram" then
      local n, typical = m.per_second(chain, has) * seconds, m.typical(chain, has)
      for _, bound in ipairs(BUCKETS) do add(("%s le=%g"):format(m.name, bound), n * share_below(bound, typical)) end
      add(m.name .. " count", n)
      add(m.name .. " sum", n * typical)
    end
  end
end

local function number(v)
  local whole = math.tointeger(v)
  return whole and ("%d"):format(whole) or ("%.10g"):format(v)
end

local function samples_of(m, state, chain, has)
  local out = {}
  if m.type == "gauge" then
    local v = m.fn(chain, has)
    if type(v) ~= "table" then v = { { "", v } } end
    for _, s in ipairs(v) do out[#out + 1] = { m.name, s[1], s[2] } end
  elseif m.type == "counter" then
    for _, s in ipairs(m.series) do out[#out + 1] = { m.name, s[1], state[m.name .. s[1]] or 0 } end
  else
    for _, bound in ipairs(BUCKETS) do
      out[#out + 1] = { m.name .. "_bucket", ('le="%g"'):format(bound),
        state[("%s le=%g"):format(m.name, bound)] or 0 }
    end
    local count = state[m.name .. " count"] or 0
    out[#out + 1] = { m.name .. "_bucket", 'le="+Inf"', count }
    out[#out + 1] = { m.name .. "_sum", "", state[m.name .. " sum"] or 0 }
    out[#out + 1] = { m.name .. "_count", "", count }
  end
  return out
end

local function with_label(labels, extra)
  if labels == "" or extra == "" then return labels .. extra end
  return labels .. "," .. extra
end

local function write(out, name, labels, v)
  out[#out + 1] = labels == "" and ("%s %s"):format(name, number(v)) or ("%s{%s} %s"):format(name, labels, number(v))
end

--- The text a scrape gets. The faults no-data=METRIC and series=METRIC name a metric, or the name of a
--- histogram with or without its ending.
---@param state table
---@param chain table
---@param has fun(fault: string, value?: string): boolean
---@param up fun(workload: string): boolean
---@param only? fun(workload: string): boolean
---@return string
function metrics.render(state, chain, has, up, only)
  local out = {}
  for _, m in ipairs(LIST) do
    if up(m.workload) and (not only or only(m.workload)) and not has("no-data", m.name) then
      out[#out + 1] = ("# HELP %s %s"):format(m.name, m.help)
      out[#out + 1] = ("# TYPE %s %s"):format(m.name, m.type)
      for _, s in ipairs(samples_of(m, state, chain, has)) do
        local several = has("series", m.name) or has("series", s[1])
        for _, extra in ipairs(has("no-data", s[1]) and {} or several and { 'replica="a"', 'replica="b"' } or { "" }) do
          write(out, s[1], with_label(s[2], extra), s[3])
        end
      end
    end
  end
  return table.concat(out, "\n") .. "\n"
end

--- What stalls the chain shows in the heights, which are not asked about faults.
local STALLED = { ["head-stall"] = { animica_head_height = true, animica_finalized_height = true },
  ["finality-stall"] = { animica_finalized_height = true } }

local QUIET = { head = 0, finalized = 0, mining = true, beacon = 0, beacon_stale = 0, rpc_rate = 1 }

--- The faults that a metric shows.
local function shown_by(m)
  local out = {}
  local function spy(fault)
    out[fault] = true
    return false
  end
  if m.fn then m.fn(QUIET, spy) end
  for _, s in ipairs(m.series or {}) do s[2](QUIET, spy) end
  if m.type == "histogram" then
    m.per_second(QUIET, spy)
    m.typical(QUIET, spy)
  end
  return out
end

--- The metrics that a query names: what of each is to know of it.
---@param query string
---@return { name: string, workload: string, shows: fun(fault: string): boolean }[]
function metrics.of_query(query)
  local out = {}
  for _, m in ipairs(LIST) do
    if (query .. " "):find(m.name .. "%f[^%w_]") or m.type == "histogram" and query:find(m.name .. "_", 1, true) then
      local faults = shown_by(m)
      out[#out + 1] = { name = m.name, workload = m.workload, shows = function(fault)
        return faults[fault] == true or STALLED[fault] ~= nil and STALLED[fault][m.name] == true
      end }
    end
  end
  return out
end

return metrics

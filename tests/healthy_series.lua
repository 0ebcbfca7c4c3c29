--- Series of the devnet's metrics, as its workloads would have made them, for tests that change one: all gates hold.
local M = {}

local function grows(rate)
  return function(at) return rate * at end
end

local function stays(value)
  return function() return value end
end

--- A histogram in which half of the requests, and nearly all of them, are within two bounds.
local function histogram(out, name, low, high, rate)
  for le, share in pairs { [low] = 0.5, [high] = 0.995, ["+Inf"] = 1 } do
    out[string.format('%s_bucket{le="%s"}', name, le)] = grows(rate * share)
  end
end

--- The series by their names and labels.
---@param begin integer  seconds since 1970, when the history begins
---@return table<string, fun(at: number): number?>
function M.of(begin)
  local out = {
    animica_head_height = function(at) return 1000 + at // 6 end,
    animica_finalized_height = function(at) return 990 + at // 6 end,
    ['animica_rpc_requests_total{status="ok"}'] = grows(20), ['animica_rpc_requests_total{status="error"}'] = grows(0.1),
    animica_poies_gamma_total = grows(0.5), animica_poies_fairness_index = stays(0.8), animica_poies_mix_ratio = stays(0.5),
    animica_mempool_ready_total = stays(12), animica_mempool_size_txs = stays(40),
    animica_mempool_reject_total = grows(0.02), animica_mempool_admit_total = grows(2),
    animica_p2p_peers_connected = stays(9), animica_p2p_frames_dropped_total = grows(0.01),
    animica_p2p_streams_backpressured = stays(1), animica_p2p_streams_total = stays(50),
    animica_da_sampling_p_fail = stays(0.001), animica_da_proof_verify_fail_total = stays(0),
    animica_da_proof_verify_total = grows(1),
    animica_randomness_beacon_last_finalized_timestamp_seconds = function(at) return begin + at // 60 * 60 end,
    animica_randomness_vdf_verify_fail_total = stays(0), animica_randomness_vdf_verify_ok_total = grows(0.2),
    animica_aicf_jobs_timeout_total = stays(0), animica_aicf_jobs_assigned_total = grows(0.4),
    animica_aicf_jobs_completed_total = grows(0.4), animica_aicf_sla_fail_total = stays(0),
    animica_aicf_sla_evaluations_total = grows(0.3), animica_aicf_slash_events_total = stays(0),
    ['animica_explorer_http_requests_total{code="200"}'] = grows(5),
    animica_explorer_ws_disconnects_total = grows(0.01), animica_explorer_ws_connects_total = grows(0.1),
  }
  histogram(out, "animica_rpc_request_duration_seconds", "0.1", "0.25", 20)
  histogram(out, "animica_randomness_vdf_verify_seconds", "0.5", "1", 0.2)
  return out
end

--- The series as tests.prometheus_history takes them, in a namespace.
---@param series table<string, fun(at: number): number?>
---@param namespace string
---@return tests.History[]
function M.in_namespace(series, namespace)
  local out = {}
  for name, value in pairs(series) do
    local label = string.format('namespace="%s"', namespace)
    local labelled = name:find "}$" and name:gsub("}$", "," .. label .. "}") or name .. "{" .. label .. "}"
    out[#out + 1] = { labelled, value }
  end
  table.sort(out, function(a, b) return a[1] < b[1] end)
  return out
end

return M

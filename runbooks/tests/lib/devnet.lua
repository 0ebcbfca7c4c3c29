--- The devnet as tests of its runbooks meet it: the release at an old tag, and a Prometheus that finds everything well.
local devnet = {}

devnet.old, devnet.new, devnet.bad = "v0.4.2-0f9e8d7", "v0.5.0-a1b2c3d", "v0.5.1-badbeef"

--- What Prometheus says while all is well: of each query the answer that stands behind the first words it holds.
local WELL = {
  { "changes(", 3 }, { "time() - max", 30 }, { "fairness_index", 0.8 }, { "mix_ratio", 0.5 }, { "mempool_ready", 12 },
  { "peers_connected", 9 }, { "jobs_assigned_total{", 0.4, "AICF jobs" }, { "jobs_completed", 0.4 },
  { "animica_p2p_streams_backpressured", 0.02 }, { "animica_da_sampling_p_fail", 0.001 },
}

--- Prometheus: all is well, but for the queries that hold one of these words.
---@param otherwise? table<string, number|fun(seconds: number): number?>
function devnet.prometheus(otherwise)
  return function(query, seconds)
    for words, answer in pairs(otherwise or {}) do
      if query:find(words, 1, true) then return type(answer) == "function" and answer(seconds) or answer end
    end
    if query:find("ALERTS", 1, true) then return nil end -- none fired
    if query == "max(animica_head_height)" then return 1000 + seconds // 6 end
    if query:find("jobs_assigned", 1, true) then return query:find("timeout", 1, true) and 0 or 0.4 end
    for _, one in ipairs(WELL) do
      if query:find(one[1], 1, true) then return one[2] end
    end
    return 0
  end
end

--- A world with the devnet in it.
---@param more? table  what is otherwise
function devnet.world(more)
  local spec = {
    releases = { { release = "animica-devnet", chart = "ops/helm/animica-devnet", set = { ["global.imageTag"] = devnet.old } } },
    prom = devnet.prometheus(),
    sh = { ["*smoke_devnet.sh*"] = "smoke: ok\n" },
  }
  for name, value in pairs(more or {}) do spec[name] = value end
  return world(spec)
end

local RELEASE = { release = "animica-devnet", chart = "ops/helm/animica-devnet" }

--- The devnet's release at these tags, one revision after another; a table says what else is to be said of one.
---@param ... string|table
function devnet.history(...)
  local out = {}
  for i, one in ipairs { ... } do
    local revision = type(one) == "table" and one or { tag = one }
    out[i] = { release = RELEASE.release, chart = RELEASE.chart, set = { ["global.imageTag"] = revision.tag }, status = revision.status,
      server_side = revision.server_side }
  end
  return out
end

--- How the revisions of the release stand, the first one first: "superseded deployed".
function devnet.revisions(w)
  local out = {}
  while true do
    local name = string.format("secret/sh.helm.release.v1.%s.v%d", RELEASE.release, #out + 1)
    local record = w:get(name, RELEASE.release)
    if not record then return table.concat(out, " ") end
    out[#out + 1] = record.metadata.labels.status
  end
end

--- The tag that a workload is to have.
---@param ref? string  without it, the node
function devnet.tag(w, ref)
  local object = w:get(ref or "statefulset/animica-node", RELEASE.release)
  return object.spec.template.spec.containers[1].image:match ":([^:]+)$"
end

--- The tag of the node that serves; nil: none does.
function devnet.serving(w)
  local pod = w:get("pod/animica-node-0", RELEASE.release)
  for _, condition in ipairs(pod and pod.status.conditions or {}) do
    if condition.type == "Ready" and condition.status == "True" then return pod.spec.containers[1].image:match ":([^:]+)$" end
  end
end

return devnet

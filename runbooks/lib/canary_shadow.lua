--- Section 3A: the release a second time, in a namespace of its own, beside the devnet that it is compared with.
local devnet = require "lib.devnet"
local versions = require "lib.versions"

local shadow = {}

local RELEASE, NAMESPACE = devnet.canary.release, devnet.canary.namespace

--- What both are compared by. Errors decide alone; a gauge of ten minutes proves little, so that those are shown only.
shadow.metrics = {
  { name = "RPC errors", kind = "count", events = 'animica_rpc_requests_total{status="error"}',
    requests = "animica_rpc_requests_total", bad = 2, critical = true },
  { name = "RPC latency", kind = "latency", buckets = "animica_rpc_request_duration_seconds_bucket", bad = 2 },
  { name = "node memory", kind = "gauge", value = 'container_memory_working_set_bytes{container="node"}', bad = 256 * 2 ^ 20,
    informational = true },
}

--- Removes the canary and its namespace; what is not there is fine.
function shadow.remove()
  helm.uninstall { release = RELEASE, namespace = NAMESPACE }
  k8s.delete("namespace/" .. NAMESPACE, { missing_ok = true, wait = true, timeout = "5m" })
end

--- A chart that reads its tag elsewhere installs the old image, and says that all is well.
local function check_images(tag)
  local others = {}
  for _, one in ipairs(k8s.images { namespace = NAMESPACE }) do
    if versions.tag_of(one.image) ~= tag then others[#others + 1] = one.image end
  end
  if #others > 0 then
    errors.raise { kind = "refused", message = "the canary runs other images than " .. tag .. ": " .. table.concat(others, ", "),
      hint = "does the chart read global.imageTag?" }
  end
  return { tag = tag }
end

--- Installs, proves and judges it.
---@param c table       of config.read
---@param p { tag: string, observe: number }
---@return table verdict  of canary.compare
function shadow.run(c, p)
  local values = { devnet.values, table.unpack(c.canary_values) }

  step("the canary can be told from the devnet", function() devnet.smoke_at(c, true) end)

  step("install the canary", { undo = shadow.remove }, function()
    return helm.upgrade { release = RELEASE, namespace = NAMESPACE, chart = devnet.chart, values = values, install = true,
      create_namespace = true, set = { ["global.imageTag"] = p.tag } }
  end)

  parallel("the canary is ready", devnet.each_workload(function(w)
    return k8s.rollout(w.ref, { namespace = NAMESPACE, timeout = "5m" })
  end))

  step("the canary runs the tag", function() return check_images(p.tag) end)

  step("smoke check of the canary", { timeout = "3m" }, function() return devnet.smoke { canary = true } end)

  local verdict = canary.compare("canary beside devnet", {
    baseline = devnet.in_devnet, canary = devnet.in_canary, horizon = p.observe, warm_up = c.canary_warm_up,
    interval = c.scrape_interval, history = 240 * c.scrape_interval, metrics = shadow.metrics,
  })

  step("no errors in the canary's logs", { retry = devnet.until_logged }, function()
    return devnet.log_scan { since = p.observe, namespace = NAMESPACE }
  end)
  return verdict
end

return shadow

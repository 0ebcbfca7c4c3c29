-- The real kubectl against the simulator: cordon, drain against a disruption budget, where services lead.
local t = require "tests.harness"
local clients = require "tests.sim_clients"

local GOOD = "v0.5.0-a1b2c3d"

local function node(sim) return sim.get "node node1" end

for _, kubectl in ipairs { "kubectl31", "kubectl34" } do
  t.test(kubectl .. ": a drain retries against a budget and names it not; without the budget it ends; uncordon (33)", function()
    local sim = clients.start()
    sim.must("helm4", clients.upgrade(GOOD) .. " --wait --timeout 30s")
    sim.must(kubectl, "create pdb explorer --selector=app=animica-explorer --min-available=1")
    t.has(sim.must(kubectl, "cordon node1"), "node/node1 cordoned")
    t.has(sim.must(kubectl, "get node node1"), "Ready,SchedulingDisabled")
    t.eventually("the node is tainted", function()
      local taint = (node(sim).spec.taints or {})[1]
      return taint and taint.key == "node.kubernetes.io/unschedulable" and taint.effect == "NoSchedule"
    end)
    t.eventually("the budget is counted", function()
      return (sim.get("pdb explorer").status or {}).currentHealthy == 1
    end)
    local drain = "drain node1 --pod-selector=app=animica-explorer"
    local code, _, err = sim.run(kubectl, drain .. " --timeout=6s")
    t.eq(code, 1)
    t.has(err, "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.")
    t.has(err, "global timeout reached: 6s")
    sim.must(kubectl, "delete pdb explorer")
    t.has(sim.must(kubectl, drain .. " --timeout=20s"), "node/node1 drained")
    local pod
    t.eventually("the pod that follows finds no node", function()
      pod = sim.get("pods -l app=animica-explorer").items[1]
      return pod and pod.status.conditions and pod.status.conditions[1].reason == "Unschedulable"
    end)
    t.has(pod.status.conditions[1].message, "0/1 nodes are available: 1 node(s) were unschedulable.")
    t.has(sim.must(kubectl, "uncordon node1"), "node/node1 uncordoned")
    sim.must(kubectl, "wait --for=condition=Ready pod -l app=animica-explorer --timeout=15s")
    t.eq(node(sim).spec.unschedulable, nil)
  end)

  t.test(kubectl .. ": endpoint slices, and the service proxy's port (34)", function()
    local sim = clients.start()
    sim.must("helm4", clients.upgrade(GOOD) .. " --wait --timeout 30s")
    local ip = sim.get("pod animica-node-0").status.podIP
    local table_text = sim.must(kubectl, "get endpointslices -l kubernetes.io/service-name=animica-node")
    t.ok(table_text:find "ADDRESSTYPE +PORTS +ENDPOINTS +AGE", table_text)
    t.ok(table_text:find("IPv4 +8545,8546,30333 +" .. ip:gsub("%.", "%%.")), table_text)
    local _, warned = sim.must(kubectl, "get endpoints animica-node")
    t.has(warned, "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
    local raw = "get --raw /api/v1/namespaces/animica-devnet/"
    t.has(sim.must(kubectl, raw .. "services/animica-node:8545/proxy/healthz"), "ok")
    t.has(sim.must(kubectl, raw .. "pods/animica-node-0:8545/proxy/readyz"), "ok")
    for path, why in pairs {
      ["services/animica-node:9/proxy/"] = 'Error from server (ServiceUnavailable): no service port 9 found for service "animica-node"',
      ["services/animica-node:nosuch/proxy/"] = 'no endpoints available for service "animica-node:nosuch"',
      ["services/nosuch:80/proxy/"] = 'Error from server (NotFound): services "nosuch" not found',
      ["pods/animica-node-0:9/proxy/"] = "connect: connection refused",
    } do
      local code, _, err = sim.run(kubectl, raw .. path)
      t.eq(code, 1, path)
      t.has(err, why)
    end
  end)
end

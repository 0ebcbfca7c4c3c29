-- Endpoints and EndpointSlices as their controllers keep them; recording 34 has a real server's.
local t = require "tests.harness"
local support = require "tests.stdlib.sim.control.support"
local value = require "almanac.sim.model.value"

local NS, SLICES = support.NS, "discovery.k8s.io/v1/endpointslices"

local function serve(c, name, spec)
  spec.selector = { app = name }
  return c.store:create("v1/services", { metadata = { name = name, namespace = NS, labels = { app = name } }, spec = spec })
end

local function slices(c, name)
  return (c.store:list(SLICES, NS, { labels = "kubernetes.io/service-name=" .. name }))
end

t.test("a slice follows its pods: not there, not ready, ready, ending; and goes with its service", function()
  local c = support.new()
  local service = serve(c, "web", { clusterIP = "10.0.0.9", ports = value.array { { name = "http", port = 80, targetPort = "rpc" } } })
  c.run(1)
  t.eq(#slices(c, "web")[1].endpoints, 0, "a service without pods has an empty one")
  c.store:create("apps/v1/deployments", support.deployment("web", "v1-notready"))
  c.run(3)
  local list = slices(c, "web")
  t.eq(#list, 1)
  local slice, pod = list[1], c.pods("app=web")[1]
  t.ok(slice.metadata.name:find "^web%-")
  t.eq(slice.metadata.labels, { app = "web", ["kubernetes.io/service-name"] = "web",
    ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io" })
  t.eq(slice.metadata.ownerReferences[1].uid, service.metadata.uid)
  t.ok(slice.metadata.annotations["endpoints.kubernetes.io/last-change-trigger-time"])
  t.eq({ slice.addressType, slice.ports }, { "IPv4", { { name = "http", protocol = "TCP", port = 8545 } } })
  local unready = { ready = false, serving = false, terminating = false }
  t.eq(slice.endpoints, { { addresses = { pod.status.podIP }, nodeName = "node1", conditions = unready, targetRef = {
    kind = "Pod", namespace = NS, name = pod.metadata.name, uid = pod.metadata.uid } } })
  support.set_image(c, "apps/v1/deployments", "web", "v1")
  local ending
  c.run_until("the new pod is ready, the old one ends", function()
    local ready = 0
    for _, e in ipairs(slices(c, "web")[1].endpoints) do
      if e.conditions.ready then ready = ready + 1 end
      ending = ending or e.conditions.terminating
    end
    return ready == 1 and ending
  end)
  local endpoints = c.get("v1/endpoints", "web")
  t.eq(endpoints.metadata.labels["endpoints.kubernetes.io/managed-by"], "endpoint-controller")
  t.eq(#endpoints.subsets[1].addresses, 1)
  c.store:delete("v1/services", NS, "web")
  c.run(1)
  t.eq({ #slices(c, "web"), c.get("v1/endpoints", "web") }, { 0, nil })
end)

t.test("what somebody deletes comes again; a headless service says that it is one", function()
  local c = support.new()
  serve(c, "web", { clusterIP = "None", publishNotReadyAddresses = true, ports = value.array { { port = 8545 } } })
  c.store:create("apps/v1/deployments", support.deployment("web", "v1-notready"))
  c.run(3)
  local slice = slices(c, "web")[1]
  t.eq(slice.metadata.labels["service.kubernetes.io/headless"], "")
  t.eq({ slice.endpoints[1].conditions.ready, slice.endpoints[1].conditions.serving }, { true, false })
  t.eq(slice.ports, { { name = "", protocol = "TCP", port = 8545 } })
  c.store:delete(SLICES, NS, slice.metadata.name)
  c.store:delete("v1/endpoints", NS, "web")
  c.run(1)
  t.eq(#slices(c, "web"), 1)
  t.eq(#c.get("v1/endpoints", "web").subsets[1].addresses, 1, "asked to, it serves what is not ready")
end)

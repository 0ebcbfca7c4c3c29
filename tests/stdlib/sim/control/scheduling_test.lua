-- Cordoned and tainted nodes, as the scheduler and the node controller of recording 33 have them.
local t = require "tests.harness"
local support = require "tests.stdlib.sim.control.support"
local value = require "almanac.sim.model.value"

local NS, DEPLOYMENTS = support.NS, "apps/v1/deployments"

local function cordon(c, wanted)
  c.store:modify("v1/nodes", nil, "node1", function(node) node.spec.unschedulable = wanted or nil end)
end

local function taints(c) return (c.store:get("v1/nodes", nil, "node1")).spec.taints end

t.test("a cordoned node has its taint and takes no pods, but a DaemonSet's; uncordoned it takes them", function()
  local c = support.new()
  cordon(c, true)
  c.run(1)
  local taint = taints(c)[1]
  t.eq({ #taints(c), taint.key, taint.effect }, { 1, "node.kubernetes.io/unschedulable", "NoSchedule" })
  t.ok(taint.timeAdded)
  c.store:create(DEPLOYMENTS, support.deployment("web", "v1"))
  c.store:create("apps/v1/daemonsets", { metadata = { name = "agent", namespace = NS }, spec = {
    selector = { matchLabels = { app = "agent" } }, template = support.template("agent", "v1") } })
  c.run(3)
  local message = "0/1 nodes are available: 1 node(s) were unschedulable. no new claims to deallocate, preemption: "
    .. "0/1 nodes are available: 1 Preemption is not helpful for scheduling."
  local web = c.pods("app=web")[1]
  t.eq(web.status.phase, "Pending")
  t.eq(support.condition(web, "PodScheduled").message, message)
  t.eq(support.reasons(c, web.metadata.name).FailedScheduling.message, message)
  t.eq(c.pods("app=agent")[1].status.phase, "Running", "a DaemonSet's pod tolerates the cordon")
  cordon(c, false)
  c.run_until("the pod is placed", function() return support.done(c, "web") end)
  t.eq(taints(c), nil)
end)

t.test("a taint keeps pods off that do not tolerate it", function()
  local c = support.new()
  c.store:modify("v1/nodes", nil, "node1", function(node)
    node.spec.taints = value.array { { key = "gpu", value = "yes", effect = "NoSchedule" } }
  end)
  local tolerant = support.deployment("trainer", "v1")
  tolerant.spec.template.spec.tolerations = value.array { { key = "gpu", operator = "Equal", value = "yes" } }
  c.store:create(DEPLOYMENTS, tolerant)
  c.store:create(DEPLOYMENTS, support.deployment("web", "v1"))
  c.run_until("the tolerant one runs", function() return support.done(c, "trainer") end)
  t.has(support.condition(c.pods("app=web")[1], "PodScheduled").message, "1 node(s) had untolerated taint(s).")
end)

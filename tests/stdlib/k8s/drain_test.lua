-- Which pods a drain takes away, by kubectl's rules.
local cordon = require "almanac.k8s.cordon"
local drain = require "almanac.k8s.drain"
local t = require "tests.harness"

local function pod(controller, more)
  local out = {
    metadata = { name = "p", namespace = "n", ownerReferences = controller and { { kind = controller, controller = true } } or nil },
    spec = {}, status = { phase = "Running" },
  }
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

local SCRATCH = { spec = { volumes = { { name = "s", emptyDir = {} } } } }
local ENDED = { status = { phase = "Succeeded" } }

t.test("what a controller makes anew is evicted; the node's own and a DaemonSet's stay", function()
  t.eq(drain.fate(pod "ReplicaSet", {}), "evict")
  t.eq(drain.fate(pod "StatefulSet", {}), "evict")
  t.eq(drain.fate(pod "DaemonSet", { force = true, delete_empty_dirs = true }), "leave")
  local mirror = pod "Node"
  mirror.metadata.annotations = { ["kubernetes.io/config.mirror"] = "x" }
  t.eq(drain.fate(mirror, { force = true }), "leave")
end)

t.test("what would be lost is refused, unless it is said that it may be", function()
  local what, why = drain.fate(pod(nil), {})
  t.eq(what, "refuse")
  t.has(why, "force = true")
  t.eq(drain.fate(pod(nil), { force = true }), "evict")
  what, why = drain.fate(pod("ReplicaSet", SCRATCH), { force = true })
  t.eq(what, "refuse")
  t.has(why, "delete_empty_dirs = true")
  t.eq(drain.fate(pod("ReplicaSet", SCRATCH), { delete_empty_dirs = true }), "evict")
end)

t.test("a pod that has ended goes whatever it was", function()
  t.eq(drain.fate(pod(nil, ENDED), {}), "evict")
  t.eq(drain.fate(pod("DaemonSet", ENDED), {}), "evict")
end)

t.test("a node is named by its name or as every object is", function()
  t.eq(cordon.node_of("k8s.cordon", "worker-1"), "worker-1")
  t.eq(cordon.node_of("k8s.cordon", "no/worker-1.example.org"), "worker-1.example.org")
  t.eq(cordon.node_of("k8s.cordon", { kind = "Node", metadata = { name = "w" } }), "w")
  t.has(t.raises("usage", cordon.node_of, "k8s.cordon", "pod/x").message, "k8s.cordon: its first argument names a node")
end)

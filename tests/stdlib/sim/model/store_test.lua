local t = require "tests.harness"
local value = require "almanac.sim.model.value"
local store = require "almanac.sim.model.store"

local function new(opts)
  opts = opts or {}
  local clock = { at = 1700000000 }
  opts.now = function() return clock.at end
  local s = store.new(opts)
  s:create("v1/namespaces", { metadata = { name = "ns" }, spec = { finalizers = value.array { "kubernetes" } } })
  return s, clock
end

local function config(name, labels)
  return { metadata = { name = name, namespace = "ns", labels = labels }, data = { a = "1" } }
end

local function names(list)
  local out = {}
  for i, o in ipairs(list) do out[i] = o.metadata.name end
  return table.concat(out, " ")
end

t.test("create sets the server's metadata and refuses a second of the name", function()
  local s = new()
  local o = s:create("v1/configmaps", config("a"))
  t.eq(o.metadata.creationTimestamp, "2023-11-14T22:13:20Z")
  t.eq(o.metadata.resourceVersion, "1002")
  t.eq(o.kind, "ConfigMap")
  t.eq(o.metadata.generation, nil)
  local none, status = s:create("v1/configmaps", config("a"))
  t.eq(none, nil)
  t.eq(status.message, 'configmaps "a" already exists')
  t.eq(status.code, 409)
  local _, missing = s:get("apps/v1/deployments", "ns", "x")
  t.eq(missing.message, 'deployments.apps "x" not found')
  local _, lost = s:create("v1/configmaps", { metadata = { name = "a", namespace = "nope" } })
  t.eq(lost.message, 'namespaces "nope" not found')
end)

t.test("generateName makes a name", function()
  local s = new()
  local o = s:create("v1/configmaps", { metadata = { generateName = "x-", namespace = "ns" } })
  t.ok(o.metadata.name:match("^x%-[%l%d][%l%d][%l%d][%l%d][%l%d]$"), o.metadata.name)
end)

t.test("update: optimistic lock, generation on what is wanted only, nothing for no change", function()
  local s = new()
  local d = s:create("apps/v1/deployments",
    { metadata = { name = "d", namespace = "ns" }, spec = { replicas = 1 }, status = { replicas = 0 } })
  t.eq(d.metadata.generation, 1)
  local up = s:modify("apps/v1/deployments", "ns", "d", function(o) o.spec.replicas = 2; o.status = { replicas = 9 } end)
  t.eq(up.metadata.generation, 2)
  t.eq(up.status.replicas, 0, "status is not changed by the main resource")
  local st = s:set_status("apps/v1/deployments", "ns", "d", { replicas = 2 })
  t.eq(st.metadata.generation, 2)
  t.eq(st.spec.replicas, 2)
  local rv = s.rv
  s:modify("apps/v1/deployments", "ns", "d", function() end)
  t.eq(s.rv, rv)
  local stale = value.copy(d)
  stale.spec.replicas = 5
  local _, status = s:update("apps/v1/deployments", stale)
  t.eq(status.message, 'Operation cannot be fulfilled on deployments.apps "d": the object has been modified; '
    .. "please apply your changes to the latest version and try again")
  t.eq(d.spec.replicas, 1, "an old version is never changed")
end)

t.test("list is ordered, selects by label and field", function()
  local s = new()
  for _, n in ipairs { "c", "a", "b" } do s:create("v1/configmaps", config(n, { app = n, tier = "x" })) end
  t.eq(names(s:list("v1/configmaps", "ns")), "a b c")
  t.eq(names(s:list("v1/configmaps", nil)), "a b c")
  t.eq(names(s:list("v1/configmaps", "ns", { labels = "app in (a, c),tier=x" })), "a c")
  t.eq(names(s:list("v1/configmaps", "ns", { labels = "app!=a,!gone" })), "b c")
  t.eq(names(s:list("v1/configmaps", "ns", { labels = { app = "b" } })), "b")
  t.eq(names(s:list("v1/configmaps", "ns", { fields = "metadata.name=b" })), "b")
  t.eq(names(s:list("v1/configmaps", "ns", { fields = "metadata.name!=b" })), "a c")
  local none, status = s:list("v1/configmaps", "ns", { labels = "a=(" })
  t.eq(none, nil)
  t.eq(status.code, 400)
end)

t.test("events in order, kept up to a bound, then Expired", function()
  local s = new { history = 3 }
  local seen = {}
  local stop = s:subscribe(function(e) seen[#seen + 1] = e.type .. " " .. e.object.metadata.name .. " " .. e.rv end)
  s:create("v1/configmaps", config("a"))
  s:modify("v1/configmaps", "ns", "a", function(o) o.data.a = "2" end)
  s:delete("v1/configmaps", "ns", "a")
  stop()
  t.eq(seen, { "ADDED a 1002", "MODIFIED a 1003", "DELETED a 1004" })
  t.eq(#s:since("v1/configmaps", 1002), 2)
  s:create("v1/configmaps", config("b"))
  local _, status = s:since("v1/configmaps", 1001)
  t.eq(status.message, "too old resource version: 1001 (1002)")
  t.eq(status.reason, "Expired")
  t.eq(#s:since("v1/configmaps", 1002), 3)
  t.eq(#seen, 3)
end)

local function owned(name, owner, block)
  local o = config(name)
  o.metadata.ownerReferences = value.array {
    { apiVersion = "v1", kind = "ConfigMap", name = owner.metadata.name, uid = owner.metadata.uid,
      controller = true, blockOwnerDeletion = block } }
  return o
end

t.test("background deletion collects dependents, transitively; a second owner keeps one", function()
  local s = new()
  local top = s:create("v1/configmaps", config("top"))
  local other = s:create("v1/configmaps", config("other"))
  local mid = s:create("v1/configmaps", owned("mid", top))
  s:create("v1/configmaps", owned("leaf", mid))
  local shared = owned("shared", top)
  shared.metadata.ownerReferences[2] = { apiVersion = "v1", kind = "ConfigMap", name = "other", uid = other.metadata.uid }
  s:create("v1/configmaps", shared)
  local _, gone = s:delete("v1/configmaps", "ns", "top", { propagation = "Background" })
  t.eq(gone, true)
  t.eq(names(s:list("v1/configmaps", "ns")), "other shared")
  t.eq(#s:get("v1/configmaps", "ns", "shared").metadata.ownerReferences, 1)
end)

t.test("orphan deletion leaves dependents, foreground waits for them", function()
  local s = new()
  local top = s:create("v1/configmaps", config("top"))
  s:create("v1/configmaps", owned("mid", top, true))
  s:delete("v1/configmaps", "ns", "top", { propagation = "Orphan" })
  t.eq(names(s:list("v1/configmaps", "ns")), "mid")
  t.eq(s:get("v1/configmaps", "ns", "mid").metadata.ownerReferences, nil)

  top = s:create("v1/configmaps", config("top"))
  local held = owned("held", top, true)
  held.metadata.finalizers = value.array { "example/hold" }
  s:create("v1/configmaps", held)
  local _, gone = s:delete("v1/configmaps", "ns", "top", { propagation = "Foreground" })
  t.eq(gone, false)
  t.ok(s:get("v1/configmaps", "ns", "top").metadata.deletionTimestamp)
  t.ok(s:get("v1/configmaps", "ns", "held").metadata.deletionTimestamp)
  s:modify("v1/configmaps", "ns", "held", function(o) o.metadata.finalizers = nil end)
  t.eq(names(s:list("v1/configmaps", "ns")), "mid")
end)

t.test("a finalizer holds an object until it is taken off", function()
  local s = new()
  local pvc = { metadata = { name = "data", namespace = "ns", finalizers = value.array { "kubernetes.io/pvc-protection" } } }
  s:create("v1/persistentvolumeclaims", pvc)
  local o, gone = s:delete("v1/persistentvolumeclaims", "ns", "data")
  t.eq(gone, false)
  t.eq(o.metadata.deletionGracePeriodSeconds, 0)
  s:modify("v1/persistentvolumeclaims", "ns", "data", function(p) p.metadata.finalizers = nil end)
  t.eq(s:get("v1/persistentvolumeclaims", "ns", "data"), nil)
end)

t.test("a running pod is given its grace period; grace 0 ends it; uid is a precondition", function()
  local s = new()
  local pod = s:create("v1/pods", { metadata = { name = "p", namespace = "ns" },
    spec = { nodeName = "node1", terminationGracePeriodSeconds = 2 }, status = { phase = "Running" } })
  local _, status = s:delete("v1/pods", "ns", "p", { uid = "other" })
  t.eq(status.code, 409)
  local o = s:delete("v1/pods", "ns", "p")
  t.eq(o.metadata.deletionTimestamp, "2023-11-14T22:13:22Z")
  t.eq(o.metadata.deletionGracePeriodSeconds, 2)
  t.eq(o.metadata.generation, 2)
  s:delete("v1/pods", "ns", "p", { grace = 0, uid = pod.metadata.uid })
  t.eq(s:get("v1/pods", "ns", "p"), nil)
  s:create("v1/pods", { metadata = { name = "q", namespace = "ns" }, spec = {}, status = { phase = "Pending" } })
  s:delete("v1/pods", "ns", "q")
  t.eq(s:get("v1/pods", "ns", "q"), nil, "a pod on no node goes at once")
end)

t.test("a namespace is emptied, waits for what is held, refuses new content, then goes", function()
  local s = new()
  s:create("v1/configmaps", config("a"))
  local held = config("held")
  held.metadata.finalizers = value.array { "example/hold" }
  s:create("v1/configmaps", held)
  local ns = s:delete("v1/namespaces", nil, "ns", { propagation = "Background" })
  t.eq(ns.status.phase, "Terminating")
  t.eq(names(s:list("v1/configmaps", "ns")), "held")
  local _, status = s:create("v1/configmaps", config("b"))
  t.eq(status.message, 'configmaps "b" is forbidden: unable to create new content in namespace ns because it is being terminated')
  s:modify("v1/configmaps", "ns", "held", function(o) o.metadata.finalizers = nil end)
  t.eq(s:get("v1/namespaces", nil, "ns"), nil)
end)

t.test("dry runs change nothing", function()
  local s = new()
  s:create("v1/configmaps", config("a"))
  local rv = s.rv
  t.ok(s:create("v1/configmaps", config("b"), { dry_run = true }))
  local changed = value.copy(s:get("v1/configmaps", "ns", "a"))
  changed.data.a = "9"
  t.eq(s:update("v1/configmaps", changed, { dry_run = true }).data.a, "9")
  s:delete("v1/configmaps", "ns", "a", { dry_run = true })
  t.eq(s.rv, rv)
  t.eq(s:get("v1/configmaps", "ns", "a").data.a, "1")
end)

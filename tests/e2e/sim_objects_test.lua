-- A simulated cluster that begins with the objects of another one: the real helm 3, helm 4 and kubectl find there
-- what they had, and go on with it.
local t = require "tests.harness"
local clients = require "tests.sim_clients"
local json = require "native.json"

local FIRST, SECOND, THIRD = "v0.5.0-a1b2c3d", "v0.5.1-b2c3d4e", "v0.5.2-c3d4e5f"

--- Everything that a namespace holds, as one List.
local function all_of(sim, path)
  local kinds = sim.must("kubectl34", "api-resources --namespaced --verbs=list -o name"):gsub("\n", ","):gsub(",$", "")
    :gsub("[%w]+%.metrics%.k8s%.io,?", ""):gsub(",$", "")
  local list = json.decode(sim.must("kubectl34", "get --show-managed-fields -o json " .. kinds))
  t.write_file(path, json.encode(list))
  return list
end

t.test("what helm installed is there with its history, and is upgraded and rolled back", function()
  local there = clients.start()
  there.must("helm3", clients.upgrade(FIRST))
  there.must("helm3", clients.upgrade(SECOND) .. " --wait --timeout 30s")
  there.must("kubectl34", "create secret generic apart --from-literal=password=hunter2")
  local list = all_of(there, there.dir .. "/objects.json")
  local set = there.get "statefulset animica-node"
  local revisions = there.must("kubectl34", "rollout history deployment/animica-explorer")
  local deployments = there.get("deployments").items
  local one = deployments[1].metadata

  local here = clients.start("--objects", there.dir .. "/objects.json")
  local history = json.decode(here.must("helm3", "history animica-devnet -o json"))
  t.eq(#history, 2)
  t.eq(history[2].status, "deployed")
  t.has(here.must("helm3", "list"), "animica-devnet")
  t.has(here.must("helm4", "get values animica-devnet"), SECOND)
  for _, kind in ipairs { "deployment/animica-explorer", "deployment/animica-miner", "statefulset/animica-node" } do
    here.must("kubectl34", "rollout status --timeout=20s " .. kind)
  end
  t.eq(here.must("kubectl34", "rollout history deployment/animica-explorer"), revisions)
  local mine = here.get "statefulset animica-node"
  t.eq(mine.metadata.uid, set.metadata.uid, "identity")
  t.eq(mine.metadata.creationTimestamp, set.metadata.creationTimestamp, "age")
  t.eq(mine.status.updateRevision, set.status.updateRevision, "the revision's name")
  t.eq(#json.decode(here.must("kubectl34", "get --show-managed-fields -o json deployment " .. one.name)).metadata.managedFields,
    1, "its managers")
  t.eq(here.get("secret apart").data.password, "aHVudGVyMg==")
  local kept = {}
  for _, o in ipairs(list.items) do
    if o.kind == "ReplicaSet" then kept[o.metadata.name] = true end
  end
  for _, o in ipairs(here.get("replicasets").items) do t.ok(kept[o.metadata.name], "no new set: " .. o.metadata.name) end

  here.must("helm3", clients.upgrade(THIRD) .. " --wait --timeout 30s")
  t.has(here.must("kubectl34", "get pod animica-node-0 -o jsonpath={.spec.containers[0].image}"), THIRD)
  here.must("helm3", "rollback animica-devnet 2 --wait --timeout 30s")
  t.has(here.must("kubectl34", "get pod animica-node-0 -o jsonpath={.spec.containers[0].image}"), SECOND)
  here.must("helm4", "uninstall animica-devnet --wait --timeout 30s")
  t.eq(#there.get("deployments").items, #deployments, "the other one is as it was")
end)

local ELSEWHERE = [[
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop, uid: 11111111-1111-1111-1111-111111111111, annotations: { deployment.kubernetes.io/revision: "7" } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { creationTimestamp: null, labels: { app: web } }
    spec:
      nodeSelector: { pool: large }
      containers: [{ name: web, image: "web:7", resources: { requests: { memory: 900Gi } } }]
status: { replicas: 99 }
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-5d8f9c7b6
  namespace: shop
  labels: { app: web, pod-template-hash: 5d8f9c7b6 }
  annotations: { deployment.kubernetes.io/revision: "7" }
  ownerReferences:
  - { apiVersion: apps/v1, kind: Deployment, name: web, uid: 11111111-1111-1111-1111-111111111111, controller: true }
spec:
  replicas: 2
  selector: { matchLabels: { app: web, pod-template-hash: 5d8f9c7b6 } }
  template:
    metadata: { labels: { app: web, pod-template-hash: 5d8f9c7b6 } }
    spec:
      nodeSelector: { pool: large }
      containers: [{ name: web, image: "web:7", resources: { requests: { memory: 900Gi } } }]
---
apiVersion: shop.example.com/v1
kind: Till
metadata: { name: first, namespace: shop }
spec: { drawer: 3 }
---
apiVersion: v1
kind: Pod
metadata:
  name: web-5d8f9c7b6-zzzzz
  namespace: shop
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: web-5d8f9c7b6, uid: 2, controller: true }]
spec: { nodeName: elsewhere, containers: [{ name: web, image: "web:7" }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: going, namespace: shop, deletionTimestamp: "2026-01-01T00:00:00Z" }
---
apiVersion: flows.example/v1
kind: Strange
metadata: { name: x }
]]

t.test("objects of a real cluster: its hashes, its nodes, its own kinds", function()
  local dir = t.tmpdir()
  t.write_file(dir .. "/shop.yaml", ELSEWHERE)
  local sim = clients.start("--objects", dir .. "/shop.yaml")
  local function get(what) return json.decode(sim.must("kubectl34", "-n shop get -o json " .. what)) end
  t.eventually("its pods run", function() return get("deployment web").status.availableReplicas == 2 end)
  local sets = get("replicasets").items
  t.eq(#sets, 1, "the set is known by its template")
  t.eq(sets[1].metadata.name, "web-5d8f9c7b6")
  t.eq(#get("pods").items, 2, "pods are made here")
  t.eq(get("tills.shop.example.com first").spec.drawer, 3)
  t.eq(get("configmaps").items[1].metadata.name, "kube-root-ca.crt", "what is being deleted does not come")
  sim.process:kill "TERM"
  local _, _, err = sim.process:wait()
  t.has(err, "ConfigMap shop/going is left out: it is being deleted")
end)

t.test("a file that holds no objects is refused, with the place", function()
  local dir = t.tmpdir()
  for text, why in pairs {
    ["kind: Pod"] = "object 1: it has no apiVersion", ["{"] = "holds no objects",
    ["apiVersion: v1\nkind: Pod\nmetadata: {}"] = "object 1: its metadata has no name",
    ["{\"almanac\":\"snapshot\",\"version\":9}"] = "version 9",
    ["{\"almanac\":\"snapshot\",\"version\":1,\"objects\":[],\"digest\":\"x\"}"] = "is not the snapshot that was taken",
  } do
    t.write_file(dir .. "/file.yaml", text)
    local code, _, err = t.run { t.getenv "ALMANAC_BUILD" .. "/almanac", "sim", "--objects", dir .. "/file.yaml" }
    t.ok(code ~= 0, text)
    t.has(err, why)
  end
end)


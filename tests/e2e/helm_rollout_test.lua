-- helm.rollout: all that a release holds is waited for, whatever the kind, from its manifest.
local calls = require "tests.helm_calls"
local helm = require "almanac.helm.release"
local http = require "native.http"
local json = require "native.json"
local rollout = require "almanac.helm.rollout"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local task = require "native.task"
local workloads = require "almanac.helm.workloads"

local NS = calls.release
local CHART = "tests/fixtures/devnet/ops/helm/animica-devnet"

local MORE = [[
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec: { containers: [ { name: agent, image: "ghcr.io/animica/agent:v1" } ] }
---
apiVersion: batch/v1
kind: Job
metadata: { name: seed }
spec:
  template: { spec: { restartPolicy: Never, containers: [ { name: seed, image: "ghcr.io/animica/seed:v1" } ] } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: more }
---
apiVersion: example.org/v1
kind: Widget
metadata: { name: w }
spec: {}
]]

local CRD = [[
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.org }
spec:
  group: example.org
  scope: Namespaced
  names: { kind: Widget, plural: widgets, singular: widget }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object }
            status:
              type: object
              properties: { conditions: { type: array, items: { type: object, x-kubernetes-preserve-unknown-fields: true } } }
]]

local function names(done)
  local out = {}
  for name in pairs(done) do out[#out + 1] = name end
  table.sort(out)
  return out
end

calls.both("a Deployment, a StatefulSet, a DaemonSet, a Job and a custom resource are followed side by side", function(_, dir)
  local env = { KUBECONFIG = settings.kubeconfig }
  t.must { "cp", "-r", CHART, dir .. "/chart" }
  t.write_file(dir .. "/chart/templates/more.yaml", MORE)
  t.write_file(dir .. "/crd.yaml", CRD)
  t.must({ calls.bin .. "/kubectl34", "apply", "-f", dir .. "/crd.yaml" }, { env = env })
  calls.must(function() return helm.upgrade { release = NS, chart = dir .. "/chart", install = true } end)
  local handle = task.spawn(function()
    return calls.in_step(function() return rollout.rollout { release = NS, timeout = "1m" } end)
  end)
  t.must({ calls.bin .. "/kubectl34", "-n", NS, "patch", "widget", "w", "--subresource=status", "--type=merge", "-p",
    '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}' }, { env = env })
  local _, seen = handle:join()
  if not seen.ok then error(seen.err, 0) end
  t.eq(names(seen.result), {
    "daemonset/agent", "deployment/animica-explorer", "deployment/animica-explorer-web", "deployment/animica-miner",
    "deployment/animica-services", "deployment/animica-studio-web", "job/seed", "statefulset/animica-node",
    "widgets.example.org/w",
  })
end)

calls.both("the first that cannot become ready ends the wait, with its reason", function(_, _, api)
  http.request { url = api .. "/sim/faults", method = "POST", who = "test", body = '{"add":["crash=animica-miner"],"remove":[]}' }
  calls.must(function() return helm.upgrade { release = NS, chart = CHART, install = true } end)
  local seen = calls.in_step(function() return rollout.rollout { release = NS, timeout = "2m" } end)
  t.eq({ seen.err.kind, seen.err.workload, seen.err.reason }, { "rollout", "deployment/animica-miner", "CrashLoopBackOff" })
  t.ok(seen.err.logs, "its last lines")
  seen = calls.in_step(function() return rollout.rollout { release = "none", namespace = NS } end)
  t.eq(seen.err.kind, "not_found")
  t.has(seen.err.message, "helm.rollout: there is no release none in namespace " .. NS)
  seen = calls.in_step(function() return rollout.rollout { release = "none", wait = true } end)
  t.eq(seen.err.kind, "usage")
end)

t.test("a custom resource is waited for when its definition says conditions, or it does itself", function()
  local function crd(properties)
    return { spec = { versions = { { name = "v1", schema = { openAPIV3Schema = { properties = properties } } } } } }
  end
  t.eq(workloads.declares_conditions(crd { status = { properties = { conditions = {} } } }, "v1"), true)
  t.eq(workloads.declares_conditions(crd { status = { properties = {} } }, "v1"), false)
  t.eq(workloads.declares_conditions(crd { status = { properties = { conditions = {} } } }, "v2"), false)
  t.eq(workloads.declares_conditions(nil, "v1"), false)
  t.eq(workloads.says_ready(json.decode '{"status":{"conditions":[{"type":"Ready"}]}}'), true)
  t.eq(workloads.says_ready(json.decode '{"status":{"conditions":[{"type":"Synced"}]}}'), false)
  t.eq(workloads.says_ready {}, false)
  t.eq(workloads.says_ready(nil), false)
end)

-- The real helm against the simulator: first installs, and hooks that fail as they do on a real cluster.
local t = require "tests.harness"
local clients = require "tests.sim_clients"
local fs = require "native.fs"
local json = require "native.json"

local function hook(kind, when, spec)
  local pod = spec.pod
  local text = ([[
apiVersion: %s
kind: %s
metadata: { name: migrate, annotations: { helm.sh/hook: %s } }
spec:
]]):format(kind == "Job" and "batch/v1" or "v1", kind, when)
  if kind == "Pod" then return text .. "  " .. pod:gsub("\n", "\n  ") end
  return text .. "  backoffLimit: " .. (spec.limit or 0) .. "\n  template:\n    spec:\n      " .. pod:gsub("\n", "\n      ")
end

--- A chart of one ConfigMap and a hook.
local function chart(sim, text)
  local dir = sim.dir .. "/chart"
  fs.mkdir(dir)
  fs.mkdir(dir .. "/templates")
  t.write_file(dir .. "/Chart.yaml", "apiVersion: v2\nname: probe\nversion: 0.1.0\n")
  t.write_file(dir .. "/templates/seeds.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: seeds }\n"
    .. "data: { release: '{{ .Release.Revision }}' }\n")
  t.write_file(dir .. "/templates/hook.yaml", text)
  return dir
end

local function pod_spec(command, tag)
  return ('restartPolicy: Never\ncontainers: [{ name: main, image: "ghcr.io/animica/migrate:%s", command: %s }]'):format(
    tag or "v1", json.encode(command))
end

local function status(sim, helm) return json.decode(sim.must(helm, "status probe -o json")).info.status end

--- The pod of the hook: a Job's, or itself.
local function the_pod(sim)
  for _, pod in ipairs(sim.get("pods").items) do
    if pod.metadata.name:find "^migrate" then return pod end
  end
end

for _, helm in ipairs { "helm3", "helm4" } do
  t.test(helm .. ": the first release of an empty namespace, installed and listed", function()
    local sim = clients.start()
    t.eq(json.decode(sim.must(helm, "list -o json")), {})
    local dir = chart(sim, hook("Job", "post-install", { pod = pod_spec { "sh", "-c", "echo migrated" } }))
    sim.must(helm, "install probe " .. dir .. " --timeout 20s")
    t.eq(status(sim, helm), "deployed")
    t.has(sim.must("kubectl34", "logs job/migrate"), "migrated")
    t.eq(#json.decode(sim.must(helm, "list -o json")), 1)
  end)

  t.test(helm .. ": a Job that ends with 3 fails the release, and its pod has the code and the log", function()
    local sim = clients.start()
    local dir = chart(sim, hook("Job", "pre-install", { pod = pod_spec { "sh", "-c", "echo no such table; exit 3" } }))
    local code, _, err = sim.run(helm, "install probe " .. dir .. " --timeout 20s")
    t.eq(code, 1, err)
    t.has(err, "migrate")
    t.eq(status(sim, helm), "failed")
    t.ok(sim.run("kubectl34", "get configmap seeds") ~= 0, "what the hook comes before is not there")
    local pod = the_pod(sim)
    t.eq({ pod.status.phase, pod.status.containerStatuses[1].state.terminated.exitCode }, { "Failed", 3 })
    t.has(sim.must("kubectl34", "logs " .. pod.metadata.name), "no such table")
    t.has(sim.must("kubectl34", "get events --field-selector involvedObject.name=migrate"), "BackoffLimitExceeded")
  end)

  t.test(helm .. ": a hook whose image is missing holds it until its timeout", function()
    for _, kind in ipairs { "Job", "Pod" } do
      local sim = clients.start()
      local dir = chart(sim, hook(kind, "pre-install", { pod = pod_spec({ "true" }, "v1-missing") }))
      local code, _, err = sim.run(helm, "install probe " .. dir .. " --timeout 3s")
      t.eq(code, 1, err)
      t.eq(status(sim, helm), "failed")
      local waiting = the_pod(sim).status.containerStatuses[1].state.waiting
      t.ok(waiting.reason == "ImagePullBackOff" or waiting.reason == "ErrImagePull", waiting.reason)
      t.has(waiting.message, 'failed to resolve reference "ghcr.io/animica/migrate:v1-missing"')
    end
  end)

  t.test(helm .. ": a Pod that ends with 1; an init container that does", function()
    local sim = clients.start()
    local dir = chart(sim, hook("Pod", "pre-install", { pod = pod_spec { "false" } }))
    local code, _, err = sim.run(helm, "install probe " .. dir .. " --timeout 20s")
    t.eq(code, 1, err)
    t.has(err, "migrate")
    t.eq(sim.get("pod migrate").status.phase, "Failed")
    local other = clients.start()
    dir = chart(other, hook("Job", "pre-install", { pod = pod_spec { "true" }
      .. '\ninitContainers: [{ name: wait, image: "ghcr.io/animica/wait:v1", command: [sh, -c, "echo no database; exit 4"] }]' }))
    t.eq(other.run(helm, "install probe " .. dir .. " --timeout 20s"), 1)
    t.ok(other.must("kubectl34", "get pods"):find "Init:Error")
    t.has(other.must("kubectl34", "logs job/migrate -c wait"), "no database")
  end)
end

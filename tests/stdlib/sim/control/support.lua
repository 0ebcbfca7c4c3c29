--- What the tests of the simulated cluster's controllers and node share: a cluster under a clock of the test's
--- own, and workloads to put into it.
local value = require "almanac.sim.model.value"
local store = require "almanac.sim.model.store"
local agenda = require "almanac.sim.control.agenda"
local events = require "almanac.sim.control.events"
local faults = require "almanac.sim.world.faults"
local logs = require "almanac.sim.world.logs"
local chatter = require "almanac.sim.world.chatter"
local controllers = require "almanac.sim.control.controllers"
local kubelet = require "almanac.sim.control.kubelet"

local support = {}

local NS = "devnet"
support.NS = NS

-- A cluster whose time only moves in `cluster.run`.
function support.new()
  local cluster = { at = 1700000000.0 }
  local function now() return cluster.at end
  cluster.store = store.new { now = now }
  cluster.agenda = agenda.new { now = now, report = function(key, err)
    error(key:gsub("%z", " ") .. ": " .. tostring(err), 0)
  end }
  cluster.events = events.new(cluster.store, now)
  cluster.faults, cluster.logs = faults.new(), logs.new(now)
  controllers.start(cluster.store, { agenda = cluster.agenda, events = cluster.events, now = now })
  cluster.kubelet = kubelet.start(cluster.store, { agenda = cluster.agenda, events = cluster.events,
    faults = cluster.faults, logs = cluster.logs, now = now, speak = chatter })
  cluster.store:create("v1/namespaces", { metadata = { name = NS },
    spec = { finalizers = value.array { "kubernetes" } } })
  function cluster.run(seconds)
    local stop = cluster.at + seconds
    while true do
      cluster.agenda:run_due()
      local wait = cluster.agenda:wait_time()
      if not wait or cluster.at + wait > stop then break end
      cluster.at = cluster.at + wait
    end
    cluster.at = stop
  end
  --- Runs until the condition holds; fails after a minute of the cluster's time.
  function cluster.run_until(what, fn)
    for _ = 1, 1200 do
      if fn() then return end
      cluster.run(0.05)
    end
    error("never: " .. what, 0)
  end
  function cluster.get(gvr, name) return (cluster.store:get(gvr, NS, name)) end
  function cluster.pods(labels) return (cluster.store:list("v1/pods", NS, { labels = labels })) end
  return cluster
end

function support.template(app, tag)
  return { metadata = { labels = { app = app } }, spec = {
    restartPolicy = "Always", terminationGracePeriodSeconds = 2,
    containers = value.array { { name = "main", image = "ghcr.io/animica/" .. app .. ":" .. tag,
      ports = value.array { { name = "rpc", containerPort = 8545 } },
      readinessProbe = { httpGet = { path = "/readyz", port = "rpc" }, periodSeconds = 1 } } },
  } }
end

function support.deployment(name, tag, replicas)
  return { metadata = { name = name, namespace = NS }, spec = {
    replicas = replicas or 1, selector = { matchLabels = { app = name } }, template = support.template(name, tag),
    progressDeadlineSeconds = 30,
    strategy = { type = "RollingUpdate", rollingUpdate = { maxSurge = "25%", maxUnavailable = "25%" } },
  } }
end

function support.statefulset(name, tag, replicas)
  local sts = { metadata = { name = name, namespace = NS }, spec = {
    replicas = replicas or 1, serviceName = name, selector = { matchLabels = { app = name } },
    template = support.template(name, tag), podManagementPolicy = "OrderedReady",
    updateStrategy = { type = "RollingUpdate", rollingUpdate = { partition = 0 } },
    volumeClaimTemplates = value.array { { metadata = { name = "data" }, spec = {
      accessModes = value.array { "ReadWriteOnce" }, resources = { requests = { storage = "1Gi" } } } } },
  } }
  sts.spec.template.spec.volumes = nil
  return sts
end

local DEPLOYMENTS = "apps/v1/deployments"

function support.set_image(c, gvr, name, tag)
  return c.store:modify(gvr, NS, name, function(o)
    local first = o.spec.template.spec.containers[1]
    first.image = first.image:gsub(":[^:]+$", ":" .. tag)
  end)
end

function support.done(c, name)
  local d = c.get(DEPLOYMENTS, name)
  local s = d.status or {}
  return s.observedGeneration == d.metadata.generation and s.updatedReplicas == d.spec.replicas
    and s.replicas == d.spec.replicas and s.availableReplicas == d.spec.replicas
end

function support.condition(object, kind)
  for _, x in ipairs(value.dig(object, "status", "conditions") or {}) do
    if x.type == kind then return x end
  end
end

function support.reasons(c, about, kind)
  local out = {}
  for _, e in ipairs((c.store:list("v1/events", NS))) do
    if e.involvedObject.name == about and (not kind or e.type == kind) then out[e.reason] = e end
  end
  return out
end

return support

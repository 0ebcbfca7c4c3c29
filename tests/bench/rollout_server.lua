-- The server of the rollout figures: the simulated API without controllers, nodes and a clock of its own,
-- so that what is measured is the follower. almanac lua tests/bench/rollout_server.lua DIR ROLLOUTS PODS
--
-- Namespace bench holds the Deployments, each with a ReplicaSet and a pod, in the middle of a rollout;
-- namespace crowd the pods. A POST to /go?after=SECONDS finishes the Deployments, one every 10 ms, and
-- writes DIR/finished: a line "NAME MILLISECONDS" for each, the moment at which its event was sent.
local dir, rollouts, crowd = ...
local api = require "almanac.sim.api.api"
local fs = require "native.fs"
local httpd = require "native.httpd"
local json = require "native.json"
local store = require "almanac.sim.model.store"
local task = require "native.task"
local terminal = require "native.terminal"

local BETWEEN = 0.01
local DEPLOYMENTS = "apps/v1/deployments"
local s = store.new { now = function() return task.wall_ms() / 1000 end }
local handle = api.new(s)

local function make(key, object) return assert(s:create(key, object)) end

for _, name in ipairs { "bench", "crowd" } do make("v1/namespaces", { metadata = { name = name } }) end

--- A pod as a real cluster has it.
local function recorded_pod()
  local line = fs.read("tests/fixtures/recordings/08-pods-crash.jsonl"):match "[^\n]+"
  return json.decode(json.decode(line, { big = "text" }).response.body, { big = "text" }).items[1]
end

local function owned(object, name, owner, labels)
  object.metadata = { name = name, namespace = "bench", labels = labels, annotations = { ["deployment.kubernetes.io/revision"] = "1" },
    ownerReferences = json.array { { uid = owner.metadata.uid, name = owner.metadata.name, controller = true,
      kind = owner.kind, apiVersion = "apps/v1" } } }
  return object
end

local function rollout(i, pod)
  local name = "d" .. i
  local labels = { app = name, ["pod-template-hash"] = "h" }
  local template = { metadata = { labels = { app = name } }, spec = pod.spec }
  local d = make(DEPLOYMENTS, { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = name, namespace = "bench",
    annotations = { ["deployment.kubernetes.io/revision"] = "1" } }, spec = { replicas = 1,
    selector = { matchLabels = { app = name } }, template = template } })
  s:set_status(DEPLOYMENTS, "bench", name, { observedGeneration = d.metadata.generation, replicas = 1, updatedReplicas = 1,
    unavailableReplicas = 1 })
  local rs = make("apps/v1/replicasets", owned({ apiVersion = "apps/v1", kind = "ReplicaSet", spec = { replicas = 1,
    selector = { matchLabels = { app = name } }, template = template } }, name .. "-h", d, labels))
  make("v1/pods", owned({ apiVersion = "v1", kind = "Pod", spec = pod.spec }, name .. "-h-1", rs, labels))
end

local pod = recorded_pod()
pod.spec.nodeName = nil
-- Its owner must be there, or it would be collected.
pod.metadata.ownerReferences[1].uid = make("apps/v1/replicasets", { apiVersion = "apps/v1", kind = "ReplicaSet",
  metadata = { name = "owner", namespace = "crowd" }, spec = { replicas = 0 } }).metadata.uid
for i = 1, math.tointeger(rollouts) do rollout(i, pod) end
for i = 1, math.tointeger(crowd) do
  make("v1/pods", { apiVersion = "v1", kind = "Pod", metadata = { name = "p" .. i, namespace = "crowd", labels = pod.metadata.labels,
    annotations = pod.metadata.annotations, ownerReferences = pod.metadata.ownerReferences,
    managedFields = pod.metadata.managedFields }, spec = pod.spec })
  s:set_status("v1/pods", "crowd", "p" .. i, pod.status)
end

local go = task.condition()
local server = httpd.listen { port = 0, handler = function(request, response)
  if request.path ~= "/go" then return handle(request, response) end
  response:send(200, {}, "")
  task.sleep(tonumber(request.query.after) or 0)
  go:notify()
end, on_error = function(err) terminal.write(2, tostring(err) .. "\n") end }

local url = "http://127.0.0.1:" .. server:port()
fs.write(dir .. "/kubeconfig", json.encode { apiVersion = "v1", kind = "Config", ["current-context"] = "bench",
  clusters = { { name = "bench", cluster = { server = url } } }, users = { { name = "bench", user = json.null } },
  contexts = { { name = "bench", context = { cluster = "bench", user = "bench", namespace = "bench" } } } })
fs.write(dir .. "/url", url .. "\n")
go:wait()
-- The server's own pauses are none of the follower's.
collectgarbage "stop"
local lines = {}
for i = 1, math.tointeger(rollouts) do
  lines[i] = ("d%d %d"):format(i, task.wall_ms())
  s:set_status(DEPLOYMENTS, "bench", "d" .. i, { observedGeneration = 1, replicas = 1, updatedReplicas = 1, readyReplicas = 1,
    availableReplicas = 1 })
  task.sleep(BETWEEN)
end
fs.write(dir .. "/finished", table.concat(lines, "\n") .. "\n")
collectgarbage "restart"
go:wait() -- until it is ended

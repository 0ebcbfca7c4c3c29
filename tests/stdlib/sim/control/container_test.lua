-- The life of containers on the simulated node: init containers in order, probes, and what becomes of Jobs.
local t = require "tests.harness"
local support = require "tests.stdlib.sim.control.support"
local columns = require "almanac.sim.api.columns"
local value = require "almanac.sim.model.value"

local NS, JOBS, STS = support.NS, "batch/v1/jobs", "apps/v1/statefulsets"

local function image(name, tag) return ("ghcr.io/animica/%s:%s"):format(name, tag) end

--- A pod with init containers of these tags ("NAME:TAG", "+" before it: it stays), and what becomes of it.
local function pod_with_init(c, name, inits, policy)
  local list = value.array {}
  for i, text in ipairs(inits) do
    local stays, init, tag = text:match "^(%+?)(%w+):(.+)$"
    list[i] = { name = init, image = image(init, tag), restartPolicy = stays == "+" and "Always" or nil }
  end
  assert(c.store:create("v1/pods", { metadata = { name = name, namespace = NS }, spec = {
    restartPolicy = policy or "Always", initContainers = list, containers = value.array {
      { name = "main", image = image(name, "v1") } } } }))
  local function now() return c.get("v1/pods", name) end
  return now, function(reason)
    c.run_until(name .. " is " .. reason, function() return columns.pod_reason(now()) == reason end)
    return now()
  end
end

local function states(list)
  local out = {}
  for i, s in ipairs(list) do
    local kind, state = next(s.state)
    out[i] = s.name .. " " .. kind .. (state.reason and " " .. state.reason or "")
  end
  return out
end

t.test("init containers run one after the other, then the others start", function()
  local c = support.new()
  local now, becomes = pod_with_init(c, "web", { "schema:v1", "seed:v1" })
  local first = becomes "Init:0/2"
  t.eq(first.status.phase, "Pending")
  t.eq(states(first.status.containerStatuses), { "main waiting PodInitializing" })
  t.eq(support.condition(first, "Initialized").message, "containers with incomplete status: [schema seed]")
  local second = becomes "Init:1/2"
  t.eq(states(second.status.initContainerStatuses)[1], "schema terminated Completed")
  t.eq(second.status.initContainerStatuses[1].ready, true)
  local running = becomes "Running"
  t.eq({ running.status.phase, support.condition(running, "Initialized").status }, { "Running", "True" })
  t.eq(now().status.containerStatuses[1].started, true)
end)

t.test("a failing init container holds the pod, backs off, and with Never ends it", function()
  local c = support.new()
  local _, becomes = pod_with_init(c, "web", { "schema:v1", "seed:v1-crash" })
  becomes "Init:Error"
  local held = becomes "Init:CrashLoopBackOff"
  t.eq(held.status.phase, "Pending")
  t.eq(states(held.status.containerStatuses), { "main waiting PodInitializing" })
  t.ok(held.status.initContainerStatuses[2].restartCount >= 1)
  t.eq(held.status.initContainerStatuses[2].lastState.terminated.exitCode, 1)
  t.eq(support.reasons(c, "web").BackOff.involvedObject.fieldPath, "spec.initContainers{seed}")
  local once, ends = pod_with_init(c, "once", { "seed:v1-crash" }, "Never")
  ends "Init:Error"
  c.run(5)
  t.eq({ once().status.phase, support.condition(once(), "Ready").reason }, { "Failed", "PodFailed" })
end)

t.test("an init container's missing image, and one that stays", function()
  local c = support.new()
  local missing, becomes = pod_with_init(c, "web", { "seed:v1-missing" })
  becomes "Init:ImagePullBackOff"
  t.has(missing().status.initContainerStatuses[1].state.waiting.message, "seed:v1-missing")
  local beside, starts = pod_with_init(c, "app", { "+proxy:v1", "seed:v1" })
  starts "Running"
  t.eq(states(beside().status.initContainerStatuses), { "proxy running", "seed terminated Completed" })
end)

t.test("a container that stays does not keep its pod from its end", function()
  local c = support.new()
  local now = pod_with_init(c, "job", { "+proxy:v1" }, "Never")
  c.run_until("it has ended", function() return value.dig(now(), "status", "phase") == "Succeeded" end)
  t.eq(states(now().status.initContainerStatuses), { "proxy terminated Completed" })
  c.run(5)
  t.eq(now().status.initContainerStatuses[1].restartCount, 0)
end)

t.test("each kind of probe says why it fails", function()
  local c = support.new()
  for name, probe in pairs { web = { httpGet = { path = "/readyz", port = "rpc" } }, tcp = { tcpSocket = { port = "rpc" } },
    cmd = { exec = { command = value.array { "/ready" } } }, rpc = { grpc = { port = 8545 } } } do
    local set = support.statefulset(name, "v1-notready")
    set.spec.template.spec.containers[1].readinessProbe = probe
    c.store:create(STS, set)
  end
  c.run(5)
  local function says(name) return support.reasons(c, name .. "-0").Unhealthy.message end
  local ip = c.get("v1/pods", "tcp-0").status.podIP
  t.eq(says "web", "Readiness probe failed: HTTP probe failed with statuscode: 503")
  t.eq(says "tcp", ("Readiness probe failed: dial tcp %s:8545: connect: connection refused"):format(ip))
  t.eq(says "cmd", "Readiness probe failed: ")
  t.has(says "rpc", "service unhealthy")
end)

t.test("a StatefulSet whose new pod never becomes ready stays so after a rollback, as recorded (32)", function()
  local c = support.new()
  t.ok(c.faults:change { "notready=node:v2" })
  c.store:create(STS, support.statefulset("node", "v1"))
  local function set() return c.get(STS, "node") end
  local function pod() return c.get("v1/pods", "node-0") end
  c.run_until("up", function() return value.dig(set(), "status", "readyReplicas") == 1 end)
  local good = set().status.currentRevision
  support.set_image(c, STS, "node", "v2")
  c.run_until("the new pod runs", function()
    return pod() and pod().metadata.labels["controller-revision-hash"] ~= good and pod().status.phase == "Running"
  end)
  c.run(10)
  local stuck = pod()
  t.eq({ stuck.status.containerStatuses[1].ready, stuck.status.containerStatuses[1].started, stuck.metadata.generateName },
    { false, true, "node-" })
  t.eq({ set().status.updatedReplicas, set().status.readyReplicas, set().status.currentReplicas }, { 1, nil, nil })
  t.ok(support.reasons(c, "node-0").Unhealthy.count >= 9, "one event, counted")
  support.set_image(c, STS, "node", "v1")
  c.run(30)
  local status = set().status
  t.eq({ status.observedGeneration, status.updateRevision, status.currentRevision }, { 3, good, good })
  t.eq({ status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas }, { 1, nil, nil, 0 })
  t.eq(pod().metadata.uid, stuck.metadata.uid, "the pod of the bad revision stays")
  c.store:delete("v1/pods", NS, "node-0")
  c.run_until("healed", function() return set().status.readyReplicas == 1 end)
  t.eq(pod().metadata.labels["controller-revision-hash"], good)
end)

t.test("a Job with OnFailure fails when its containers were started again too often", function()
  local c = support.new()
  local template = support.template("seed", "v1-crash")
  template.spec.restartPolicy = "OnFailure"
  c.store:create(JOBS, { metadata = { name = "seed", namespace = NS }, spec = { template = template, backoffLimit = 2 } })
  c.run_until("it has failed", function() return support.condition(c.get(JOBS, "seed") or {}, "Failed") end)
  t.eq(support.condition(c.get(JOBS, "seed"), "Failed").reason, "BackoffLimitExceeded")
  c.run(2)
  t.eq(#c.pods(), 0, "its pods are deleted")
end)

t.test("a command is run where it can be: its code and its lines are the container's", function()
  local c = support.new()
  local asked = {}
  c.kubelet.run = function(pod, container, ended)
    asked[#asked + 1] = container.name
    if container.name == "unknown" then return false end
    c.logs:print(pod, container.name, "no such table")
    c.agenda:after(0.5, pod.metadata.uid .. container.name, function() ended(3) end)
    return true
  end
  for _, name in ipairs { "known", "unknown" } do
    c.store:create("v1/pods", { metadata = { name = name, namespace = NS }, spec = { restartPolicy = "Never",
      containers = value.array { { name = name, image = image(name, "v1") } } } })
  end
  c.run(5)
  table.sort(asked)
  t.eq(asked, { "known", "unknown" })
  local known = c.get("v1/pods", "known").status
  t.eq({ known.phase, known.containerStatuses[1].state.terminated.exitCode, known.containerStatuses[1].state.terminated.reason },
    { "Failed", 3, "Error" })
  local lines = c.logs:read(c.get("v1/pods", "known"), "known")
  t.eq({ #lines, lines[1].text }, { 1, "no such table" })
  t.eq(c.get("v1/pods", "unknown").status.phase, "Succeeded")
end)

t.test("whoever follows a container's log is told of its end, also when it ended before", function()
  local c = support.new()
  assert(c.store:create("v1/pods", { metadata = { name = "once", namespace = NS }, spec = { restartPolicy = "Never",
    containers = value.array { { name = "main", image = image("once", "v1-crash") } } } }))
  c.run_until("it runs", function() return columns.pod_reason(c.get("v1/pods", "once")) == "Running" end)
  local over = {}
  local function follow() c.logs:follow(c.get("v1/pods", "once"), "main", function(line) over[#over + 1] = line == nil or nil end) end
  follow()
  t.eq(over, {})
  c.run_until("it ends", function() return columns.pod_reason(c.get("v1/pods", "once")) == "Error" end)
  t.eq(over, { true })
  follow()
  t.eq(over, { true, true })
end)

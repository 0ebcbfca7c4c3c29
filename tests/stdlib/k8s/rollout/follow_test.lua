-- Following a rollout in a world of the test's: what the API tells is put into queues by hand.
local json = require "native.json"
local rollout = require "almanac.k8s.rollout.rollout"
local t = require "tests.harness"
local worlds = require "tests.stdlib.k8s.rollout.world"

local recorded, find, copy = worlds.recorded, worlds.find, worlds.copy
local new_world, follow = worlds.new_world, worlds.follow
local deployment, replicaset, pod = worlds.deployment, worlds.replicaset, worlds.pod
local PROGRESS, DONE, CRASHING, STARTING = worlds.PROGRESS, worlds.DONE, worlds.CRASHING, worlds.STARTING

t.test("a rollout is followed to its end", function()
  local world = new_world()
  world:put(deployment(2, { observedGeneration = 1, replicas = 1, updatedReplicas = 1, availableReplicas = 1 }))
  local f = follow(world, "deployment/web")
  f.wait_progress "Waiting for deployment spec update to be observed"
  world:put(deployment(2, PROGRESS))
  f.wait_progress "1 old replicas are pending termination"
  world:put(deployment(2, DONE))
  local r = f.result()
  t.eq({ r.workload, r.namespace, r.message, r.generation, r.healed },
    { "deployment/web", "ns", 'deployment "web" successfully rolled out', 2, {} })
end)

t.test("one that is done already is done at once", function()
  local world = new_world()
  world:put(deployment(2, DONE))
  t.eq(follow(world, "deployment/web").result().generation, 2)
end)

t.test("a state from before our own last write is not taken for the newest", function()
  local world = new_world()
  local function state(generation)
    local obj = deployment(generation, DONE)
    obj.metadata.uid = "uid-written"
    return world:put(obj)
  end
  local old = state(1).metadata
  require("almanac.k8s.written").note { metadata = { uid = old.uid, resourceVersion = old.resourceVersion + 1 } }
  local f = follow(world, "deployment/web")
  f.wait_progress "waiting for the server to show the last change"
  state(2)
  t.eq(f.result().generation, 2)
end)

t.test("what does not exist is not found", function()
  local err = t.raises("not_found", follow(new_world(), "deployment/web", { timeout = "60s", namespace = "ns" }).result)
  t.has(err.message, "there is no deployment/web in namespace ns")
end)

t.test("a crash loop of the new revision fails it at once, with the log of the container", function()
  local world = new_world()
  world:put(deployment(2, PROGRESS))
  world:put(replicaset("old", 1))
  world:put(replicaset("new", 2))
  world:put(pod("new", STARTING))
  world.log["pod/web-new-1 previous"] = "starting\npanic: chain db corrupt\n"
  local f = follow(world, "deployment/web")
  f.wait_progress "pending termination"
  world:put(pod("new", CRASHING))
  local err = t.raises("rollout", f.result)
  t.eq(err.message, "deployment/web cannot become ready: pod web-new-1, container app: CrashLoopBackOff, exit code 3, "
    .. "1 restart")
  t.eq({ err.workload, err.namespace, err.reason, err.pod, err.container, err.exit_code, err.restarts },
    { "deployment/web", "ns", "CrashLoopBackOff", "web-new-1", "app", 3, 1 })
  t.eq(err.logs, "starting\npanic: chain db corrupt")
end)

t.test("a crash loop of the old revision does not", function()
  local world = new_world()
  world:put(deployment(2, PROGRESS))
  world:put(replicaset("old", 1))
  world:put(replicaset("new", 2))
  world:put(pod("old", CRASHING))
  world:put(pod("new", STARTING))
  local f = follow(world, "deployment/web")
  f.wait_progress "pending termination"
  world:put(deployment(2, DONE))
  f.result()
end)

t.test("at the timeout it says what is known", function()
  local world = new_world()
  world:put(deployment(2, PROGRESS))
  world:put(replicaset("new", 2))
  world:put { kind = "Pod", metadata = { name = "web-new-1", namespace = "ns",
    ownerReferences = { { uid = "uid-web-new" } }, labels = { ["pod-template-hash"] = "new" } },
    spec = {}, status = { phase = "Running", conditions = { { type = "Ready", status = "False" } },
      containerStatuses = { { name = "app", restartCount = 0, state = { running = {} } } } } }
  world:put { kind = "Event", reason = "Unhealthy", type = "Warning", metadata = { name = "e", namespace = "ns" },
    message = "Readiness probe failed: 503", lastTimestamp = "2026-11-23T18:00:00Z",
    involvedObject = { name = "web-new-1", uid = "uid-web-new-1", fieldPath = "spec.containers{app}" } }
  world.log["pod/web-new-1"] = "listening\n"
  local err = t.raises("rollout", follow(world, "deployment/web", { timeout = "200ms" }).result)
  t.eq(err.message, "deployment/web was not ready within 200ms: 1 old replicas are pending termination; "
    .. "pod web-new-1, container app: ProbeFailing: Readiness probe failed: 503")
  t.eq(err.logs, "listening")
end)

t.test("the progress deadline fails it", function()
  local world = new_world()
  world:put(deployment(2, { replicas = 2, updatedReplicas = 1, conditions = { { type = "Progressing", status = "False",
    reason = "ProgressDeadlineExceeded", message = "ReplicaSet has timed out progressing." } } }))
  local err = t.raises("rollout", follow(world, "deployment/web").result)
  t.has(err.message, "ProgressDeadlineExceeded: ReplicaSet has timed out progressing.")
end)

t.test("a deadline that the rollout before exceeded is not this one's", function()
  local world = new_world()
  local state = copy(PROGRESS)
  state.conditions = { { type = "Progressing", status = "False", reason = "ProgressDeadlineExceeded",
    message = 'ReplicaSet "web-old" has timed out progressing.' } }
  world:put(replicaset("old", 1))
  world:put(replicaset("new", 2))
  world:put(deployment(2, state))
  local f = follow(world, "deployment/web")
  f.wait_progress "pending termination"
  world:put(deployment(2, DONE))
  t.eq(f.result().generation, 2)
  state.conditions[1].message = 'ReplicaSet "web-new" has timed out progressing.'
  world:put(deployment(2, state))
  t.has(t.raises("rollout", follow(world, "deployment/web").result).message, "ProgressDeadlineExceeded")
end)

t.test("an object that is deleted and made again is followed", function()
  local world = new_world()
  world:put(deployment(2, PROGRESS))
  local f = follow(world, "deployment/web")
  f.wait_progress "pending termination"
  world:remove "deployment/web"
  f.wait_progress "deleted; waiting for it to be created again"
  local again = deployment(1, DONE)
  again.metadata.uid = "another"
  world:put(again)
  t.eq(f.result().generation, 1)
end)

t.test("at the timeout an object that is gone is said to be", function()
  local world = new_world()
  world:put(deployment(2, PROGRESS))
  local f = follow(world, "deployment/web", { timeout = 0.5 })
  f.wait_progress "pending termination"
  world:remove "deployment/web"
  local err = t.raises("rollout", f.result)
  t.has(err.message, "was not ready within 500ms: it was deleted, and not created again")
end)

t.test("a state from before is not believed", function()
  local world = new_world()
  local old = world:put(deployment(1, DONE))
  world:put(deployment(2, PROGRESS))
  local f = follow(world, "deployment/web")
  f.wait_progress "pending termination"
  world:tell("MODIFIED", old)
  world:put(deployment(2, { replicas = 1, updatedReplicas = 1, availableReplicas = 0 }))
  f.wait_progress "0 of 1 updated replicas are available"
  world:put(deployment(2, DONE))
  t.eq(f.result().generation, 2)
end)

t.test("a watch that breaks for good ends it", function()
  local world = new_world()
  world:put(deployment(2, PROGRESS))
  local watch = world.watch
  world.watch = function(ref, opts)
    if ref == "pods" then error({ kind = "auth", message = "expired" }, 0) end
    return watch(ref, opts)
  end
  t.raises("auth", follow(world, "deployment/web").result)
end)

t.test("many in one namespace share one watch of each kind, and whoever ends hands on", function()
  local world, all, opened = new_world(), {}, {}
  local watch = world.watch
  world.watch = function(ref, opts)
    opened[ref] = (opened[ref] or 0) + 1
    return watch(ref, opts)
  end
  local function named(i, status)
    local d = deployment(2, copy(status))
    d.metadata.name, d.metadata.uid = "web" .. i, "uid-web" .. i
    return d
  end
  for i = 1, 40 do
    world:put(named(i, PROGRESS))
    all[i] = follow(world, "deployment/web" .. i)
  end
  for i = 1, 40 do all[i].wait_progress "pending termination" end
  t.eq(opened, { deployment = 1, pods = 1, replicasets = 1 })
  t.eq(world.open, 3)
  for i = 1, 40 do
    world:put(named(i, { replicas = 1, updatedReplicas = 1, availableReplicas = 0 }))
    all[i].wait_progress "0 of 1 updated replicas are available"
    if i > 1 then t.eq(#all[i - 1].said, 2, "told of its own only") end
  end
  for i = 1, 39 do
    world:put(named(i, DONE))
    t.ok(all[i].handle:join())
  end
  t.eq(opened, { deployment = 1, pods = 1, replicasets = 1 }, "nothing was opened again")
  world:put(named(40, DONE))
  all[40].result()
end)

local function recorded_stuck(world)
  local set = recorded "11-rollout-status-after-rollback"[1]
  local node = find(recorded "08-pods-crash", "Pod", "animica-node-0")
  world:put(set)
  world:put(node)
  return set, node
end

t.test("the StatefulSet trap is explained, with what to do", function()
  local world = new_world()
  recorded_stuck(world)
  local err = t.raises("rollout", follow(world, "statefulset/animica-node").result)
  t.has(err.message, 'statefulset "animica-node" waits for pod animica-node-0 of revision')
  t.has(err.hint, "heal = true")
  t.has(err.hint, "kubectl -n animica-devnet delete pod animica-node-0")
  t.eq(world.deleted, {})
end)

t.test("and healed where asked: the pod, known by its uid, is deleted once", function()
  local world = new_world()
  local set, node = recorded_stuck(world)
  world.on_delete = function()
    world:remove "pod/animica-node-0"
    local new = copy(node)
    new.metadata.uid, new.metadata.labels["controller-revision-hash"] = "new-uid", set.status.updateRevision
    new.status = { phase = "Running" }
    world:put(new)
    set.status.readyReplicas, set.status.updatedReplicas = 1, 1
    world:put(set)
  end
  local f = follow(world, "statefulset/animica-node", { timeout = "60s", heal = true })
  local r = f.result()
  t.eq(world.deleted, { "pod/animica-node-0 " .. node.metadata.uid })
  t.eq(r.healed, { "animica-node-0" })
  t.has(f.notes[1], "waits for pod animica-node-0")
end)

--- A set as a real server had it, waiting for a pod that has been running, and not ready, for so long.
local function never_ready(world, seconds)
  local known = json.decode(t.read_file "tests/fixtures/rollout/never_ready.json", { null = "absent" })
  known.pod.status.containerStatuses[1].state.running.startedAt = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - seconds)
  world:put(known.set)
  world:put(known.pod)
  for _, event in ipairs(known.events) do
    event.kind = "Event"
    world:put(event)
  end
  return known.set, known.pod
end

t.test("a pod that is never ready is replaced where asked, and named in its probe's words", function()
  local world = new_world()
  local set, node = never_ready(world, 60)
  world.on_delete = function()
    world:remove "pod/animica-node-0"
    set.status.readyReplicas, set.status.updatedReplicas = 1, 1
    world:put(set)
  end
  local f = follow(world, "statefulset/animica-node", { timeout = "60s", heal = true })
  t.eq(f.result().healed, { "animica-node-0" })
  t.eq(world.deleted, { "pod/animica-node-0 " .. node.metadata.uid })
  t.has(f.notes[1], "Readiness probe failed: HTTP probe failed with statuscode: 503")
end)

t.test("without that it is waited for, and the end of the time names it", function()
  local world = new_world()
  never_ready(world, 60)
  local f = follow(world, "statefulset/animica-node", { timeout = 0.2 })
  local err = t.raises("rollout", f.result)
  t.has(err.message, "statefulset/animica-node was not ready within 200ms: statefulset \"animica-node\" waits for pod "
    .. "animica-node-0 of revision")
  t.has(err.message, "statuscode: 503")
  t.has(err.hint, "heal = true")
  t.has(f.said[#f.said], "not become ready in the 8s that its probes allow")
  t.has(f.said[#f.said], "it goes on once that pod is deleted: k8s.rollout(…, { heal = true }) does so, or: kubectl -n ")
  t.eq(world.deleted, {})
end)

t.test("one that may still become ready is left alone", function()
  local world = new_world()
  never_ready(world, 1)
  local err = t.raises("rollout", follow(world, "statefulset/animica-node", { timeout = 0.2, heal = true }).result)
  t.has(err.message, "was not ready within 200ms: Waiting for 1 pods to be ready")
  t.eq(world.deleted, {})
end)

t.test("a timeout while the server is away says that nobody knows, and not that it does not exist", function()
  local world = new_world()
  world:put(deployment(2, PROGRESS))
  world.wrong = "no answer from the API server http://x"
  local err = t.raises("rollout", follow(world, "deployment/web", { timeout = 0.2 }).result)
  t.has(err.message, "deployment/web: after 200ms nobody knows how it stands: no answer from the API server http://x")
  t.has(err.message, "was last seen as: ")
end)

--- A Pod of its own in that phase.
local function bare(phase, container)
  local ready = { type = "Ready", status = phase == "Running" and "True" or "False" }
  return { kind = "Pod", metadata = { name = "migrate", namespace = "ns", creationTimestamp = "2026-01-01T00:00:00Z" },
    spec = {}, status = { phase = phase, conditions = { ready }, containerStatuses = { container } } }
end

t.test("a Pod is followed until it is ready, or to its end", function()
  for phase, to_end in pairs { Running = false, Succeeded = true } do
    local world = new_world()
    world:put(bare("Pending", STARTING))
    local f = follow(world, "pod/migrate", { timeout = "10s", to_end = to_end })
    if to_end then world:put(bare "Running") end
    world:put(bare(phase))
    t.eq(f.result().workload, "pod/migrate")
  end
end)

t.test("a Pod that fails, or cannot pull its image, says why; one that is started again is waited for to its end", function()
  local world = new_world()
  local ended = { name = "app", restartCount = 0, state = { terminated = { exitCode = 3, reason = "Error" } } }
  world.log["pod/migrate"] = "no such table\n"
  world:put(bare("Failed", ended))
  local err = t.raises("rollout", follow(world, "pod/migrate", { timeout = "10s", to_end = true }).result)
  t.eq({ err.reason, err.pod, err.exit_code, err.logs }, { "PodFailed", "migrate", 3, "no such table" })
  t.eq(err.message, "pod/migrate failed; pod migrate, container app: Error, exit code 3")
  local waiting = { reason = "ImagePullBackOff", message = 'failed to resolve reference "x:v9"' }
  world:put(bare("Pending", { name = "app", restartCount = 0, state = { waiting = waiting } }))
  err = t.raises("rollout", follow(world, "pod/migrate", { timeout = "10s", to_end = true }).result)
  t.has(err.message, 'cannot become ready: pod migrate, container app: ImagePullBackOff: failed to resolve reference "x:v9"')
  world:put(bare("Running", CRASHING))
  err = t.raises("rollout", follow(world, "pod/migrate", { timeout = 0.2, to_end = true }).result)
  t.has(err.message, "was not ready within 200ms: is running; pod migrate, container app: CrashLoopBackOff, exit code 3")
end)

t.test("what it is asked for is checked first", function()
  t.raises("usage", rollout.rollout, "animica-node")
  t.raises("usage", rollout.rollout, "deployment/web", { wait = true })
end)

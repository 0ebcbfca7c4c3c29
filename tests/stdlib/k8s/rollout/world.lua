--- A world of the test's in which a rollout is followed: what the API tells is put into queues by hand.
local json = require "native.json"
local follower = require "almanac.k8s.rollout.follow"
local execute = require "almanac.run.mode.execute"
local runs = require "almanac.journal.run"
local t = require "tests.harness"
local task = require "native.task"

local M = {}

local function recorded(name)
  local out = {}
  for line in t.read_file("tests/fixtures/recordings/" .. name .. ".jsonl"):gmatch "[^\n]+" do
    local body = json.decode(line, { big = "text" }).response.body
    body = json.decode(body)
    for _, item in ipairs(body.items or { body }) do
      item.kind = item.kind or body.kind:gsub("List$", "")
      out[#out + 1] = item
    end
  end
  return out
end

local function find(list, kind, name)
  for _, obj in ipairs(list) do
    if obj.kind == kind and obj.metadata.name == name then return obj end
  end
  error("no " .. kind .. " " .. name)
end

local function copy(v)
  return json.decode(json.encode(v))
end

--- A cluster of objects. put() and remove() tell the watches at once.
local World = {}
World.__index = World

local function new_world()
  local w = setmetatable({ objects = {}, watches = {}, deleted = {}, version = 100000, open = 0, log = {} }, World)
  w.watch = function(ref, opts) return w:add_watch(ref, opts) end
  w.list = function(ref) return w:of(ref) end
  w.find = function(ref) return w.objects[ref] end
  w.logs = function(ref, opts) return w.log[ref .. (opts.previous and " previous" or "")] or error({ kind = "api" }, 0) end
  w.delete = function(ref, opts)
    w.deleted[#w.deleted + 1] = ref .. " " .. opts.uid
    if w.on_delete then w.on_delete() end
  end
  return w
end

local plural = { Pod = "pods", Deployment = "deployments", StatefulSet = "statefulsets", ReplicaSet = "replicasets",
  Event = "events", PersistentVolumeClaim = "persistentvolumeclaims" }

local function ref_of(obj)
  return obj.kind:lower() .. "/" .. obj.metadata.name
end

function World:of(ref)
  local out = {}
  for key, obj in pairs(self.objects) do
    if key == ref or plural[obj.kind] == ref or obj.kind:lower() == ref then out[#out + 1] = obj end
  end
  return out
end

function World:add_watch(ref)
  local queue, signal = {}, task.condition()
  local watch = { ref = ref }
  self.open = self.open + 1
  function watch.tell(event)
    queue[#queue + 1] = event
    signal:notify()
  end
  function watch.next()
    while #queue == 0 do signal:wait() end
    return table.remove(queue, 1)
  end
  function watch.close()
    self.open = self.open - 1
    self.watches[watch] = nil
  end
  function watch.keep() end
  function watch.what_is_wrong() return self.wrong end
  for _, obj in ipairs(self:of(ref)) do watch.tell { type = "ADDED", object = copy(obj) } end
  watch.tell { type = "SYNCED" }
  self.watches[watch] = true
  return setmetatable(watch, { __close = watch.close })
end

function World:tell(type, obj)
  for watch in pairs(self.watches) do
    if watch.ref == obj.kind:lower() or watch.ref == plural[obj.kind] then watch.tell { type = type, object = copy(obj) } end
  end
end

function World:put(obj)
  obj = copy(obj)
  self.version = self.version + 1
  obj.metadata.resourceVersion = tostring(self.version)
  obj.metadata.uid = obj.metadata.uid or "uid-" .. obj.metadata.name
  local old = self.objects[ref_of(obj)]
  self.objects[ref_of(obj)] = obj
  self:tell(old and "MODIFIED" or "ADDED", obj)
  return obj
end

function World:remove(ref)
  local obj = self.objects[ref]
  self.objects[ref] = nil
  self:tell("DELETED", obj)
end

local function deployment(generation, status)
  status.observedGeneration = status.observedGeneration or generation
  return { kind = "Deployment", metadata = { name = "web", namespace = "ns", generation = generation,
    annotations = { ["deployment.kubernetes.io/revision"] = "2" } },
    spec = { replicas = 1, selector = { matchLabels = { app = "web" } } }, status = status }
end

local PROGRESS = { replicas = 2, updatedReplicas = 1, availableReplicas = 1 }
local DONE = { replicas = 1, updatedReplicas = 1, availableReplicas = 1 }

local function replicaset(hash, revision)
  return { kind = "ReplicaSet", metadata = { name = "web-" .. hash, namespace = "ns",
    labels = { ["pod-template-hash"] = hash },
    annotations = { ["deployment.kubernetes.io/revision"] = tostring(revision) },
    ownerReferences = { { uid = "uid-web" } } } }
end

local function pod(hash, container)
  return { kind = "Pod", metadata = { name = "web-" .. hash .. "-1", namespace = "ns",
    ownerReferences = { { uid = "uid-web-" .. hash } }, labels = { ["pod-template-hash"] = hash } }, spec = {},
    status = { phase = "Running", containerStatuses = { container } } }
end

local CRASHING = { name = "app", restartCount = 1, state = { waiting = { reason = "CrashLoopBackOff", message = "back-off" } },
  lastState = { terminated = { exitCode = 3, reason = "Error" } } }
local STARTING = { name = "app", restartCount = 0, state = { waiting = { reason = "ContainerCreating" } } }

--- Follows in a task of its own, as a run would; said: its progress.
local function follow(world, ref, opts)
  local run = runs.unrecorded({}, execute)
  local f = { said = {}, notes = {} }
  local signal = task.condition()
  run:observe(function(event)
    if event.kind == "progress" then f.said[#f.said + 1] = event.data.text end
    if event.kind == "note" then f.notes[#f.notes + 1] = event.data.text end
    signal:notify()
  end)
  local handle = task.spawn(function()
    local step = require "almanac.run.step"
    return task.with({ context = { run = run } }, step.run, "ready", {}, function()
      return follower.follow(world, ref, opts or { timeout = "60s" })
    end)
  end)
  f.handle = handle
  function f.wait_progress(text)
    while true do
      for _, said in ipairs(f.said) do
        if said:find(text, 1, true) then return end
      end
      signal:wait()
    end
  end
  function f.result()
    local ok, result = handle:join()
    t.eq(world.open, 0, "watches left open")
    if not ok then error(result, 0) end
    return result
  end
  return f
end

M.recorded = recorded
M.find = find
M.copy = copy
M.new_world = new_world
M.deployment = deployment
M.replicaset = replicaset
M.pod = pod
M.follow = follow
M.PROGRESS, M.DONE, M.CRASHING, M.STARTING = PROGRESS, DONE, CRASHING, STARTING

return M

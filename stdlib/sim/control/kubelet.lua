--- The node of the simulated cluster, and its scheduler: pods are placed, started, probed, crash, back
--- off and end, with the states, reasons and events of the real ones, only faster.
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"
local podstatus = require "almanac.sim.control.podstatus"
local scheduling = require "almanac.sim.control.scheduling"

local kubelet = {}

local Kubelet = {}
Kubelet.__index = Kubelet

local PODS, CLAIMS = "v1/pods", "v1/persistentvolumeclaims"
local BACKOFF_MAX = 300
local SLOW = 20

--- Names the workload of a pod: its Deployment, StatefulSet, …, or the pod itself.
---@param pod table
---@return string
function kubelet.workload(pod)
  local ref = pods.controller(pod)
  if not ref then return pod.metadata.name end
  local hash = value.dig(pod, "metadata", "labels", "pod-template-hash")
  if ref.kind == "ReplicaSet" and hash then
    return (ref.name:gsub("%-" .. hash .. "$", ""))
  end
  return ref.name
end

function Kubelet:get(record)
  local pod = self.store:peek(PODS, record.ns, record.name)
  if pod and pod.metadata.uid == record.uid then return pod end
  return nil
end

--- Has `fn(pod)` run after a while, unless the pod is gone or ending by then.
function Kubelet:after(record, seconds, what, fn)
  self.agenda:after(seconds, ("pod\0%s\0%s"):format(record.uid, what), function()
    local pod = self:get(record)
    if pod and not record.stopping then fn(pod) end
  end)
  record.jobs[what] = true
end

function Kubelet:cancel(record, what)
  self.agenda:cancel(("pod\0%s\0%s"):format(record.uid, what))
  record.jobs[what] = nil
end

function Kubelet:fault(record, kind, c)
  if c and c.index > 1 and not self.faults:on_pod(kind, "", "", c.image) then return false end
  return self.faults:on_pod(kind, record.ns, record.workload, c and c.image)
end

function Kubelet:event(pod, kind, reason, message, c)
  self.events:record(pod, { type = kind, reason = reason, message = message, component = "kubelet",
    host = self.node, field = c and ("spec.containers{%s}"):format(c.name) })
end

function Kubelet:write(record, pod)
  local status = podstatus.build(pod, record, self.node_ip, self.now())
  self.store:set_status(PODS, record.ns, record.name, status)
  return pod
end

--- ── scheduling ──

local function unbound_claim(self, pod)
  for _, volume in ipairs(pod.spec.volumes or {}) do
    local name = value.dig(volume, "persistentVolumeClaim", "claimName")
    if name then
      local claim = self.store:peek(CLAIMS, pod.metadata.namespace, name)
      if not claim then return ('persistentvolumeclaim "%s" not found'):format(name) end
      if claim.metadata.deletionTimestamp then
        return ('persistentvolumeclaim "%s" is being deleted'):format(name)
      end
      if value.dig(claim, "status", "phase") ~= "Bound" then
        return "pod has unbound immediate PersistentVolumeClaims. not found"
      end
    end
  end
  return nil
end

function Kubelet:unschedulable(record, pod, why)
  local message = "0/1 nodes are available: " .. why
  if record.unschedulable ~= message then
    record.unschedulable = message
    self.events:record(pod, { type = "Warning", reason = "FailedScheduling", message = message,
      component = "default-scheduler", scheduler = true })
    self.store:set_status(PODS, record.ns, record.name, podstatus.unschedulable(pod, message, self.now()))
  end
  self:after(record, 0.25, "schedule", function(p) self:schedule(record, p) end)
end

function Kubelet:schedule(record, pod)
  local image = value.dig(pod, "spec", "containers", 1, "image") or ""
  if self.faults:on_pod("unschedulable", record.ns, record.workload, image) then
    return self:unschedulable(record, pod, "1 Insufficient memory. no new claims to deallocate, preemption: "
      .. "0/1 nodes are available: 1 Preemption is not helpful for scheduling.")
  end
  local why = unbound_claim(self, pod) or scheduling.refusal(self.store, self.node, pod)
  if why then return self:unschedulable(record, pod, why) end
  local placed = value.shallow(pod)
  placed.spec = value.shallow(pod.spec)
  placed.spec.nodeName = self.node
  self.store:update(PODS, placed, { subresource = "binding" })
  self.events:record(pod, { type = "Normal", reason = "Scheduled", component = "default-scheduler", scheduler = true,
    message = ("Successfully assigned %s/%s to %s"):format(record.ns, record.name, self.node) })
  self:after(record, 0.02, "setup", function(p) self:setup(record, p) end)
end

--- ── starting ──

function Kubelet:next_ip()
  self.ips = self.ips + 1
  return ("10.88.%d.%d"):format(self.ips // 250 % 256, self.ips % 250 + 2)
end

function Kubelet:setup(record, pod)
  record.ip, record.started_at = self:next_ip(), self.now()
  for i, spec in ipairs(pod.spec.containers or {}) do
    record.containers[i] = {
      index = i, name = spec.name, image = spec.image or "", spec = spec, restarts = 0, ready = false,
      state = { waiting = { reason = "ContainerCreating" } }, last = nil, failures = 0,
    }
  end
  self:write(record, pod)
  for _, c in ipairs(record.containers) do
    self:after(record, self.start_time, "start" .. c.index, function(p) self:pull(record, c, p) end)
  end
end

local function pull_error(image)
  local repository = image:match("^[^/]+/(.-):[^:/]+$") or image:match("^[^/]+/(.+)$") or image
  local host, tag = image:match("^([^/]+)/") or "docker.io", image:match(":([^:/]+)$") or "latest"
  return ('failed to pull and unpack image "%s": failed to resolve reference "%s": %s: not found'):format(
    image, image, ("%s/%s:%s"):format(host, repository, tag))
end

function Kubelet:pull(record, c, pod)
  if not self:fault(record, "missing", c) then return self:start(record, c, pod) end
  local why = pull_error(c.image)
  c.pulls = (c.pulls or 0) + 1
  self:event(pod, "Normal", "Pulling", ('Pulling image "%s"'):format(c.image), c)
  self:event(pod, "Warning", "Failed", ('Failed to pull image "%s": %s'):format(c.image, why), c)
  self:event(pod, "Warning", "Failed", "Error: ErrImagePull", c)
  c.state = { waiting = { reason = "ErrImagePull", message = why } }
  self:write(record, pod)
  self:after(record, 0.5, "pull" .. c.index, function(p) self:pull_back_off(record, c, p, why) end)
end

function Kubelet:pull_back_off(record, c, pod, why)
  self:event(pod, "Normal", "BackOff", ('Back-off pulling image "%s"'):format(c.image), c)
  self:event(pod, "Warning", "Failed", "Error: ImagePullBackOff", c)
  c.state = { waiting = { reason = "ImagePullBackOff",
    message = ('Back-off pulling image "%s": ErrImagePull: %s'):format(c.image, why) } }
  self:write(record, pod)
  local delay = math.min(self.backoff * 2 ^ (c.pulls - 1), BACKOFF_MAX)
  self:after(record, delay, "start" .. c.index, function(p) self:pull(record, c, p) end)
end

local function runs_to_an_end(pod) return value.dig(pod, "spec", "restartPolicy") ~= "Always" end

--- A container that names a ConfigMap, a Secret or a key that is not there waits for it.
function Kubelet:config_missing(record, c, pod, why)
  self:event(pod, "Warning", "Failed", "Error: " .. why, c)
  c.state = { waiting = { reason = "CreateContainerConfigError", message = why } }
  self:write(record, pod)
  self:after(record, 1, "start" .. c.index, function(p) self:start(record, c, p) end)
end

function Kubelet:start(record, c, pod)
  local missing = scheduling.missing_config(self.store, record.ns, c.spec)
  if missing then return self:config_missing(record, c, pod, missing) end
  local now = self.now()
  self:event(pod, "Normal", "Pulled", ('Container image "%s" already present on machine and can be accessed by '
    .. "the pod"):format(c.image), c)
  self:event(pod, "Normal", "Created", "Container created", c)
  self:event(pod, "Normal", "Started", "Container started", c)
  c.id = "containerd://" .. self.store.uuid():gsub("%-", "")
  c.started_at, c.ready = now, false
  c.state = { running = { startedAt = value.timestamp(now) } }
  self.logs:restart(pod, c.name)
  self.speak.started(self, record, c, pod)
  if self:fault(record, "oomkill", c) then
    self:write(record, pod)
    return self:after(record, self.crash_time, "exit" .. c.index, function(p) self:exit(record, c, p, 137) end)
  end
  if self:fault(record, "crash", c) then
    self:write(record, pod)
    self:probe_fails(record, c, pod, "dial tcp %s:%s: connect: connection refused")
    return self:after(record, self.crash_time, "exit" .. c.index, function(p) self:exit(record, c, p, 1) end)
  end
  if runs_to_an_end(pod) then
    c.ready = true
    self:write(record, pod)
    return self:after(record, self.ready_time, "exit" .. c.index, function(p) self:exit(record, c, p, 0) end)
  end
  if not c.spec.readinessProbe and not self:fault(record, "slow", c) then
    c.ready = not self:fault(record, "notready", c)
    self:write(record, pod)
    return
  end
  self:write(record, pod)
  local seconds = self:fault(record, "slow", c) and SLOW or self.ready_time
  self:after(record, seconds, "probe" .. c.index, function(p) self:probe(record, c, p) end)
end

--- ── probing ──

function Kubelet:probe_fails(record, c, pod, how)
  local http = value.dig(c.spec, "readinessProbe", "httpGet")
  if not http then return end
  local port = http.port
  for _, p in ipairs(c.spec.ports or {}) do
    if p.name == port then port = p.containerPort end
  end
  local url = ("http://%s:%s%s"):format(record.ip, port, http.path or "/")
  local text = how:find("%%s") and ('Get "%s": %s'):format(url, how:format(record.ip, port)) or how
  self:event(pod, "Warning", "Unhealthy", "Readiness probe failed: " .. text, c)
end

function Kubelet:probe(record, c, pod)
  local failing = self:fault(record, "notready", c)
  if failing then
    c.failures = c.failures + 1
    self:probe_fails(record, c, pod, "HTTP probe failed with statuscode: 503")
  end
  local ready = not failing
  if c.ready ~= ready and c.state.running and (ready or c.failures >= 1) then
    c.ready = ready
    if ready then c.failures = 0 end
    self:write(record, pod)
  end
  local period = value.dig(c.spec, "readinessProbe", "periodSeconds") or 10
  if failing then
    self:after(record, math.min(period, 1), "probe" .. c.index, function(p) self:probe(record, c, p) end)
  end
end

--- ── ending and restarting ──

function Kubelet:exit(record, c, pod, code)
  local now = self.now()
  if not c.state.running then return end
  self:cancel(record, "probe" .. c.index)
  self.speak.exited(self, record, c, pod, code)
  local ended = { exitCode = code, reason = code == 0 and "Completed" or code == 137 and "OOMKilled" or "Error",
    startedAt = value.timestamp(c.started_at), finishedAt = value.timestamp(now), containerID = c.id }
  c.state, c.ready = { terminated = ended }, false
  self:write(record, pod)
  local policy = value.dig(pod, "spec", "restartPolicy") or "Always"
  if policy == "Never" or (policy == "OnFailure" and code == 0) then return end
  c.crashes = (c.crashes or 0) + 1
  if c.crashes == 1 then
    return self:after(record, 0.05, "start" .. c.index, function(p) self:restart(record, c, p) end)
  end
  self:after(record, 0.02, "backoff" .. c.index, function(p) self:back_off(record, c, p) end)
end

function Kubelet:back_off(record, c, pod)
  local delay = math.min(self.backoff * 2 ^ (c.crashes - 2), BACKOFF_MAX)
  local shown = delay >= 60 and ("%dm%ds"):format(delay // 60, delay % 60) or ("%gs"):format(delay)
  c.last = c.state.terminated or c.last
  c.state = { waiting = { reason = "CrashLoopBackOff",
    message = ("back-off %s restarting failed container=%s pod=%s_%s(%s)"):format(shown, c.name, record.name,
      record.ns, record.uid) } }
  self:write(record, pod)
  local message = ("Back-off restarting failed container %s in pod %s_%s(%s)"):format(c.name, record.name, record.ns,
    record.uid)
  self:event(pod, "Warning", "BackOff", message, c)
  self:after(record, delay, "start" .. c.index, function(p) self:restart(record, c, p) end)
end

function Kubelet:restart(record, c, pod)
  c.last = c.state.terminated or c.last
  c.restarts = c.restarts + 1
  self:start(record, c, pod)
end

local function grace_of(self, pod)
  return math.min(pod.metadata.deletionGracePeriodSeconds or self.stop_time, self.stop_time)
end

function Kubelet:stop(record, pod)
  record.stopping = true
  for what in pairs(record.jobs) do self:cancel(record, what) end
  for _, c in ipairs(record.containers) do
    if c.state.running then self:event(pod, "Normal", "Killing", "Stopping container " .. c.name, c) end
  end
  self.agenda:after(grace_of(self, pod), ("pod\0%s\0gone"):format(record.uid), function()
    self.store:delete(PODS, record.ns, record.name, { uid = record.uid, grace = 0 })
  end)
end

--- ── changes from outside ──

function Kubelet:fault_changed(record, pod)
  for _, c in ipairs(record.containers) do
    local crash = self:fault(record, "crash", c)
    local waiting = c.state.waiting and c.state.waiting.reason
    if c.state.running and crash and not runs_to_an_end(pod) then
      self:after(record, self.crash_time, "exit" .. c.index, function(p) self:exit(record, c, p, 1) end)
    elseif waiting == "CrashLoopBackOff" and not crash then
      self:after(record, 0.1, "start" .. c.index, function(p) self:restart(record, c, p) end)
    elseif (waiting == "ImagePullBackOff" or waiting == "ErrImagePull") and not self:fault(record, "missing", c) then
      self:cancel(record, "pull" .. c.index)
      self:after(record, 0.1, "start" .. c.index, function(p) self:pull(record, c, p) end)
    elseif c.state.running and c.ready == self:fault(record, "notready", c) then
      self:after(record, 0.05, "probe" .. c.index, function(p) self:probe(record, c, p) end)
    end
  end
end

function Kubelet:added(pod)
  local meta = pod.metadata
  local record = { uid = meta.uid, ns = meta.namespace, name = meta.name, workload = kubelet.workload(pod),
    containers = {}, jobs = {} }
  self.records[meta.uid] = record
  if value.is_nil(pod.spec.nodeName) or pod.spec.nodeName == "" then
    self:after(record, 0.02, "schedule", function(p) self:schedule(record, p) end)
  else
    self:after(record, 0.02, "setup", function(p) self:setup(record, p) end)
  end
end

function Kubelet:changed(event)
  if event.gvr ~= PODS then return end
  local pod = event.object
  local record = self.records[pod.metadata.uid]
  if event.type == "ADDED" then
    self:added(pod)
  elseif event.type == "DELETED" then
    self.logs:drop(pod.metadata.uid)
    self.records[pod.metadata.uid] = nil
    if record then
      record.stopping = true
      for what in pairs(record.jobs) do self:cancel(record, what) end
    end
  elseif record and pod.metadata.deletionTimestamp and not record.stopping then
    self:stop(record, pod)
  end
end

--- Calls `fn(record, container, pod)` for every container that runs.
function Kubelet:each_running(fn)
  for _, record in pairs(self.records) do
    local pod = not record.stopping and self:get(record)
    for _, c in ipairs(pod and record.containers or {}) do
      if c.state.running then fn(record, c, pod) end
    end
  end
end

---@class sim.KubeletOptions
---@field agenda table
---@field events table
---@field faults table
---@field logs table
---@field now fun(): number
---@field speak table         what containers print: { started, exited } = fn(kubelet, record, c, pod [, code])
---@field ready_time? number  seconds from a container's start to its being ready (default 0.5)
---@field stop_time? number   seconds a pod takes to end, at most its grace (default 0.2)
---@field backoff? number     the first crash back-off in seconds, doubled each time (default 10)

--- Starts the node of a store's cluster.
---@param store table
---@param opts sim.KubeletOptions
function kubelet.start(store, opts)
  local self = setmetatable({
    store = store, agenda = opts.agenda, events = opts.events, faults = opts.faults, logs = opts.logs,
    now = opts.now, speak = opts.speak, node = "node1", node_ip = "192.0.2.2", ips = 0, records = {},
    ready_time = opts.ready_time or 0.5, stop_time = opts.stop_time or 0.2, backoff = opts.backoff or 10,
    start_time = 0.08, crash_time = 0.1,
  }, Kubelet)
  store:create("v1/nodes", podstatus.node(self.node, self.node_ip, self.now()))
  store:subscribe(function(event) self:changed(event) end)
  for _, pod in ipairs((store:list(PODS))) do self:added(pod) end
  self.faults:on_change(function()
    for _, record in pairs(self.records) do
      local pod = not record.stopping and self:get(record)
      if pod then self:fault_changed(record, pod) end
    end
  end)
  return self
end

return kubelet

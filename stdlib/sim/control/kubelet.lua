--- The node of the simulated cluster, and its scheduler: pods are placed, started and ended, with the states,
--- reasons and events of the real ones, only faster. The life of a container is in container.lua.
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"
local container = require "almanac.sim.control.container"
local podstatus = require "almanac.sim.control.podstatus"
local scheduling = require "almanac.sim.control.scheduling"

local kubelet = {}

local Kubelet = {}
Kubelet.__index = Kubelet

local PODS, CLAIMS = "v1/pods", "v1/persistentvolumeclaims"

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

--- Whether a fault holds for a container: one put on by the workload's name is its first container's.
function Kubelet:fault(record, kind, c)
  if c and (c.index > 1 or c.init) and not self.faults:on_pod(kind, "", "", c.image) then return false end
  return self.faults:on_pod(kind, record.ns, record.workload, c and c.image)
end

function Kubelet:event(pod, kind, reason, message, c)
  self.events:record(pod, { type = kind, reason = reason, message = message, component = "kubelet",
    host = self.node, field = c and ("spec.%s{%s}"):format(c.init and "initContainers" or "containers", c.name) })
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
  local why = unbound_claim(self, pod) or scheduling.refusal(self.store, self.node, pod, self.roomy)
  if why then return self:unschedulable(record, pod, why) end
  local placed = value.shallow(pod)
  placed.spec = value.shallow(pod.spec)
  placed.spec.nodeName = self.node
  self.store:update(PODS, placed, { subresource = "binding" })
  self.events:record(pod, { type = "Normal", reason = "Scheduled", component = "default-scheduler", scheduler = true,
    message = ("Successfully assigned %s/%s to %s"):format(record.ns, record.name, self.node) })
  self:after(record, 0.02, "setup", function(p) self:setup(record, p) end)
end

function Kubelet:next_ip()
  self.ips = self.ips + 1
  return ("10.88.%d.%d"):format(self.ips // 250 % 256, self.ips % 250 + 2)
end

--- ── starting ──

function Kubelet:setup(record, pod)
  record.started_at = self.now()
  for i, spec in ipairs(pod.spec.initContainers or {}) do record.init[i] = container.new(spec, i, true) end
  local waits_for = record.init[1] and "PodInitializing" or "ContainerCreating"
  for i, spec in ipairs(pod.spec.containers or {}) do record.containers[i] = container.new(spec, i, false, waits_for) end
  self:write(record, pod)
  self:after(record, self.start_time, "sandbox", function(p)
    record.ip = self:next_ip()
    self:go_on(record, p)
  end)
end

--- Starts what is next in a pod: its init containers one after the other, then all others.
function Kubelet:go_on(record, pod)
  for _, c in ipairs(record.init) do
    if not container.passed(c) then
      if not c.begun then
        c.begun = true
        container.pull(self, record, c, pod)
      end
      return
    end
  end
  for _, c in ipairs(record.containers) do
    if not c.begun then
      c.begun = true
      container.pull(self, record, c, pod)
    end
  end
end

local function all_of(record)
  local out = table.move(record.init, 1, #record.init, 1, {})
  return table.move(record.containers, 1, #record.containers, #out + 1, out)
end

--- ── ending ──

local function grace_of(self, pod)
  return math.min(pod.metadata.deletionGracePeriodSeconds or self.stop_time, self.stop_time)
end

function Kubelet:stop(record, pod)
  record.stopping = true
  for what in pairs(record.jobs) do self:cancel(record, what) end
  for _, c in ipairs(all_of(record)) do
    if c.state.running then self:event(pod, "Normal", "Killing", "Stopping container " .. c.name, c) end
  end
  self.agenda:after(grace_of(self, pod), ("pod\0%s\0gone"):format(record.uid), function()
    self.store:delete(PODS, record.ns, record.name, { uid = record.uid, grace = 0 })
  end)
end

--- ── changes from outside ──

function Kubelet:fault_changed(record, pod)
  for _, c in ipairs(all_of(record)) do container.fault_changed(self, record, c, pod) end
end

function Kubelet:added(pod)
  local meta = pod.metadata
  local record = { uid = meta.uid, ns = meta.namespace, name = meta.name, workload = kubelet.workload(pod),
    init = {}, containers = {}, jobs = {} }
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
---@field run? fun(pod: table, c: table, ended: fun(code: integer)): boolean  runs the command of a container that is to
---  come to an end; false: it cannot, and the container ends well after a while
---@field ready_time? number  seconds from a container's start to its being ready (default 0.5)
---@field stop_time? number   seconds a pod takes to end, at most its grace (default 0.2)
---@field backoff? number     the first crash back-off in seconds, doubled each time (default 10)
---@field roomy? boolean      the one node stands for a whole cluster's: it has every label, and room for all

--- Starts the node of a store's cluster.
---@param store table
---@param opts sim.KubeletOptions
function kubelet.start(store, opts)
  local self = setmetatable({
    store = store, agenda = opts.agenda, events = opts.events, faults = opts.faults, logs = opts.logs,
    now = opts.now, speak = opts.speak, run = opts.run, node = "node1", node_ip = "192.0.2.2", ips = 0, records = {},
    ready_time = opts.ready_time or 0.5, stop_time = opts.stop_time or 0.2, backoff = opts.backoff or 10,
    start_time = 0.08, crash_time = 0.1, roomy = opts.roomy,
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

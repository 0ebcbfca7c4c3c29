--- How the kubelet of the simulated cluster writes down what it knows: the status of a pod, of a pod no
--- node takes, and of the node. Pure.
local value = require "almanac.sim.model.value"
local container = require "almanac.sim.control.container"
local pods = require "almanac.sim.control.pods"

local podstatus = {}

--- The names of the init containers that are still to be passed.
local function incomplete(record)
  local names = {}
  for _, c in ipairs(record.init) do
    if not container.passed(c) then names[#names + 1] = c.name end
  end
  return names
end

local function phase_of(pod, record)
  if record.failed then return "Failed" end
  if incomplete(record)[1] then return "Pending" end
  local n = { running = 0, failed = 0, succeeded = 0, waiting = 0 }
  for _, c in ipairs(record.containers) do
    local ended = c.state.terminated
    local kind = "waiting"
    if ended then
      kind = ended.exitCode == 0 and "succeeded" or "failed"
    elseif c.state.running or c.restarts > 0 or c.last then
      kind = "running" -- or between two lives
    end
    n[kind] = n[kind] + 1
  end
  if n.waiting > 0 then return "Pending" end
  if n.running > 0 or value.dig(pod, "spec", "restartPolicy") == "Always" then return "Running" end
  if n.failed > 0 then return value.dig(pod, "spec", "restartPolicy") == "Never" and "Failed" or "Running" end
  return n.succeeded > 0 and "Succeeded" or "Pending"
end

local function unready(record)
  local names = {}
  for _, c in ipairs(record.containers) do
    if not c.ready then names[#names + 1] = c.name end
  end
  return names
end

--- A condition that keeps the time of its last change when the status is the same.
local function condition(pod, kind, status, now, reason, message)
  local have = pods.condition(pod, kind)
  local since = have and have.status == status and have.lastTransitionTime or value.timestamp(now)
  return { type = kind, observedGeneration = pod.metadata.generation or 1, status = status,
    lastProbeTime = value.null, lastTransitionTime = since, reason = reason, message = message }
end

local function list_text(names) return ("[%s]"):format(table.concat(names, " ")) end

local function initialized(pod, record, phase, now)
  local names = incomplete(record)
  if names[1] then
    return condition(pod, "Initialized", "False", now, "ContainersNotInitialized",
      "containers with incomplete status: " .. list_text(names))
  end
  return condition(pod, "Initialized", "True", now, phase == "Succeeded" and "PodCompleted" or nil)
end

local function conditions(pod, record, phase, now)
  local names = unready(record)
  local ready, reason, message = #names == 0 and "True" or "False", nil, nil
  if phase == "Succeeded" or phase == "Failed" then
    ready, reason = "False", phase == "Failed" and "PodFailed" or "PodCompleted"
  elseif ready == "False" then
    reason, message = "ContainersNotReady", "containers with unready status: " .. list_text(names)
  end
  return value.array {
    condition(pod, "PodReadyToStartContainers", record.ip and "True" or "False", now),
    initialized(pod, record, phase, now),
    condition(pod, "Ready", ready, now, reason, message),
    condition(pod, "ContainersReady", ready, now, reason, message),
    condition(pod, "PodScheduled", "True", now),
  }
end

local function container_status(c)
  return {
    name = c.name, state = c.state, lastState = c.last and { terminated = c.last } or {}, ready = c.ready,
    restartCount = c.restarts, image = c.image, imageID = c.id and "sha256:" .. pods.hash(c.image) or "",
    containerID = c.id, started = c.state.running ~= nil, resources = c.id and {} or nil,
  }
end

local function container_statuses(list)
  local out = value.array {}
  for i, c in ipairs(list) do out[i] = container_status(c) end
  return out
end

--- The status of a pod on the node.
---@param pod table the stored pod
---@param record table the kubelet's own record: init, containers, ip, started_at, failed
---@param node_ip string
---@param now number
---@return table
function podstatus.build(pod, record, node_ip, now)
  local phase = phase_of(pod, record)
  return {
    observedGeneration = pod.metadata.generation or 1, phase = phase,
    conditions = conditions(pod, record, phase, now), hostIP = node_ip,
    hostIPs = value.array { { ip = node_ip } }, podIP = record.ip,
    podIPs = record.ip and value.array { { ip = record.ip } } or nil, startTime = value.timestamp(record.started_at),
    initContainerStatuses = record.init[1] and container_statuses(record.init) or nil,
    containerStatuses = container_statuses(record.containers), qosClass = "BestEffort", resources = {},
  }
end

--- The status of a pod that no node takes.
---@return table
function podstatus.unschedulable(pod, message, now)
  return {
    phase = "Pending", qosClass = "BestEffort",
    conditions = value.array { condition(pod, "PodScheduled", "False", now, "Unschedulable", message) },
  }
end

--- The one node.
---@return table
function podstatus.node(name, ip, now)
  local stamp = value.timestamp(now)
  local function state(kind, status, reason, message)
    return { type = kind, status = status, lastHeartbeatTime = stamp, lastTransitionTime = stamp, reason = reason,
      message = message }
  end
  local capacity = { cpu = "4", memory = "8Gi", pods = "110", ["ephemeral-storage"] = "50Gi" }
  return {
    apiVersion = "v1", kind = "Node",
    metadata = { name = name, labels = { ["kubernetes.io/hostname"] = name, ["kubernetes.io/os"] = "linux",
      ["kubernetes.io/arch"] = "amd64" } },
    spec = { podCIDR = "10.88.0.0/16" },
    status = {
      addresses = value.array { { type = "InternalIP", address = ip }, { type = "Hostname", address = name } },
      capacity = capacity, allocatable = value.copy(capacity),
      conditions = value.array {
        state("MemoryPressure", "False", "KubeletHasSufficientMemory",
          "kubelet has sufficient memory available"),
        state("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        state("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        state("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
      },
      nodeInfo = { kubeletVersion = "v1.36.2", operatingSystem = "linux", architecture = "amd64",
        containerRuntimeVersion = "containerd://2.1.0", kernelVersion = "6.12.0",
        osImage = "Debian GNU/Linux 12", machineID = "", systemUUID = "", bootID = "", kubeProxyVersion = "" },
    },
  }
end

return podstatus

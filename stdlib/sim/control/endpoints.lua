--- Where a service leads: its Endpoints and its EndpointSlice, as their controllers keep them. Pure functions:
--- objects in, writes out.
--- https://github.com/kubernetes/kubernetes/tree/master/pkg/controller/endpointslice
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"

local endpoints = {}

local TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"

local function target_port(port, pod)
  local target = value.is_nil(port.targetPort) and port.port or port.targetPort
  if type(target) == "number" then return target end
  for _, container in ipairs(pod.spec.containers or {}) do
    for _, p in ipairs(container.ports or {}) do
      if p.name == target then return p.containerPort end
    end
  end
  return nil
end

local function ports_of(service, pod)
  local ports = value.array {}
  for _, port in ipairs(pod and service.spec.ports or {}) do
    local number = target_port(port, pod)
    if number then ports[#ports + 1] = { name = port.name, port = number, protocol = port.protocol or "TCP" } end
  end
  return ports
end

local function target_of(pod)
  return { kind = "Pod", namespace = pod.metadata.namespace, name = pod.metadata.name, uid = pod.metadata.uid }
end

--- The pods that have an address and have not ended.
local function addressed(selected)
  local out = {}
  for _, pod in ipairs(selected) do
    if value.dig(pod, "status", "podIP") and not pods.finished(pod) then out[#out + 1] = pod end
  end
  return out
end

local function labels_of(service, more)
  local labels = value.copy(service.metadata.labels or {})
  for k, v in pairs(more) do labels[k] = v end
  return labels
end

--- Writes `object` anew with the fields that differ from `have`; none, no write.
local function write(gvr, have, object, fields, now)
  local changed = have and value.shallow(have) or object
  local differs = not have or not value.equal(have.metadata.labels or {}, object.metadata.labels)
  for _, field in ipairs(fields) do
    differs = differs or not value.equal(have[field] or {}, object[field] or {})
    changed[field] = object[field]
  end
  if not differs then return nil end
  local meta = value.shallow(changed.metadata)
  meta.labels = object.metadata.labels
  meta.annotations = value.shallow(meta.annotations)
  meta.annotations[TRIGGER] = value.timestamp(now)
  changed.metadata = meta
  return { op = have and "update" or "create", gvr = gvr, object = changed }
end

local function endpoints_of(service, selected)
  local ready, not_ready, first = value.array {}, value.array {}, nil
  for _, pod in ipairs(selected) do
    if not pods.terminating(pod) then
      local list = (pods.ready(pod) or service.spec.publishNotReadyAddresses) and ready or not_ready
      list[#list + 1] = { ip = pod.status.podIP, nodeName = pod.spec.nodeName, targetRef = target_of(pod) }
      first = first or pod
    end
  end
  local subset = first and value.array { {
    addresses = ready[1] and ready or nil, notReadyAddresses = not_ready[1] and not_ready or nil,
    ports = ports_of(service, first),
  } } or nil
  return { apiVersion = "v1", kind = "Endpoints", subsets = subset, metadata = {
    name = service.metadata.name, namespace = service.metadata.namespace,
    labels = labels_of(service, { ["endpoints.kubernetes.io/managed-by"] = "endpoint-controller" }),
  } }
end

local function slice_of(service, selected)
  local list, ports = value.array {}, ports_of(service, selected[1])
  for _, port in ipairs(ports) do port.name = port.name or "" end
  for i, pod in ipairs(selected) do
    local serving, terminating = pods.ready(pod), pods.terminating(pod)
    list[i] = {
      addresses = value.array { pod.status.podIP }, nodeName = pod.spec.nodeName, targetRef = target_of(pod),
      conditions = { ready = (serving or service.spec.publishNotReadyAddresses == true) and not terminating,
        serving = serving, terminating = terminating },
    }
  end
  local name = service.metadata.name
  return { apiVersion = "discovery.k8s.io/v1", kind = "EndpointSlice", addressType = "IPv4", endpoints = list, ports = ports,
    metadata = {
      generateName = name .. "-", namespace = service.metadata.namespace, ownerReferences = pods.owner_reference(service),
      labels = labels_of(service, { ["kubernetes.io/service-name"] = name,
        ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io",
        ["service.kubernetes.io/headless"] = service.spec.clusterIP == "None" and "" or nil }),
    } }
end

--- What the Endpoints and the slice of a service need done.
---@param service table
---@param selected table[] pods its selector matches
---@param have { endpoints: table|nil, slice: table|nil } those that exist
---@param now number
---@return table[] actions
function endpoints.reconcile(service, selected, have, now)
  local there, actions = addressed(selected), {}
  actions[1] = write("v1/endpoints", have.endpoints, endpoints_of(service, there), { "subsets" }, now)
  actions[#actions + 1] = write("discovery.k8s.io/v1/endpointslices", have.slice, slice_of(service, there),
    { "endpoints", "ports" }, now)
  return actions
end

--- Whether a ready pod stands behind a port of a service.
---@param object table|nil the Endpoints
---@param port string the port's name, "" where it has none
---@return boolean
function endpoints.serve(object, port)
  for _, subset in ipairs(object and object.subsets or {}) do
    for _, p in ipairs(subset.addresses and subset.ports or {}) do
      if (p.name or "") == port then return true end
    end
  end
  return false
end

return endpoints

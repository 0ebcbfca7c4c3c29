--- Whether the API server's proxy can lead to a service or a pod. Pure.
--- https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/service/storage/storage.go (ResourceLocation)
local endpoints = require "almanac.sim.control.endpoints"
local errors = require "almanac.sim.model.errors"

local proxy = {}

--- A Service with this annotation is what listens at that URL: a real Prometheus beside the simulator.
proxy.FORWARD = "almanac.sim/forward-to"

local function unavailable(form, ...) return errors.failure(503, "ServiceUnavailable", form:format(...)) end

--- The name of the port that is asked for, "" where it has none; or nil and a Status.
local function port_name(service, asked)
  local number = math.tointeger(tonumber(asked))
  if not number then return asked or "" end
  for _, port in ipairs(service.spec.ports or {}) do
    if port.port == number then return port.name or "" end
  end
  return nil, unavailable('no service port %d found for service "%s"', number, service.metadata.name)
end

local function service_refusal(store, route, service, anything)
  local port, status = port_name(service, route.port)
  if not port then return status end
  if anything or (service.metadata.annotations or {})[proxy.FORWARD] then return nil end
  local object = store:peek("v1/endpoints", route.ns, service.metadata.name)
  if endpoints.serve(object, port) then return nil end
  return unavailable('no endpoints available for service "%s"', route.name)
end

--- A port that no container of the pod has declared is one where nobody listens.
local function pod_refusal(route, pod)
  local number, declared = math.tointeger(tonumber(route.port)), false
  for _, container in ipairs(pod.spec.containers or {}) do
    for _, port in ipairs(container.ports or {}) do
      declared = true
      if port.containerPort == number then return nil end
    end
  end
  if not number or not declared then return nil end
  return unavailable("error trying to reach service: dial tcp %s:%d: connect: connection refused",
    pod.status and pod.status.podIP or "", number)
end

--- Why what is asked for cannot be reached, or nil.
---@param store table
---@param route sim.Route
---@param object table the Service or Pod
---@param anything? boolean services lead on without a ready pod too
---@return table|nil status
function proxy.refusal(store, route, object, anything)
  if object.kind == "Service" then return service_refusal(store, route, object, anything) end
  return pod_refusal(route, object)
end

return proxy

--- The environment of a container, as the kubelet makes it when the container starts: plain values, those of ConfigMaps
--- and Secrets as they are then, and fields of the pod.
--- https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables)
local base64 = require "almanac.base.base64"
local value = require "almanac.sim.model.value"

local environment = {}

local KINDS = { configMap = "v1/configmaps", secret = "v1/secrets" }

--- The texts of a ConfigMap or Secret; none where it is not there.
local function texts_of(store, kind, ns, name)
  local object, out = store:peek(KINDS[kind], ns, name or ""), {}
  for key, text in pairs(object and object.data or {}) do
    out[key] = kind == "secret" and (base64.decode(text) or "") or text
  end
  return out
end

local FIELDS = {
  ["metadata.name"] = function(pod) return pod.metadata.name end,
  ["metadata.namespace"] = function(pod) return pod.metadata.namespace end,
  ["metadata.uid"] = function(pod) return pod.metadata.uid end,
  ["spec.nodeName"] = function(pod) return pod.spec.nodeName end,
  ["spec.serviceAccountName"] = function(pod) return pod.spec.serviceAccountName or "default" end,
  ["status.podIP"] = function(pod) return value.dig(pod, "status", "podIP") end,
  ["status.hostIP"] = function(pod) return value.dig(pod, "status", "hostIP") end,
}

local function field_of(pod, path)
  local of, key = path:match "^metadata%.(%l+)%['(.-)'%]$"
  if of == "labels" or of == "annotations" then return value.dig(pod, "metadata", of, key) or "" end
  return FIELDS[path] and FIELDS[path](pod)
end

local function value_from(store, pod, from)
  for kind in pairs(KINDS) do
    local ref = from[kind .. "KeyRef"]
    if ref then return texts_of(store, kind, pod.metadata.namespace, ref.name)[ref.key] end
  end
  return from.fieldRef and field_of(pod, from.fieldRef.fieldPath or "")
end

--- Whether any of it is taken from elsewhere, which may be otherwise later.
---@param spec table  of the container
---@return boolean
function environment.has_references(spec)
  for _, variable in ipairs(spec.env or {}) do
    if variable.valueFrom then return true end
  end
  return #(spec.envFrom or {}) > 0
end

--- The variables of a container that starts now.
---@param store table
---@param pod table
---@param spec table  of the container
---@return table<string, string>
function environment.of(store, pod, spec)
  local out = { PATH = "/usr/local/bin:/usr/bin:/bin", HOSTNAME = pod.metadata.name, HOME = "/root" }
  for _, from in ipairs(spec.envFrom or {}) do
    for kind in pairs(KINDS) do
      local ref = from[kind .. "Ref"]
      for key, text in pairs(ref and texts_of(store, kind, pod.metadata.namespace, ref.name) or {}) do
        out[(from.prefix or "") .. key] = text
      end
    end
  end
  for _, variable in ipairs(spec.env or {}) do
    if variable.valueFrom then
      out[variable.name] = value_from(store, pod, variable.valueFrom)
    else
      out[variable.name] = type(variable.value) == "string" and variable.value or ""
    end
  end
  return out
end

return environment

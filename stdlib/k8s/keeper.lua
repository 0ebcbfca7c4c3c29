--- Who keeps an object as it is, and would take back what another one changes: Argo CD, Flux, a release of helm.
--- Told by their labels, annotations and field managers. Pure.
---
--- Argo CD: https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/. Its oldest way to track is the
--- label app.kubernetes.io/instance, which most charts set as well: it counts only where Argo CD has written fields.
--- Flux: https://fluxcd.io/flux/components/kustomize/kustomizations/, https://github.com/fluxcd/helm-controller/pull/238.
local M = {}

---@class almanac.Keeper
---@field by "argocd"|"flux"|"helm"
---@field words string   "Argo CD application shop"

local ARGO_MANAGERS = { ["argocd-controller"] = true, ["argocd-application-controller"] = true }
local FLUX = { { "kustomize.toolkit.fluxcd.io", "Flux kustomization" }, { "helm.toolkit.fluxcd.io", "Flux release" } }
local FLUX_MANAGERS = { ["kustomize-controller"] = "Flux kustomization", ["helm-controller"] = "Flux release" }

local function text(map, key)
  local value = type(map) == "table" and map[key]
  return type(value) == "string" and value ~= "" and value or nil
end

local function writes(meta, managers)
  for _, entry in ipairs(type(meta.managedFields) == "table" and meta.managedFields or {}) do
    if managers[entry.manager] then return entry.manager end
  end
end

--- The application of a tracking id: "shop:apps/Deployment:team/web". One that names another object was copied along
--- with that object, and is nobody's.
local function tracked_application(object)
  local id = text(object.metadata.annotations, "argocd.argoproj.io/tracking-id")
  local application, group, kind, name = (id or ""):match "^([^:]+):([^/]*)/([^:]+):[^/]*/(.+)$"
  if not application then return nil end
  local own_group = (object.apiVersion or ""):match "^(.*)/" or ""
  return kind == object.kind and name == object.metadata.name and group == own_group and application or nil
end

local function argo(object)
  local meta = object.metadata
  local application = tracked_application(object) or text(meta.labels, "argocd.argoproj.io/instance")
  local writer = writes(meta, ARGO_MANAGERS)
  if not application and not writer then return nil end
  application = application or text(meta.labels, "app.kubernetes.io/instance")
  return { by = "argocd", words = "Argo CD" .. (application and " application " .. application or "") }
end

local function flux(meta)
  for _, one in ipairs(FLUX) do
    local name, namespace = text(meta.labels, one[1] .. "/name"), text(meta.labels, one[1] .. "/namespace")
    if name then return { by = "flux", words = string.format("%s %s%s", one[2], namespace and namespace .. "/" or "", name) } end
  end
  local writer = writes(meta, FLUX_MANAGERS)
  return writer and { by = "flux", words = FLUX_MANAGERS[writer] } or nil
end

local function helm(meta, release)
  local name = text(meta.annotations, "meta.helm.sh/release-name")
  local namespace = text(meta.annotations, "meta.helm.sh/release-namespace") or meta.namespace
  if not name or release and release.name == name and release.namespace == namespace then return nil end
  return { by = "helm", words = string.format("helm release %s in %s", name, namespace or "?") }
end

--- Who keeps an object.
---@param object table  as the server has it
---@param release? { name: string, namespace: string }  the one that changes it, which takes nothing back from itself
---@return almanac.Keeper?
function M.of(object, release)
  return argo(object) or flux(object.metadata) or helm(object.metadata, release)
end

return M

--- The kinds that every cluster has, by every name that kubectl takes. Pure.
local M = {}

---@class almanac.k8s.Resource
---@field group string        "" for the core
---@field version string
---@field kind string
---@field resource string     plural, as in paths
---@field singular string
---@field short string[]
---@field namespaced boolean
---@field verbs string[]?      what can be done with it; nil: nobody asked

-- group, version, kind, plural, short names, scope ("c": the cluster)
local builtin_rows = {
  { "", "v1", "Pod", "pods", "po" }, { "", "v1", "Service", "services", "svc" },
  { "", "v1", "ConfigMap", "configmaps", "cm" }, { "", "v1", "Secret", "secrets" },
  { "", "v1", "Event", "events", "ev" }, { "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc" },
  { "", "v1", "ServiceAccount", "serviceaccounts", "sa" }, { "", "v1", "Endpoints", "endpoints", "ep" },
  { "", "v1", "Namespace", "namespaces", "ns", "c" }, { "", "v1", "Node", "nodes", "no", "c" },
  { "", "v1", "PersistentVolume", "persistentvolumes", "pv", "c" },
  { "apps", "v1", "Deployment", "deployments", "deploy" }, { "apps", "v1", "StatefulSet", "statefulsets", "sts" },
  { "apps", "v1", "DaemonSet", "daemonsets", "ds" }, { "apps", "v1", "ReplicaSet", "replicasets", "rs" },
  { "apps", "v1", "ControllerRevision", "controllerrevisions" }, { "batch", "v1", "Job", "jobs" },
  { "batch", "v1", "CronJob", "cronjobs", "cj" }, { "networking.k8s.io", "v1", "Ingress", "ingresses", "ing" },
  { "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol" },
  { "coordination.k8s.io", "v1", "Lease", "leases" },
  { "rbac.authorization.k8s.io", "v1", "Role", "roles" },
  { "rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings" },
}

local function build_builtin()
  local out = {}
  for i, row in ipairs(builtin_rows) do
    out[i] = {
      group = row[1], version = row[2], kind = row[3], resource = row[4], singular = row[3]:lower(),
      short = row[5] and { row[5] } or {}, namespaced = row[6] ~= "c",
    }
  end
  return out
end

M.builtin = build_builtin() ---@type almanac.k8s.Resource[]

--- Kinds that most clusters have besides, which are in no namespace: how kubectl names one of them, by group and plural.
M.singulars = {
  ["rbac.authorization.k8s.io/clusterroles"] = "clusterrole", ["rbac.authorization.k8s.io/clusterrolebindings"] = "clusterrolebinding",
  ["apiextensions.k8s.io/customresourcedefinitions"] = "customresourcedefinition",
  ["storage.k8s.io/storageclasses"] = "storageclass", ["scheduling.k8s.io/priorityclasses"] = "priorityclass",
  ["networking.k8s.io/ingressclasses"] = "ingressclass", ["apiregistration.k8s.io/apiservices"] = "apiservice",
  ["admissionregistration.k8s.io/validatingwebhookconfigurations"] = "validatingwebhookconfiguration",
  ["admissionregistration.k8s.io/mutatingwebhookconfigurations"] = "mutatingwebhookconfiguration",
}

--- The kind of that group and plural; nil for one that not every cluster has.
---@param resources almanac.k8s.Resource[]
---@param group string
---@param plural string
---@return almanac.k8s.Resource?
function M.of_plural(resources, group, plural)
  for _, r in ipairs(resources) do
    if r.group == group and r.resource == plural then return r end
  end
  return nil
end

return M

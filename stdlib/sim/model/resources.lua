--- The resources the simulated cluster serves: names, kinds, scope, verbs and subresources, as a
--- Kubernetes 1.36 lists them. A resource's key is its apiVersion, a slash and its plural name:
--- "v1/pods", "apps/v1/deployments".
local value = require "almanac.sim.model.value"

local resources = {}

---@class sim.Registry  what one cluster serves: the list below, and the kinds its users have defined
local Registry = {}
Registry.__index = Registry

-- group|version|plural|kind|scope|singular|verbs|short names|categories|subresources
-- Verbs: * is all eight. A subresource is name:kind/group/version:verbs, where rw is get, patch and
-- update, and all these, create and delete; *- is all but deletecollection. A line that begins with
-- a space goes on. The order of the groups is
-- the server's order of preference.
local LIST = [[
|v1|configmaps|ConfigMap|Namespaced|configmap|*|cm||
|v1|endpoints|Endpoints|Namespaced|endpoints|*|ep||
|v1|events|Event|Namespaced|event|*|ev||
|v1|limitranges|LimitRange|Namespaced|limitrange|*|limits||
|v1|namespaces|Namespace|Cluster|namespace|*-|ns||finalize:Namespace//:update status:Namespace//:rw
|v1|nodes|Node|Cluster|node|*|no||status:Node//:rw
|v1|persistentvolumeclaims|PersistentVolumeClaim|Namespaced|persistentvolumeclaim|*|pvc||
  status:PersistentVolumeClaim//:rw
|v1|persistentvolumes|PersistentVolume|Cluster|persistentvolume|*|pv||status:PersistentVolume//:rw
|v1|pods|Pod|Namespaced|pod|*|po|all|
  eviction:Eviction/policy/v1:create exec:PodExecOptions//:create+get log:Pod//:get proxy:PodProxyOptions//:all status:Pod//:rw
|v1|podtemplates|PodTemplate|Namespaced|podtemplate|*|||
|v1|replicationcontrollers|ReplicationController|Namespaced|replicationcontroller|*|rc|all|
  scale:Scale/autoscaling/v1:rw status:ReplicationController//:rw
|v1|resourcequotas|ResourceQuota|Namespaced|resourcequota|*|quota||status:ResourceQuota//:rw
|v1|secrets|Secret|Namespaced|secret|*|||
|v1|serviceaccounts|ServiceAccount|Namespaced|serviceaccount|*|sa||
|v1|services|Service|Namespaced|service|*|svc|all|proxy:ServiceProxyOptions//:all status:Service//:rw
apps|v1|controllerrevisions|ControllerRevision|Namespaced|controllerrevision|*|||
apps|v1|daemonsets|DaemonSet|Namespaced|daemonset|*|ds|all|status:DaemonSet//:rw
apps|v1|deployments|Deployment|Namespaced|deployment|*|deploy|all|scale:Scale/autoscaling/v1:rw status:Deployment//:rw
apps|v1|replicasets|ReplicaSet|Namespaced|replicaset|*|rs|all|scale:Scale/autoscaling/v1:rw status:ReplicaSet//:rw
apps|v1|statefulsets|StatefulSet|Namespaced|statefulset|*|sts|all|scale:Scale/autoscaling/v1:rw status:StatefulSet//:rw
events.k8s.io|v1|events|Event|Namespaced|event|*|ev||
authentication.k8s.io|v1|selfsubjectreviews|SelfSubjectReview|Cluster|selfsubjectreview|create|||
authorization.k8s.io|v1|selfsubjectaccessreviews|SelfSubjectAccessReview|Cluster|selfsubjectaccessreview|create|||
authorization.k8s.io|v1|selfsubjectrulesreviews|SelfSubjectRulesReview|Cluster|selfsubjectrulesreview|create|||
autoscaling|v2|horizontalpodautoscalers|HorizontalPodAutoscaler|Namespaced|horizontalpodautoscaler|*|hpa|all|
  status:HorizontalPodAutoscaler//:rw
batch|v1|cronjobs|CronJob|Namespaced|cronjob|*|cj|all|status:CronJob//:rw
batch|v1|jobs|Job|Namespaced|job|*||all|status:Job//:rw
networking.k8s.io|v1|ingressclasses|IngressClass|Cluster|ingressclass|*|||
networking.k8s.io|v1|ingresses|Ingress|Namespaced|ingress|*|ing||status:Ingress//:rw
networking.k8s.io|v1|networkpolicies|NetworkPolicy|Namespaced|networkpolicy|*|netpol||
policy|v1|poddisruptionbudgets|PodDisruptionBudget|Namespaced|poddisruptionbudget|*|pdb||status:PodDisruptionBudget//:rw
rbac.authorization.k8s.io|v1|clusterrolebindings|ClusterRoleBinding|Cluster|clusterrolebinding|*|||
rbac.authorization.k8s.io|v1|clusterroles|ClusterRole|Cluster|clusterrole|*|||
rbac.authorization.k8s.io|v1|rolebindings|RoleBinding|Namespaced|rolebinding|*|||
rbac.authorization.k8s.io|v1|roles|Role|Namespaced|role|*|||
storage.k8s.io|v1|storageclasses|StorageClass|Cluster|storageclass|*|sc||
apiextensions.k8s.io|v1|customresourcedefinitions|CustomResourceDefinition|Cluster|customresourcedefinition|*|crd,crds|api-extensions|
  status:CustomResourceDefinition//:rw
scheduling.k8s.io|v1|priorityclasses|PriorityClass|Cluster|priorityclass|*|pc||
coordination.k8s.io|v1|leases|Lease|Namespaced|lease|*|||
discovery.k8s.io|v1|endpointslices|EndpointSlice|Namespaced|endpointslice|*|||
metrics.k8s.io|v1beta1|nodes|NodeMetrics|Cluster||get,list|||
metrics.k8s.io|v1beta1|pods|PodMetrics|Namespaced||get,list|||
]]

local VERBS = {
  ["*"] = "create,delete,deletecollection,get,list,patch,update,watch",
  ["*-"] = "create,delete,get,list,patch,update,watch",
}

-- Kinds whose metadata.generation counts the changes of what is wanted of them.
local GENERATION = {}
for key in ([[v1/pods v1/replicationcontrollers apps/v1/daemonsets apps/v1/deployments apps/v1/replicasets
  apps/v1/statefulsets batch/v1/cronjobs batch/v1/jobs networking.k8s.io/v1/ingresses
  networking.k8s.io/v1/ingressclasses networking.k8s.io/v1/networkpolicies
  policy/v1/poddisruptionbudgets scheduling.k8s.io/v1/priorityclasses
  apiextensions.k8s.io/v1/customresourcedefinitions discovery.k8s.io/v1/endpointslices]]):gmatch("%S+") do
  GENERATION[key] = true
end

local function words(text, pattern)
  local out = value.array {}
  for w in text:gmatch(pattern) do out[#out + 1] = w end
  return out
end

local SUB_VERBS = { rw = "get+patch+update", all = "create+delete+get+patch+update" }

local function parse_subresources(text)
  local order, by_name = {}, {}
  for name, kind, group, sub_version, verbs in text:gmatch("(%w+):(%w+)/([^/]*)/([^:]*):(%S+)") do
    local sub = { name = name, kind = kind, group = group, version = sub_version, verbs = words(SUB_VERBS[verbs] or verbs, "[^+]+") }
    order[#order + 1] = sub
    by_name[name] = sub
  end
  return order, by_name
end

local function parse(line)
  local group, version, plural, kind, scope, singular, verbs, short, categories, subs =
    line:match("^(.-)|(.-)|(.-)|(.-)|(.-)|(.-)|(.-)|(.-)|(.-)|(.*)$")
  local api_version = group == "" and version or group .. "/" .. version
  local res = {
    group = group, version = version, api_version = api_version, resource = plural, kind = kind,
    namespaced = scope == "Namespaced", singular = singular,
    verbs = words(VERBS[verbs] or verbs, "[^,]+"),
    short_names = words(short, "[^,]+"), categories = words(categories, "[^,]+"),
    key = api_version .. "/" .. plural,
  }
  res.subresources, res.subresource = parse_subresources(subs)
  res.has_status = res.subresource.status ~= nil
  res.has_generation = GENERATION[res.key] or false
  -- Where objects are kept: the two event APIs are one resource.
  res.storage = res.key == "events.k8s.io/v1/events" and "v1/events" or res.key
  return res
end

local function group_of(groups, name)
  for _, group in ipairs(groups) do
    if group.name == name then return group end
  end
  local group = { name = name, versions = {}, by_version = {} }
  groups[#groups + 1] = group
  return group
end

local function register(self, res)
  self.by_key[res.key] = res
  self.by_kind[res.api_version .. "/" .. res.kind] = res
  if res.served == false then return end -- a version that is only stored
  self.list[#self.list + 1] = res
  local group = group_of(self.groups, res.group)
  if not group.by_version[res.version] then
    group.by_version[res.version] = {}
    group.versions[#group.versions + 1] = res.version
  end
  table.insert(group.by_version[res.version], res)
end

local builtin = {}
for line in LIST:gsub("\n +", ""):gmatch("[^\n]+") do builtin[#builtin + 1] = parse(line) end

local function rebuild(self)
  self.list, self.by_key, self.by_kind, self.groups = {}, {}, {}, {}
  -- What is made of the list once (discovery, OpenAPI) is kept here, by whoever makes it.
  self.documents = {}
  for _, res in ipairs(builtin) do register(self, res) end
  for _, name in ipairs(value.sorted_keys(self.defined)) do
    for _, res in ipairs(self.defined[name]) do register(self, res) end
  end
end

--- A registry that serves the built-in resources.
---@return sim.Registry
function resources.registry()
  local self = setmetatable({ defined = {} }, Registry)
  rebuild(self)
  return self
end

--- Serves the resources of a definition instead of those it had; nil: none any more.
---@param name string of the definition
---@param list table[]|nil
function Registry:define(name, list)
  self.defined[name] = list
  rebuild(self)
end

--- The resource that holds objects of `kind`, or nil.
---@param api_version string e.g. "apps/v1"
---@param kind string
---@return table|nil
function Registry:of_kind(api_version, kind)
  return self.by_kind[api_version .. "/" .. kind]
end

--- The built-in resources.
---@type sim.Registry
resources.builtin = resources.registry()

return resources

--- Why a pod finds no node, or a container no configuration, in the words of the scheduler and the
--- kubelet. Reads the store, changes nothing.
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"
local quantity = require "almanac.base.quantity"

local scheduling = {}

local function parse(text)
  local done, number = pcall(quantity.parse, text)
  return done and number or 0
end

--- What the containers of a pod request of a resource, together.
local function requests(pod, resource)
  local sum = 0
  for _, c in ipairs(pod.spec.containers or {}) do sum = sum + parse(value.dig(c, "resources", "requests", resource) or 0) end
  return sum
end

local function taken(store, node, resource)
  local sum = 0
  for _, pod in ipairs((store:list("v1/pods"))) do
    if pod.spec.nodeName == node and not pods.finished(pod) then sum = sum + requests(pod, resource) end
  end
  return sum
end

local HOPELESS = "Preemption is not helpful for scheduling."
local NO_CLAIMS = " no new claims to deallocate, preemption: 0/1 nodes are available: 1 "

local function tolerates(pod, taint)
  for _, t in ipairs(pod.spec.tolerations or {}) do
    local key = t.key == taint.key or not t.key and t.operator == "Exists"
    local same = t.operator == "Exists" or (t.value or "") == (taint.value or "")
    if key and same and (not t.effect or t.effect == taint.effect) then return true end
  end
  return false
end

local CORDONED = { key = "node.kubernetes.io/unschedulable", effect = "NoSchedule" }

--- Why the node keeps a pod off, in the scheduler's order: a cordon, its taints, its labels.
local function kept_off(node, pod, selected)
  if node.spec.unschedulable and not tolerates(pod, CORDONED) then return "were unschedulable." end
  for _, taint in ipairs(node.spec.taints or {}) do
    if taint.effect ~= "PreferNoSchedule" and not tolerates(pod, taint) then return "had untolerated taint(s)." end
  end
  return not selected and "didn't match Pod's node affinity/selector." or nil
end

local function selects(pod, labels)
  for k, v in pairs(pod.spec.nodeSelector or {}) do
    if labels[k] ~= v then return false end
  end
  return true
end

--- Why the one node does not take a pod, after "0/1 nodes are available: ", or nil.
--- https://github.com/kubernetes/kubernetes/tree/master/pkg/scheduler/framework/plugins
---@param store table
---@param name string of the node
---@param pod table
---@param roomy? boolean the node has every label, and room for all
---@return string|nil
function scheduling.refusal(store, name, pod, roomy)
  local node = store:peek("v1/nodes", "", name)
  if not node then return nil end
  local off = kept_off(node, pod, roomy or selects(pod, node.metadata.labels or {}))
  if off then return "1 node(s) " .. off .. NO_CLAIMS .. HOPELESS end
  if roomy then return nil end
  local short, hopeless = {}, false
  for _, resource in ipairs { "cpu", "memory" } do
    local wanted = requests(pod, resource)
    local all = parse(value.dig(node, "status", "allocatable", resource) or 0)
    if wanted > 0 and wanted + taken(store, name, resource) > all then
      short[#short + 1] = "1 Insufficient " .. resource
      hopeless = hopeless or wanted > all
    end
  end
  if #short == 0 then return nil end
  return table.concat(short, ", ") .. "." .. NO_CLAIMS .. (hopeless and HOPELESS
    or "No preemption victims found for incoming pod.")
end

local KINDS = { configMap = { "v1/configmaps", "configmap", "ConfigMap" }, secret = { "v1/secrets", "secret", "Secret" } }

--- What a reference to a ConfigMap or Secret lacks, or nil.
local function lacks(store, ns, kind, ref, key)
  if ref.optional then return nil end
  local gvr, word, title = table.unpack(KINDS[kind])
  local object = store:peek(gvr, ns, ref.name or "")
  if not object then return ('%s "%s" not found'):format(word, ref.name or "") end
  if key and not (object.data and object.data[key]) and not (object.binaryData and object.binaryData[key]) then
    return ("couldn't find key %s in %s %s/%s"):format(key, title, ns, ref.name)
  end
  return nil
end

--- What keeps the kubelet from making a container's environment, or nil.
--- https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables)
---@param store table
---@param ns string
---@param container table its spec
---@return string|nil
function scheduling.missing_config(store, ns, container)
  for _, from in ipairs(container.envFrom or {}) do
    for kind in pairs(KINDS) do
      local ref = from[kind .. "Ref"]
      local why = ref and lacks(store, ns, kind, ref)
      if why then return why end
    end
  end
  for _, env in ipairs(container.env or {}) do
    for kind in pairs(KINDS) do
      local ref = value.dig(env, "valueFrom", kind .. "KeyRef")
      local why = ref and lacks(store, ns, kind, ref, ref.key)
      if why then return why end
    end
  end
  return nil
end

return scheduling

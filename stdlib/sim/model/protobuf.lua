--- The protobuf form of the kinds that clients write in it: helm 4's release Secrets, and what
--- `kubectl create` sends. Only read, never written; what it cannot read it refuses. Pure.
--- The envelope is "k8s\0" and a message Unknown { 1: TypeMeta { 1: apiVersion, 2: kind }, 2: raw }.
local value = require "almanac.sim.model.value"

local protobuf = {}

local MAGIC = "k8s\0"

-- Message: number name type …, where a type is s string, b bool and i integer (b0, i0: left out when
-- false or zero, as Go's omitempty does), y bytes, t Timestamp, q Quantity, x IntOrString, - ignored,
-- m:T a map from strings to T, r:T repeated T, else a message's name.
-- The numbers are those of the generated.proto files of k8s.io/api and k8s.io/apimachinery.
local MESSAGE_LINES = [[
ObjectMeta 1 name s 2 generateName s 3 namespace s 4 selfLink - 5 uid s 6 resourceVersion s 7 generation -
  8 creationTimestamp t 9 deletionTimestamp - 10 deletionGracePeriodSeconds - 11 labels m:s 12 annotations m:s
  13 ownerReferences r:OwnerReference 14 finalizers r:s 17 managedFields -
OwnerReference 1 kind s 3 name s 4 uid s 5 apiVersion s 6 controller b 7 blockOwnerDeletion b
LabelSelector 1 matchLabels m:s 2 matchExpressions r:LabelSelectorRequirement
LabelSelectorRequirement 1 key s 2 operator s 3 values r:s
Preconditions 1 uid s 2 resourceVersion s
DeleteOptions 1 gracePeriodSeconds i 2 preconditions Preconditions 3 orphanDependents b 4 propagationPolicy s
  5 dryRun r:s
Eviction 1 metadata ObjectMeta 2 deleteOptions DeleteOptions
Secret 1 metadata ObjectMeta 2 data m:y 3 type s 4 stringData m:s 5 immutable b
ConfigMap 1 metadata ObjectMeta 2 data m:s 3 binaryData m:y 4 immutable b
Namespace 1 metadata ObjectMeta 2 spec NamespaceSpec 3 status -
NamespaceSpec 1 finalizers r:s
ServiceAccount 1 metadata ObjectMeta
ResourceQuota 1 metadata ObjectMeta 2 spec ResourceQuotaSpec 3 status -
ResourceQuotaSpec 1 hard m:q 2 scopes r:s
Service 1 metadata ObjectMeta 2 spec ServiceSpec 3 status -
ServiceSpec 1 ports r:ServicePort 2 selector m:s 3 clusterIP s 4 type s 5 externalIPs r:s 7 sessionAffinity s
  8 loadBalancerIP s 9 loadBalancerSourceRanges r:s 10 externalName s
ServicePort 1 name s 2 protocol s 3 port i 4 targetPort x 5 nodePort i0
PodTemplateSpec 1 metadata ObjectMeta 2 spec PodSpec
PodSpec 2 containers r:Container 3 restartPolicy s 4 terminationGracePeriodSeconds i 5 activeDeadlineSeconds i
  6 dnsPolicy s 7 nodeSelector m:s 8 serviceAccountName s 9 serviceAccount s 10 nodeName s 11 hostNetwork b0
  12 hostPID b0 13 hostIPC b0 16 hostname s 17 subdomain s 19 schedulerName s 20 initContainers r:Container
Container 1 name s 2 image s 3 command r:s 4 args r:s 5 workingDir s 6 ports r:ContainerPort 7 env r:EnvVar
  8 resources ResourceRequirements 13 terminationMessagePath s 14 imagePullPolicy s 16 stdin b0 17 stdinOnce b0
  18 tty b0 20 terminationMessagePolicy s
ContainerPort 1 name s 2 hostPort i0 3 containerPort i 4 protocol s 5 hostIP s
EnvVar 1 name s 2 value s
ResourceRequirements 1 limits m:q 2 requests m:q
Deployment 1 metadata ObjectMeta 2 spec DeploymentSpec 3 status -
DeploymentSpec 1 replicas i 2 selector LabelSelector 3 template PodTemplateSpec 4 strategy DeploymentStrategy
  5 minReadySeconds i0 6 revisionHistoryLimit i 7 paused b0 9 progressDeadlineSeconds i
DeploymentStrategy 1 type s 2 rollingUpdate RollingUpdateDeployment
RollingUpdateDeployment 1 maxUnavailable x 2 maxSurge x
Job 1 metadata ObjectMeta 2 spec JobSpec 3 status -
JobSpec 1 parallelism i 2 completions i 3 activeDeadlineSeconds i 4 selector LabelSelector 5 manualSelector b
  6 template PodTemplateSpec 7 backoffLimit i 8 ttlSecondsAfterFinished i
CronJob 1 metadata ObjectMeta 2 spec CronJobSpec 3 status -
CronJobSpec 1 schedule s 2 startingDeadlineSeconds i 3 concurrencyPolicy s 4 suspend b 5 jobTemplate JobTemplateSpec
  6 successfulJobsHistoryLimit i 7 failedJobsHistoryLimit i 8 timeZone s
JobTemplateSpec 1 metadata ObjectMeta 2 spec JobSpec
Role 1 metadata ObjectMeta 2 rules r:PolicyRule
ClusterRole 1 metadata ObjectMeta 2 rules r:PolicyRule
PolicyRule 1 verbs r:s 2 apiGroups r:s 3 resources r:s 4 resourceNames r:s 5 nonResourceURLs r:s
RoleBinding 1 metadata ObjectMeta 2 subjects r:Subject 3 roleRef RoleRef
ClusterRoleBinding 1 metadata ObjectMeta 2 subjects r:Subject 3 roleRef RoleRef
Subject 1 kind s 2 apiGroup s 3 name s 4 namespace s
RoleRef 1 apiGroup s 2 kind s 3 name s
PodDisruptionBudget 1 metadata ObjectMeta 2 spec PodDisruptionBudgetSpec 3 status -
PodDisruptionBudgetSpec 1 minAvailable x 2 selector LabelSelector 3 maxUnavailable x
PriorityClass 1 metadata ObjectMeta 2 value i 3 globalDefault b0 4 description s 5 preemptionPolicy s
HorizontalPodAutoscaler 1 metadata ObjectMeta 2 spec HorizontalPodAutoscalerSpec 3 status -
HorizontalPodAutoscalerSpec 1 scaleTargetRef CrossVersionObjectReference 2 minReplicas i 3 maxReplicas i 4 metrics r:MetricSpec
CrossVersionObjectReference 1 kind s 2 name s 3 apiVersion s
MetricSpec 1 type s 4 resource ResourceMetricSource
ResourceMetricSource 1 name s 2 target MetricTarget
MetricTarget 1 type s 2 value q 3 averageValue q 4 averageUtilization i
SelfSubjectReview 1 metadata ObjectMeta 2 status -
SelfSubjectAccessReview 1 metadata ObjectMeta 2 spec SelfSubjectAccessReviewSpec 3 status -
SelfSubjectAccessReviewSpec 1 resourceAttributes ResourceAttributes 2 nonResourceAttributes NonResourceAttributes
ResourceAttributes 1 namespace s 2 verb s 3 group s 4 version s 5 resource s 6 subresource s 7 name s
NonResourceAttributes 1 path s 2 verb s
SelfSubjectRulesReview 1 metadata ObjectMeta 2 spec SelfSubjectRulesReviewSpec 3 status -
SelfSubjectRulesReviewSpec 1 namespace s
]]

local MESSAGES = {}
for line in MESSAGE_LINES:gsub("\n +", " "):gmatch("[^\n]+") do
  local name, rest = line:match("^(%w+)(.*)$")
  local fields = {}
  for number, json, type in rest:gmatch("(%d+) (%w+) (%S+)") do
    fields[math.tointeger(tonumber(number))] = { json, type }
  end
  MESSAGES[name] = fields
end

local B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Base64 with padding.
---@param s string
---@return string
function protobuf.base64(s)
  local out = {}
  for i = 1, #s, 3 do
    local a, b, c = s:byte(i, i + 2)
    local n = (a << 16) | ((b or 0) << 8) | (c or 0)
    local function at(shift)
      local k = (n >> shift & 63) + 1
      return B64:sub(k, k)
    end
    out[#out + 1] = at(18) .. at(12) .. (b and at(6) or "=") .. (c and at(0) or "=")
  end
  return table.concat(out)
end

local VALUES = {}
for i = 1, #B64 do VALUES[B64:byte(i)] = i - 1 end
VALUES[("-"):byte()], VALUES[("_"):byte()] = 62, 63

--- Decodes base64, also the URL alphabet and without padding.
---@param s string
---@return string|nil bytes, integer|nil position of the first bad byte, from 0
function protobuf.unbase64(s)
  local text = s:gsub("=+$", "")
  local out, n, bits = {}, 0, 0
  for i = 1, #text do
    local v = VALUES[text:byte(i)]
    if not v then return nil, i - 1 end
    n, bits = (n << 6) | v, bits + 6
    if bits >= 8 then
      bits = bits - 8
      out[#out + 1] = string.char(n >> bits & 255)
      n = n & ((1 << bits) - 1)
    end
  end
  if #text % 4 == 1 then return nil, #text - 1 end
  return table.concat(out)
end

local function bad(what) error({ kind = "protocol", message = "malformed protobuf: " .. what }, 0) end

local function varint(s, at)
  local v, shift = 0, 0
  while true do
    local b = s:byte(at)
    if not b or shift > 63 then bad("varint") end
    v = v | ((b & 127) << shift)
    at = at + 1
    if b < 128 then return v, at end
    shift = shift + 7
  end
end

--- Calls visit(number, v, wire) for each field; v is an integer or, for wire type 2, the bytes.
local function each_field(s, visit)
  local at = 1
  while at <= #s do
    local tag
    tag, at = varint(s, at)
    local wire, v = tag & 7, nil
    if wire == 0 then
      v, at = varint(s, at)
    elseif wire == 2 then
      local n
      n, at = varint(s, at)
      if n < 0 or at + n - 1 > #s then bad("length") end
      v, at = s:sub(at, at + n - 1), at + n
    elseif wire == 1 or wire == 5 then
      local n = wire == 1 and 8 or 4
      if at + n - 1 > #s then bad("fixed") end
      v, at = 0, at + n
    else
      bad("wire type " .. wire)
    end
    visit(tag >> 3, v, wire)
  end
end

local decode_message

local function decode_timestamp(bytes)
  local seconds
  each_field(bytes, function(n, v) if n == 1 then seconds = v end end)
  return seconds and value.timestamp(seconds) or nil
end

local function decode_quantity(bytes)
  local text
  each_field(bytes, function(n, v) if n == 1 then text = v end end)
  return text or "0"
end

local function decode_int_or_string(bytes)
  local type, int, text = 0, 0, ""
  each_field(bytes, function(n, v)
    if n == 1 then type = v elseif n == 2 then int = v elseif n == 3 then text = v end
  end)
  if type == 0 then return int end
  return text
end

local INTEGER = { i = true, i0 = true, b = true, b0 = true }

local function decode_value(type, v, wire)
  if (INTEGER[type] or false) ~= (wire == 0) then bad("a field of another wire type") end
  if type == "s" then return v end
  if type == "y" then return protobuf.base64(v) end
  if type == "b" then return v ~= 0 end
  if type == "b0" then return v ~= 0 or nil end
  if type == "i" then return v end
  if type == "i0" then return v ~= 0 and v or nil end
  if type == "t" then return decode_timestamp(v) end
  if type == "q" then return decode_quantity(v) end
  if type == "x" then return decode_int_or_string(v) end
  return decode_message(type, v)
end

local function decode_entry(type, bytes)
  local key, v = "", (type == "s" or type == "y") and "" or nil
  each_field(bytes, function(n, x, wire)
    if n == 1 then key = x elseif n == 2 then v = decode_value(type, x, wire) end
  end)
  return key, v
end

function decode_message(name, bytes)
  local fields, out = MESSAGES[name], {}
  each_field(bytes, function(n, v, wire)
    local field = fields[n]
    if not field then
      -- Go writes what is empty too; a field that says something must not be lost.
      if v ~= "" and v ~= 0 then
        bad(("field %d of %s is not one this server reads"):format(n, name))
      end
      return
    end
    local json, type = field[1], field[2]
    if type == "-" then return end
    local container, inner = type:match("^([mr]):(.+)$")
    if container == "m" then
      local k, x = decode_entry(inner, v)
      out[json] = out[json] or {}
      out[json][k] = x
    elseif container == "r" then
      out[json] = out[json] or value.array {}
      table.insert(out[json], decode_value(inner, v, wire))
    else
      local x = decode_value(type, v, wire)
      -- Go's encoding writes empty strings and zeros that JSON leaves out.
      if x ~= "" then out[json] = x end
    end
  end)
  return out
end

--- Whether `body` is a Kubernetes protobuf envelope.
function protobuf.is(body)
  return body:sub(1, #MAGIC) == MAGIC
end

--- The object in a protobuf body.
---@param body string
---@return table|nil object, string|nil why
function protobuf.decode(body)
  if not protobuf.is(body) then return nil, "the body is not in the Kubernetes protobuf form" end
  local done, object = pcall(function()
    local api_version, kind, raw = nil, nil, ""
    each_field(body:sub(#MAGIC + 1), function(n, v)
      if n == 1 then
        each_field(v, function(m, x)
          if m == 1 then api_version = x elseif m == 2 then kind = x end
        end)
      elseif n == 2 then
        raw = v
      end
    end)
    if not MESSAGES[kind or ""] then
      bad(("kind %s is not one this server reads in protobuf"):format(tostring(kind)))
    end
    local out = decode_message(kind, raw)
    out.apiVersion, out.kind = api_version, kind
    return out
  end)
  if done then return object end
  return nil, type(object) == "table" and object.message or tostring(object)
end

return protobuf

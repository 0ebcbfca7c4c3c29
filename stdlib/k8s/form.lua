--- The form of what an API server answers, as far as anything here reads it: metadata of every object, and what the kinds
--- that every cluster has hold besides. Shapes of base/shape; a server writes no field in another type. Pure.
--- https://kubernetes.io/docs/reference/kubernetes-api/
local api_path = require "almanac.k8s.api_path"
local json = require "native.json"
local shape = require "almanac.base.shape"

local M = {}

local function may_be(form) return { optional = form } end
local function list_of(form) return { optional = { list = form } } end
local TEXTS = { optional = { map = "string" } }

-- Parts --------------------------------------------------------------------------------------------

local OWNER = { uid = "string", kind = "string", name = "string", controller = "boolean?" }

--- Of what has no name of its own, too: a template, or what is asked for a review.
local ANY_METADATA = {
  namespace = "string?", uid = "string?", resourceVersion = "string?", generation = "integer?",
  creationTimestamp = "string?", deletionTimestamp = "string?", labels = TEXTS, annotations = TEXTS,
  ownerReferences = list_of(OWNER), finalizers = list_of "string",
  managedFields = list_of { manager = "string?", operation = "string?", subresource = "string?", fieldsV1 = "table?" },
}

local function with(form, more)
  local out = {}
  for field, inner in pairs(form) do out[field] = inner end
  for field, inner in pairs(more) do out[field] = inner end
  return out
end

local METADATA = with(ANY_METADATA, { name = "string" })

local CONDITION = { type = "string", status = "string", reason = "string?", message = "string?", lastTransitionTime = "string?",
  observedGeneration = "integer?" }

local PROBE = { initialDelaySeconds = "integer?", periodSeconds = "integer?", timeoutSeconds = "integer?", failureThreshold = "integer?" }

local CONTAINER = {
  name = "string", image = "string?", restartPolicy = "string?", livenessProbe = may_be(PROBE), readinessProbe = may_be(PROBE),
  startupProbe = may_be(PROBE),
}

local POD_SPEC = {
  containers = list_of(CONTAINER), initContainers = list_of(CONTAINER), nodeName = "string?", restartPolicy = "string?",
  volumes = list_of { name = "string", emptyDir = "table?", persistentVolumeClaim = may_be { claimName = "string" } },
}

local TEMPLATE = { metadata = may_be(ANY_METADATA), spec = POD_SPEC }

local SELECTOR = { matchLabels = TEXTS, matchExpressions = list_of { key = "string", operator = "string", values = list_of "string" } }

local WAITING = { reason = "string?", message = "string?" }
local RUNNING = { startedAt = "string?" }
local TERMINATED = { exitCode = "integer", signal = "integer?", reason = "string?", message = "string?", startedAt = "string?",
  finishedAt = "string?" }
local STATE = { waiting = may_be(WAITING), running = may_be(RUNNING), terminated = may_be(TERMINATED) }

local CONTAINER_STATUS = {
  name = "string", ready = "boolean?", restartCount = "integer?", image = "string?", imageID = "string?", containerID = "string?",
  started = "boolean?", state = may_be(STATE), lastState = may_be(STATE),
}

--- A status that counts.
local function counts(...)
  local out = { observedGeneration = "integer?", conditions = list_of(CONDITION) }
  for _, name in ipairs { ... } do out[name] = "integer?" end
  return may_be(out)
end

-- Kinds --------------------------------------------------------------------------------------------

local UPDATE_STRATEGY = { type = "string?", rollingUpdate = may_be { partition = "integer?" } }

local INVOLVED = { kind = "string?", name = "string?", namespace = "string?", uid = "string?" }
local EVENT = {
  involvedObject = may_be(INVOLVED), regarding = may_be(INVOLVED), type = "string?", reason = "string?", message = "string?",
  note = "string?", count = "integer?", firstTimestamp = "string?", lastTimestamp = "string?", eventTime = "string?",
  series = may_be { count = "integer?", lastObservedTime = "string?" },
}

--- By group and plural. What is asked for as metadata alone has no more than that.
local KINDS = {
  ["/pods"] = { spec = POD_SPEC, status = may_be {
    phase = "string?", reason = "string?", message = "string?", startTime = "string?", conditions = list_of(CONDITION),
    containerStatuses = list_of(CONTAINER_STATUS), initContainerStatuses = list_of(CONTAINER_STATUS),
  } },
  ["/configmaps"] = { data = TEXTS, binaryData = TEXTS },
  ["/secrets"] = { data = TEXTS, type = "string?" },
  ["/events"] = EVENT, ["events.k8s.io/events"] = EVENT,
  ["/namespaces"] = { status = may_be { phase = "string?" } },
  ["/nodes"] = {
    spec = may_be { unschedulable = "boolean?" },
    status = may_be { allocatable = TEXTS, capacity = TEXTS, conditions = list_of(CONDITION) },
  },
  ["/persistentvolumeclaims"] = {
    spec = may_be { storageClassName = "string?", volumeName = "string?" },
    status = may_be { phase = "string?", conditions = list_of(CONDITION) },
  },
  ["apps/deployments"] = {
    spec = { replicas = "integer?", paused = "boolean?", progressDeadlineSeconds = "integer?", selector = SELECTOR, template = TEMPLATE },
    status = counts("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas"),
  },
  ["apps/statefulsets"] = {
    spec = {
      replicas = "integer?", selector = SELECTOR, template = TEMPLATE, podManagementPolicy = "string?",
      updateStrategy = may_be(UPDATE_STRATEGY),
      volumeClaimTemplates = list_of { metadata = METADATA, spec = may_be { storageClassName = "string?" } },
    },
    status = may_be(with(counts("replicas", "updatedReplicas", "readyReplicas", "currentReplicas", "availableReplicas").optional,
      { updateRevision = "string?", currentRevision = "string?" })),
  },
  ["apps/daemonsets"] = {
    spec = { selector = SELECTOR, template = TEMPLATE, updateStrategy = may_be { type = "string?" } },
    status = counts("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"),
  },
  ["apps/replicasets"] = {
    spec = { replicas = "integer?", selector = SELECTOR, template = may_be(TEMPLATE) },
    status = counts("replicas", "readyReplicas", "availableReplicas"),
  },
  ["apps/controllerrevisions"] = { revision = "integer", data = may_be { spec = may_be { template = may_be(TEMPLATE) } } },
  ["batch/jobs"] = {
    spec = { completions = "integer?", parallelism = "integer?", backoffLimit = "integer?", suspend = "boolean?", template = TEMPLATE },
    status = may_be(with(counts("active", "succeeded", "failed").optional, { startTime = "string?", completionTime = "string?" })),
  },
  ["coordination.k8s.io/leases"] = { spec = may_be {
    holderIdentity = "string?", leaseDurationSeconds = "integer?", acquireTime = "string?", renewTime = "string?",
    leaseTransitions = "integer?",
  } },
  ["apiextensions.k8s.io/customresourcedefinitions"] = { spec = {
    group = "string", scope = "string", names = { kind = "string", plural = "string", singular = "string?" },
    versions = list_of { name = "string" },
  } },
  ["metrics.k8s.io/pods"] = {
    timestamp = "string?", window = "string?", containers = list_of { name = "string", usage = { map = "string" } },
  },
  ["metrics.k8s.io/nodes"] = { timestamp = "string?", window = "string?", usage = TEXTS },
}

local SCALE = { metadata = METADATA, spec = { replicas = "integer?" } }

local OBJECT = { kind = "string?", apiVersion = "string?", metadata = METADATA }
local LIST_METADATA = may_be { resourceVersion = "string?", continue = "string?" }

for name, form in pairs(KINDS) do KINDS[name] = with(form, OBJECT) end

-- Discovery ----------------------------------------------------------------------------------------

local VERSION = { groupVersion = "string", version = "string" }

--- By kind: what describes the server.
local DESCRIPTIONS = {
  APIGroupDiscoveryList = { items = list_of {
    metadata = may_be { name = "string?" },
    versions = list_of { version = "string", resources = list_of {
      resource = "string", responseKind = may_be { kind = "string?" }, singularResource = "string?", scope = "string?",
      shortNames = list_of "string", verbs = list_of "string",
    } },
  } },
  APIResourceList = { groupVersion = "string", resources = list_of {
    name = "string", kind = "string", singularName = "string?", namespaced = "boolean", shortNames = list_of "string",
    verbs = list_of "string",
  } },
  APIGroupList = { groups = list_of { name = "string", versions = list_of(VERSION), preferredVersion = VERSION } },
  APIVersions = { versions = list_of "string" },
}

-- Judging ------------------------------------------------------------------------------------------

--- What is wrong with an object of a place; nil where nothing is.
---@param place almanac.k8s.ApiPath
---@param object any
---@return string? at
---@return string? how
local function object_wrong(place, object)
  if type(object) == "table" and object.kind == "PartialObjectMetadata" then return shape.wrong(object, OBJECT) end
  return shape.wrong(object, KINDS[place.group .. "/" .. place.resource] or OBJECT)
end

local function list_wrong(place, list)
  local at, how = shape.wrong(list, { kind = "string?", apiVersion = "string?", metadata = LIST_METADATA, items = list_of "any" })
  if at then return at, how end
  if list.items ~= nil and not json.is_array(list.items) then return ".items", "is no list" end
  local is_metadata = list.kind == "PartialObjectMetadataList"
  for i, item in ipairs(list.items or {}) do
    if is_metadata then at, how = shape.wrong(item, OBJECT) else at, how = object_wrong(place, item) end
    if at then return string.format(".items.%d%s", i, at == "." and "" or at), how end
  end
end

--- What the answer to a request is wrong in: the path of a field, and what is in its place. nil where it is what an API server
--- writes. Asked for one object it answers that, for a collection a list, to a change one of these or a Status.
---@param request { path: string, method?: string }
---@param body any
---@return string? at
---@return string? how
function M.wrong(request, body)
  if type(body) ~= "table" then return ".", "is a " .. type(body) end
  local place = api_path.parse(request.path)
  if not place then
    local form = DESCRIPTIONS[body.kind]
    if form then return shape.wrong(body, form) end
    return nil
  end
  local is_read = (request.method or "GET") == "GET"
  if not is_read and body.kind == "Status" then return shape.wrong(body, { metadata = "table?" }) end
  if place.subresource == "scale" then return shape.wrong(body, SCALE) end
  if is_read and not place.name or body.items ~= nil then
    if body.items == nil and not tostring(body.kind):find "List$" then return ".items", "is missing" end
    return list_wrong(place, body)
  end
  if is_read and (body.kind == "Table" or body.kind == "Status") then return ".kind", "is " .. body.kind end
  return object_wrong(place, body)
end

--- What is wrong with an object of a collection, as the lines of a watch bring it.
---@param path string  of the collection
---@param object any
---@return string? at
---@return string? how
function M.wrong_of(path, object)
  local place = api_path.parse(path)
  if place then return object_wrong(place, object) end
  return shape.wrong(object, OBJECT)
end

return M

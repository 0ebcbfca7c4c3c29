--- The columns that `kubectl get` shows of each kind, and how a cell is made of an object. Pure.
--- https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
local timestamp = require "almanac.base.timestamp"
local value = require "almanac.sim.model.value"

local columns = {}

local dig = value.dig

--- A span of seconds as kubectl prints ages: "5s", "3m20s", "4h", "12d".
---@param s integer
---@return string
function columns.duration(s)
  if s < 0 then return "0s" end
  if s < 120 then return s .. "s" end
  local m = s // 60
  if m < 10 then return s % 60 == 0 and m .. "m" or ("%dm%ds"):format(m, s % 60) end
  if m < 180 then return m .. "m" end
  local h = s // 3600
  if h < 8 then return m % 60 == 0 and h .. "h" or ("%dh%dm"):format(h, m % 60) end
  if h < 48 then return h .. "h" end
  local d = h // 24
  if d < 8 then return h % 24 == 0 and d .. "d" or ("%dd%dh"):format(d, h % 24) end
  if d < 365 * 2 then return d .. "d" end
  return ("%dy%dd"):format(d // 365, d % 365)
end

local function seconds(text)
  local at = timestamp.epoch(text)
  return at and math.floor(at)
end

--- How long ago a time is, as kubectl prints it.
---@param text string|nil RFC 3339
---@param now number unix seconds
---@return string
function columns.age(text, now)
  local at = seconds(text)
  if not at then return "<unknown>" end
  return columns.duration(math.floor(now) - at)
end

local age = columns.age

local function created(o, now) return age(o.metadata.creationTimestamp, now) end

local function join(list, sep)
  return table.concat(list, sep or ",")
end

local function or_none(s, none)
  if s == nil or s == "" then return none or "<none>" end
  return s
end

local function map_text(t)
  local out = {}
  for _, k in ipairs(value.sorted_keys(t or {})) do out[#out + 1] = k .. "=" .. tostring(t[k]) end
  return or_none(join(out))
end

local function selector_text(s)
  local out = {}
  for _, k in ipairs(value.sorted_keys(s and s.matchLabels or {})) do out[#out + 1] = k .. "=" .. s.matchLabels[k] end
  for _, e in ipairs(s and s.matchExpressions or {}) do
    out[#out + 1] = ("%s %s (%s)"):format(e.key, e.operator:lower(), join(e.values or {}))
  end
  return or_none(join(out))
end

local function images(spec)
  local names, list = {}, {}
  for i, c in ipairs(spec and spec.containers or {}) do names[i], list[i] = c.name, c.image end
  return join(names), join(list)
end

local function templated(o) return images(dig(o, "spec", "template", "spec")) end

local function container_reason(c)
  local waiting, ended = dig(c, "state", "waiting"), dig(c, "state", "terminated")
  if waiting and waiting.reason and waiting.reason ~= "" then return waiting.reason end
  if ended then
    if ended.reason and ended.reason ~= "" then return ended.reason end
    if ended.signal then return "Signal:" .. ended.signal end
    return "ExitCode:" .. tostring(ended.exitCode)
  end
  return nil
end

--- Whether an init container of a pod has ended well, or stays and has started.
local function init_passed(o, c)
  local ended = dig(c, "state", "terminated")
  if ended then return ended.exitCode == 0 end
  for _, spec in ipairs(o.spec.initContainers or {}) do
    if spec.name == c.name and spec.restartPolicy == "Always" then return c.started == true end
  end
  return false
end

--- The containers whose restarts are shown: the init containers up to the one that runs, then the others.
local function counted(o)
  local out = {}
  for _, c in ipairs(dig(o, "status", "initContainerStatuses") or {}) do
    out[#out + 1] = c
    if not init_passed(o, c) then return out end
  end
  return dig(o, "status", "containerStatuses") or {}
end

--- The STATUS column of a pod, as kubectl's printer finds it.
---@param o table pod
---@return string
function columns.pod_reason(o)
  local status = o.status or {}
  local reason = status.reason or status.phase or "Unknown"
  local running, initializing = false, false
  for i, c in ipairs(status.initContainerStatuses or {}) do
    if not init_passed(o, c) then
      local why = container_reason(c)
      reason = why and why ~= "PodInitializing" and "Init:" .. why
        or ("Init:%d/%d"):format(i - 1, #(o.spec.initContainers or {}))
      initializing = true
      break
    end
  end
  if not initializing then
    for i = #(status.containerStatuses or {}), 1, -1 do
      local c = status.containerStatuses[i]
      local why = container_reason(c)
      if why then reason = why
      elseif c.ready and dig(c, "state", "running") then running = true end
    end
    if reason == "Completed" and running then reason = "Running" end
  end
  if o.metadata.deletionTimestamp then return status.reason == "NodeLost" and "Unknown" or "Terminating" end
  return reason
end

local function restarts(o, now)
  local n, last = 0, nil
  for _, c in ipairs(counted(o)) do
    n = n + (c.restartCount or 0)
    local at = dig(c, "lastState", "terminated", "finishedAt")
    if at and (not last or at > last) then last = at end
  end
  if n == 0 or not last then return tostring(n) end
  return ("%d (%s ago)"):format(n, age(last, now))
end

-- Kind -> its columns as "Name/priority#i", i for an integer, and a function that gives their cells (after the name).
local KINDS = {}

KINDS.Pod = { "Ready Status Restarts Age IP/1 Node/1 Nominated_Node/1 Readiness_Gates/1", function(o, now)
  local ready, total = 0, #(dig(o, "spec", "containers") or {})
  for _, c in ipairs(dig(o, "status", "containerStatuses") or {}) do
    if c.ready then ready = ready + 1 end
  end
  return { ("%d/%d"):format(ready, total), columns.pod_reason(o), restarts(o, now), created(o, now),
    or_none(dig(o, "status", "podIP")), or_none(dig(o, "spec", "nodeName")),
    or_none(dig(o, "status", "nominatedNodeName")), "<none>" }
end }

KINDS.Deployment = { "Ready Up-to-date Available Age Containers/1 Images/1 Selector/1", function(o, now)
  local s = o.status or {}
  local names, list = templated(o)
  return { ("%d/%d"):format(s.readyReplicas or 0, dig(o, "spec", "replicas") or 0), s.updatedReplicas or 0,
    s.availableReplicas or 0, created(o, now), names, list, selector_text(o.spec.selector) }
end }

KINDS.ReplicaSet = { "Desired#i Current#i Ready#i Age Containers/1 Images/1 Selector/1", function(o, now)
  local s = o.status or {}
  local names, list = templated(o)
  return { dig(o, "spec", "replicas") or 0, s.replicas or 0, s.readyReplicas or 0, created(o, now), names, list,
    selector_text(o.spec.selector) }
end }

KINDS.StatefulSet = { "Ready Age Containers/1 Images/1", function(o, now)
  local names, list = templated(o)
  return { ("%d/%d"):format(dig(o, "status", "readyReplicas") or 0, dig(o, "spec", "replicas") or 0), created(o, now),
    names, list }
end }

KINDS.DaemonSet = { "Desired#i Current#i Ready#i Up-to-date#i Available#i Node_Selector Age Containers/1 Images/1 Selector/1",
  function(o, now)
    local s = o.status or {}
    local names, list = templated(o)
    return { s.desiredNumberScheduled or 0, s.currentNumberScheduled or 0, s.numberReady or 0,
      s.updatedNumberScheduled or 0, s.numberAvailable or 0, map_text(dig(o, "spec", "template", "spec", "nodeSelector")),
      created(o, now), names, list, selector_text(o.spec.selector) }
  end }

KINDS.Job = { "Status Completions Duration Age Containers/1 Images/1 Selector/1", function(o, now)
  local s, state = o.status or {}, "Running"
  for _, c in ipairs(s.conditions or {}) do
    if c.status == "True" and (c.type == "Complete" or c.type == "Failed" or c.type == "Suspended") then state = c.type end
  end
  local from, to = seconds(s.startTime), seconds(s.completionTime) or math.floor(now)
  local names, list = templated(o)
  return { state, ("%d/%d"):format(s.succeeded or 0, dig(o, "spec", "completions") or 1),
    from and columns.duration(to - from) or "", created(o, now), names, list, selector_text(o.spec.selector) }
end }

KINDS.CronJob = { "Schedule Timezone Suspend Active#i Last_Schedule Age", function(o, now)
  local last = dig(o, "status", "lastScheduleTime")
  return { o.spec.schedule, or_none(o.spec.timeZone), o.spec.suspend and "True" or "False",
    #(dig(o, "status", "active") or {}), last and age(last, now) or "<none>", created(o, now) }
end }

local function service_ports(o)
  local out = {}
  for i, p in ipairs(o.spec.ports or {}) do
    out[i] = (p.nodePort and ("%d:%d/%s"):format(p.port, p.nodePort, p.protocol) or ("%d/%s"):format(p.port, p.protocol))
  end
  return or_none(join(out))
end

KINDS.Service = { "Type Cluster-IP External-IP Port(s) Age Selector/1", function(o, now)
  local external = join(o.spec.externalIPs or {})
  if o.spec.type == "LoadBalancer" and external == "" then external = "<pending>" end
  if o.spec.type == "ExternalName" then external = o.spec.externalName or "" end
  return { o.spec.type, or_none(o.spec.clusterIP), or_none(external), service_ports(o), created(o, now),
    map_text(o.spec.selector) }
end }

KINDS.ConfigMap = { "Data Age", function(o, now)
  local n = 0
  for _ in pairs(o.data or {}) do n = n + 1 end
  for _ in pairs(o.binaryData or {}) do n = n + 1 end
  return { n, created(o, now) }
end }

KINDS.Secret = { "Type Data Age", function(o, now)
  local n = 0
  for _ in pairs(o.data or {}) do n = n + 1 end
  return { o.type or "Opaque", n, created(o, now) }
end }

KINDS.Namespace = { "Status Age", function(o, now) return { dig(o, "status", "phase") or "", created(o, now) } end }

KINDS.ServiceAccount = { "Secrets Age", function(o, now) return { #(o.secrets or {}), created(o, now) } end }

local MODES = { ReadWriteOnce = "RWO", ReadOnlyMany = "ROX", ReadWriteMany = "RWX", ReadWriteOncePod = "RWOP" }

local function modes(list)
  local out = {}
  for i, m in ipairs(list or {}) do out[i] = MODES[m] or m end
  return join(out)
end

KINDS.PersistentVolumeClaim = {
  "Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age VolumeMode/1", function(o, now)
    local spec, status = o.spec or {}, o.status or {}
    local phase = o.metadata.deletionTimestamp and "Terminating" or status.phase or ""
    return { phase, spec.volumeName or "", dig(status, "capacity", "storage") or "", modes(status.accessModes),
      spec.storageClassName or "", "<unset>", created(o, now), spec.volumeMode or "" }
  end }

KINDS.PersistentVolume = {
  "Capacity Access_Modes Reclaim_Policy Status Claim StorageClass VolumeAttributesClass Reason Age VolumeMode/1",
  function(o, now)
    local spec, claim = o.spec or {}, dig(o, "spec", "claimRef")
    local phase = o.metadata.deletionTimestamp and "Terminating" or dig(o, "status", "phase") or ""
    return { dig(spec, "capacity", "storage") or "", modes(spec.accessModes), spec.persistentVolumeReclaimPolicy or "",
      phase, claim and claim.namespace .. "/" .. claim.name or "", spec.storageClassName or "", "<unset>",
      dig(o, "status", "reason") or "", created(o, now), spec.volumeMode or "" }
  end }

KINDS.Event = { "Last_Seen Type Reason Object Subobject/1 Source/1 Message First_Seen/1 Count/1 Name/1", function(o, now)
  local first = not value.is_nil(o.firstTimestamp) and o.firstTimestamp or not value.is_nil(o.eventTime) and o.eventTime
  local last = not value.is_nil(o.lastTimestamp) and o.lastTimestamp or first
  local about = o.involvedObject or {}
  return { age(last, now), o.type or "", o.reason or "", ((about.kind or ""):lower() .. "/" .. (about.name or "")),
    about.fieldPath or "", dig(o, "source", "component") or o.reportingComponent or "", o.message or "", age(first, now),
    value.is_nil(o.count) and 1 or o.count, o.metadata.name }
end }

KINDS.Node = { "Status Roles Age Version Internal-IP/1 External-IP/1 OS-Image/1 Kernel-Version/1 Container-Runtime/1",
  function(o, now)
    local state, roles, internal = "Unknown", {}, "<none>"
    for _, c in ipairs(dig(o, "status", "conditions") or {}) do
      if c.type == "Ready" then state = c.status == "True" and "Ready" or "NotReady" end
    end
    if dig(o, "spec", "unschedulable") then state = state .. ",SchedulingDisabled" end
    for _, k in ipairs(value.sorted_keys(o.metadata.labels or {})) do
      local role = k:match("^node%-role%.kubernetes%.io/(.+)$")
      if role then roles[#roles + 1] = role end
    end
    for _, a in ipairs(dig(o, "status", "addresses") or {}) do
      if a.type == "InternalIP" then internal = a.address end
    end
    local info = dig(o, "status", "nodeInfo") or {}
    return { state, or_none(join(roles)), created(o, now), info.kubeletVersion or "", internal, "<none>",
      info.osImage or "", info.kernelVersion or "", info.containerRuntimeVersion or "" }
  end }

local function limited(list, unset)
  local more = #list > 3 and (" + %d more..."):format(#list - 3) or ""
  return or_none(join({ table.unpack(list, 1, 3) }) .. more, unset)
end

KINDS.Endpoints = { "Endpoints Age", function(o, now)
  local out = {}
  for _, s in ipairs(o.subsets or {}) do
    for _, a in ipairs(s.addresses or {}) do
      for _, p in ipairs(s.ports or {}) do out[#out + 1] = a.ip .. ":" .. p.port end
    end
  end
  return { limited(out), created(o, now) }
end }

KINDS.EndpointSlice = { "AddressType Ports Endpoints Age", function(o, now)
  local ports, addresses = {}, {}
  for i, p in ipairs(o.ports or {}) do ports[i] = tostring(p.port) end
  for _, e in ipairs(o.endpoints or {}) do
    for _, address in ipairs(e.addresses) do addresses[#addresses + 1] = address end
  end
  return { o.addressType, limited(ports, "<unset>"), limited(addresses, "<unset>"), created(o, now) }
end }

KINDS.Ingress = { "Class Hosts Address Ports Age", function(o, now)
  local hosts = {}
  for i, r in ipairs(dig(o, "spec", "rules") or {}) do hosts[i] = r.host or "*" end
  local ports = #(dig(o, "spec", "tls") or {}) > 0 and "80, 443" or "80"
  return { or_none(dig(o, "spec", "ingressClassName")), or_none(join(hosts), "*"), "", ports, created(o, now) }
end }

KINDS.NetworkPolicy = { "Pod-Selector Age", function(o, now)
  return { selector_text(dig(o, "spec", "podSelector")), created(o, now) }
end }

KINDS.PodDisruptionBudget = { "Min_Available Max_Unavailable Allowed_Disruptions#i Age", function(o, now)
  local function shown(v) return v == nil and "N/A" or tostring(v) end
  return { shown(dig(o, "spec", "minAvailable")), shown(dig(o, "spec", "maxUnavailable")),
    dig(o, "status", "disruptionsAllowed") or 0, created(o, now) }
end }

KINDS.Lease = { "Holder Age", function(o, now) return { dig(o, "spec", "holderIdentity") or "", created(o, now) } end }

KINDS.ControllerRevision = { "Controller Revision Age", function(o, now)
  local owner = "<none>"
  for _, r in ipairs(o.metadata.ownerReferences or {}) do
    if r.controller then owner = r.kind:lower() .. "." .. (r.apiVersion:match("^(.-)/") or "") .. "/" .. r.name end
  end
  return { owner, o.revision, created(o, now) }
end }

KINDS.HorizontalPodAutoscaler = { "Reference Targets MinPods MaxPods Replicas Age", function(o, now)
  local target = dig(o, "spec", "scaleTargetRef") or {}
  return { ("%s/%s"):format(target.kind or "", target.name or ""), "<unknown>", tostring(dig(o, "spec", "minReplicas") or 1),
    dig(o, "spec", "maxReplicas") or 0, dig(o, "status", "currentReplicas") or 0, created(o, now) }
end }

KINDS.CustomResourceDefinition = { "Created_At", function(o) return { o.metadata.creationTimestamp } end }

local DEFAULT = { "Age", function(o, now) return { created(o, now) } end }

--- The columns of a kind as text, "Name/priority#i", and the function from (object, now) to their cells; the
--- name's own column is not among them.
---@param kind string
---@return string text, fun(object: table, now: number): any[] cells
function columns.of(kind)
  local entry = KINDS[kind] or DEFAULT
  return entry[1], entry[2]
end

return columns

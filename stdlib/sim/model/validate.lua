--- What a real API server refuses with 422, in its words: names, required fields, immutable fields.
--- Pure: validate.create and validate.update return a list of causes, empty when all is well.
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local selectors = require "almanac.sim.model.selectors"
local structural = require "almanac.sim.model.structural"

local validate = {}

local LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
  .. "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
  .. "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
local SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
  .. "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
  .. "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
local LABEL_1035 = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
  .. "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
  .. "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

local function is_label(s) return s:match("^[a-z0-9][-a-z0-9]*$") ~= nil and s:sub(-1) ~= "-" end

local function is_subdomain(s)
  if s:sub(1, 1) == "." or s:sub(-1) == "." or s:find("..", 1, true) then return false end
  for part in s:gmatch("[^%.]+") do
    if not is_label(part) then return false end
  end
  return s ~= ""
end

local function shown(v)
  if type(v) == "string" then return value.json.encode(v) end
  if type(v) == "table" then return value.json.encode(v, { canonical = true }) end
  return tostring(v)
end

local function required(out, field, why)
  out[#out + 1] = errors.cause("FieldValueRequired", field, "Required value" .. (why and ": " .. why or ""))
end

local function invalid(out, field, v, why)
  out[#out + 1] = errors.cause("FieldValueInvalid", field, ("Invalid value: %s: %s"):format(shown(v), why))
end

local function forbidden(out, field, why)
  out[#out + 1] = errors.cause("FieldValueForbidden", field, "Forbidden: " .. why)
end

local function duplicate(out, field, v)
  out[#out + 1] = errors.cause("FieldValueDuplicate", field, "Duplicate value: " .. shown(v))
end

local function unsupported(out, field, v, list)
  out[#out + 1] = errors.cause("FieldValueNotSupported", field,
    ("Unsupported value: %s: supported values: %s"):format(shown(v), list))
end

local function immutable(out, field, old, new)
  if not value.equal(old, new) then invalid(out, field, new == nil and value.null or new, "field is immutable") end
end

-- Kinds whose names are labels, and those where anything that fits a path segment will do.
local LABEL_KINDS = { Namespace = { is_label, LABEL, 63 }, Service = {
  function(s) return is_label(s) and s:match("^%a") ~= nil end, LABEL_1035, 63 } }
local PATH_KINDS = { Role = true, ClusterRole = true, RoleBinding = true, ClusterRoleBinding = true }

local function check_name(out, res, name)
  if PATH_KINDS[res.kind] then
    if name == "." or name == ".." then invalid(out, "metadata.name", name, "may not be '" .. name .. "'") end
    if name:find("/", 1, true) then invalid(out, "metadata.name", name, "may not contain '/'") end
    return
  end
  local rule = LABEL_KINDS[res.kind] or { is_subdomain, SUBDOMAIN, 253 }
  if not rule[1](name) then invalid(out, "metadata.name", name, rule[2]) end
  if #name > rule[3] then
    out[#out + 1] = errors.cause("FieldValueTooLong", "metadata.name",
      ("Too long: may not be more than %d bytes"):format(rule[3]))
  end
end

local LABEL_VALUE = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
  .. "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
  .. "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

local function check_labels(out, labels, field)
  for _, k in ipairs(value.sorted_keys(labels or {})) do
    local v = labels[k]
    if v ~= "" and not (v:match("^%w[%w_%.%-]*$") and v:match("%w$")) then
      invalid(out, field, v, LABEL_VALUE)
    elseif #v > 63 then
      out[#out + 1] = errors.cause("FieldValueTooLong", field, "Too long: may not be more than 63 bytes")
    end
  end
end

local function check_ports(out, c, field)
  for i, p in ipairs(c.ports or {}) do
    local at = ("%s.ports[%d]"):format(field, i - 1)
    if value.is_nil(p.containerPort) then
      required(out, at .. ".containerPort")
    elseif p.containerPort < 1 or p.containerPort > 65535 then
      invalid(out, at .. ".containerPort", p.containerPort, "must be between 1 and 65535, inclusive")
    end
  end
end

local function check_mounts(out, c, field, volumes)
  for i, m in ipairs(c.volumeMounts or {}) do
    local at = ("%s.volumeMounts[%d]"):format(field, i - 1)
    if value.is_nil(m.name) then required(out, at .. ".name")
    elseif not volumes[m.name] then
      out[#out + 1] = errors.cause("FieldValueNotFound", at .. ".name", "Not found: " .. shown(m.name))
    end
    if value.is_nil(m.mountPath) then required(out, at .. ".mountPath") end
  end
end

local function check_containers(out, list, field, volumes, names)
  for i, c in ipairs(list or {}) do
    local at = ("%s[%d]"):format(field, i - 1)
    if value.is_nil(c.name) or c.name == "" then
      required(out, at .. ".name")
    elseif not is_label(c.name) then
      invalid(out, at .. ".name", c.name, LABEL)
    elseif names[c.name] then
      duplicate(out, at .. ".name", c.name)
    end
    names[c.name or ""] = true
    if value.is_nil(c.image) or c.image == "" then required(out, at .. ".image") end
    if c.imagePullPolicy and not ({ Always = 1, IfNotPresent = 1, Never = 1 })[c.imagePullPolicy] then
      unsupported(out, at .. ".imagePullPolicy", c.imagePullPolicy, '"Always", "IfNotPresent", "Never"')
    end
    check_ports(out, c, at)
    check_mounts(out, c, at, volumes)
  end
end

local function check_pod_spec(out, spec, field, claims)
  local volumes, names = {}, {}
  for i, v in ipairs(spec.volumes or {}) do
    if value.is_nil(v.name) then required(out, ("%s.volumes[%d].name"):format(field, i - 1))
    elseif volumes[v.name] then duplicate(out, ("%s.volumes[%d].name"):format(field, i - 1), v.name) end
    volumes[v.name or ""] = true
  end
  for _, claim in ipairs(claims or {}) do volumes[value.dig(claim, "metadata", "name") or ""] = true end
  if not spec.containers or #spec.containers == 0 then required(out, field .. ".containers") end
  check_containers(out, spec.initContainers, field .. ".initContainers", volumes, names)
  check_containers(out, spec.containers, field .. ".containers", volumes, names)
end

local function check_count(out, v, field)
  if type(v) == "number" and v < 0 then invalid(out, field, v, "must be greater than or equal to 0") end
end

--- The selector, the template and that one selects the other.
local function check_workload(out, o)
  local spec = o.spec or {}
  local template = spec.template or {}
  check_count(out, spec.replicas, "spec.replicas")
  local labels = value.dig(template, "metadata", "labels") or {}
  if value.is_nil(spec.selector) then
    required(out, "spec.selector")
    invalid(out, "spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
  else
    local match = selectors.object(spec.selector)
    if not match then
      invalid(out, "spec.selector", spec.selector, "empty selector is invalid for " .. o.kind:lower())
    elseif not match(labels) then
      invalid(out, "spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    end
  end
  check_labels(out, labels, "spec.template.metadata.labels")
  check_pod_spec(out, template.spec or {}, "spec.template.spec", spec.volumeClaimTemplates)
  local policy = value.dig(template, "spec", "restartPolicy")
  if policy and policy ~= "Always" then unsupported(out, "spec.template.spec.restartPolicy", policy, '"Always"') end
end

local KINDS = { Deployment = check_workload, ReplicaSet = check_workload, StatefulSet = check_workload,
  DaemonSet = check_workload }

function KINDS.Pod(out, o) check_pod_spec(out, o.spec or {}, "spec") end

function KINDS.Job(out, o)
  local spec = value.dig(o, "spec", "template", "spec") or {}
  check_pod_spec(out, spec, "spec.template.spec")
  if spec.restartPolicy == "Always" then
    unsupported(out, "spec.template.spec.restartPolicy", "Always", '"OnFailure", "Never"')
  end
end

function KINDS.Service(out, o)
  local spec = o.spec or {}
  local types = { ClusterIP = 1, NodePort = 1, LoadBalancer = 1, ExternalName = 1 }
  if not types[spec.type] then
    unsupported(out, "spec.type", spec.type, '"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"')
  end
  if (not spec.ports or #spec.ports == 0) and spec.clusterIP ~= "None" and spec.type ~= "ExternalName" then
    required(out, "spec.ports")
  end
  for i, p in ipairs(spec.ports or {}) do
    local at = ("spec.ports[%d]"):format(i - 1)
    if value.is_nil(p.port) or p.port < 1 or p.port > 65535 then
      invalid(out, at .. ".port", p.port or 0, "must be between 1 and 65535, inclusive")
    end
    if #spec.ports > 1 and value.is_nil(p.name) then required(out, at .. ".name") end
  end
end

local function check_keys(out, t, field)
  for _, k in ipairs(value.sorted_keys(t or {})) do
    if not k:match("^[%w%-_%.]+$") then
      invalid(out, ("%s[%s]"):format(field, k), k, "a valid config key must consist of alphanumeric characters, '-', '_' "
        .. "or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
    end
  end
end

function KINDS.ConfigMap(out, o)
  check_keys(out, o.data, "data")
  check_keys(out, o.binaryData, "binaryData")
end

function KINDS.Secret(out, o) check_keys(out, o.data, "data") end

function KINDS.PersistentVolumeClaim(out, o)
  local spec = o.spec or {}
  if not spec.accessModes or #spec.accessModes == 0 then required(out, "spec.accessModes", "at least 1 access mode is required") end
  if not value.dig(spec, "resources", "requests", "storage") then required(out, "spec.resources[storage]") end
end

function KINDS.CustomResourceDefinition(out, o)
  local spec = o.spec or {}
  local plural, kind = value.dig(spec, "names", "plural"), value.dig(spec, "names", "kind")
  if value.is_nil(spec.group) then required(out, "spec.group") end
  if not plural then required(out, "spec.names.plural") end
  if not kind then required(out, "spec.names.kind") end
  if spec.scope ~= "Namespaced" and spec.scope ~= "Cluster" then
    if value.is_nil(spec.scope) then required(out, "spec.scope")
    else unsupported(out, "spec.scope", spec.scope, '"Cluster", "Namespaced"') end
  end
  if plural and spec.group and o.metadata.name ~= plural .. "." .. spec.group then
    invalid(out, "metadata.name", o.metadata.name, 'must be spec.names.plural+"."+spec.group')
  end
  local stored = 0
  for i, version in ipairs(spec.versions or {}) do
    if version.storage then stored = stored + 1 end
    if not value.dig(version, "schema", "openAPIV3Schema") then
      required(out, ("spec.versions[%d].schema.openAPIV3Schema"):format(i - 1), "schemas are required")
    end
  end
  if stored ~= 1 then
    invalid(out, "spec.versions", spec.versions or value.null, "must have exactly one version marked as storage version")
  end
end

function KINDS.Lease(out, o)
  local n = value.dig(o, "spec", "leaseDurationSeconds")
  if n and n <= 0 then invalid(out, "spec.leaseDurationSeconds", n, "must be greater than 0") end
end

--- The causes against a new object.
---@param res table
---@param object table with defaults set
---@return table[] causes
function validate.create(res, object)
  local out = {}
  local meta = object.metadata
  if value.is_nil(meta.name) and value.is_nil(meta.generateName) then
    required(out, "metadata.name", "name or generateName is required")
  elseif not value.is_nil(meta.name) then
    check_name(out, res, meta.name)
  end
  check_labels(out, meta.labels, "metadata.labels")
  if res.custom then
    table.move(structural.causes(res.custom, object), 1, 100, #out + 1, out)
  elseif KINDS[res.kind] then
    KINDS[res.kind](out, object)
  end
  return out
end

local UPDATES = {}

local STATEFULSET_MAY = { replicas = true, ordinals = true, template = true, updateStrategy = true,
  revisionHistoryLimit = true, persistentVolumeClaimRetentionPolicy = true, minReadySeconds = true }

function UPDATES.StatefulSet(out, old, new)
  for _, pair in ipairs { { old.spec, new.spec }, { new.spec, old.spec } } do
    for k, v in pairs(pair[1]) do
      if not STATEFULSET_MAY[k] and not value.equal(v, pair[2][k]) then
        forbidden(out, "spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
          .. "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "
          .. "are forbidden")
        return
      end
    end
  end
end

local function fixed_selector(out, old, new)
  immutable(out, "spec.selector", old.spec.selector, new.spec.selector)
end

UPDATES.Deployment, UPDATES.DaemonSet, UPDATES.ReplicaSet = fixed_selector, fixed_selector, fixed_selector

function UPDATES.Job(out, old, new)
  for _, k in ipairs { "completions", "selector", "template", "completionMode" } do
    immutable(out, "spec." .. k, old.spec[k], new.spec[k])
  end
end

function UPDATES.Service(out, old, new)
  local was, is = old.spec.clusterIP, new.spec.clusterIP
  if was and is ~= was and is ~= nil and is ~= "" and new.spec.type ~= "ExternalName" then
    invalid(out, "spec.clusterIPs[0]", value.array { is }, "may not change once set")
  end
end

-- A pod's images, tolerations and deadlines may change; what runs may not.
local function pod_essence(o)
  local spec = value.copy(o.spec)
  for _, list in ipairs { "containers", "initContainers" } do
    for _, c in ipairs(spec[list] or {}) do c.image = nil end
  end
  for _, k in ipairs { "activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds" } do spec[k] = nil end
  return spec
end

function UPDATES.Pod(out, old, new)
  if not value.equal(pod_essence(old), pod_essence(new)) then
    forbidden(out, "spec", "pod updates may not change fields other than `spec.containers[*].image`,"
      .. "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
      .. "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)")
  end
end

function UPDATES.PersistentVolumeClaim(out, old, new)
  local a, b = value.copy(old.spec), value.copy(new.spec)
  a.volumeAttributesClassName, b.volumeAttributesClassName = nil, nil
  if value.dig(old, "status", "phase") == "Bound" then
    if a.resources then a.resources.requests = nil end
    if b.resources then b.resources.requests = nil end
  end
  if not value.equal(a, b) then
    forbidden(out, "spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName "
      .. "for bound claims")
  end
end

local function fixed_data(out, old, new)
  if old.immutable ~= true then return end
  if not value.equal(old.data or {}, new.data or {}) then
    forbidden(out, "data", "field is immutable when `immutable` is set")
  end
  if new.immutable ~= true then forbidden(out, "immutable", "field is immutable when `immutable` is set") end
end

UPDATES.ConfigMap = fixed_data

function UPDATES.Secret(out, old, new)
  immutable(out, "type", old.type, new.type)
  fixed_data(out, old, new)
end

local function fixed_role(out, old, new)
  if not value.equal(old.roleRef, new.roleRef) then invalid(out, "roleRef", new.roleRef, "cannot change roleRef") end
end

UPDATES.RoleBinding, UPDATES.ClusterRoleBinding = fixed_role, fixed_role

--- The causes against changing `old` into `new`.
---@param res table
---@param old table
---@param new table with defaults set
---@return table[] causes
function validate.update(res, old, new)
  local out = {}
  check_labels(out, new.metadata.labels, "metadata.labels")
  if res.custom then
    table.move(structural.causes(res.custom, new), 1, 100, #out + 1, out)
    return out
  end
  if UPDATES[res.kind] then UPDATES[res.kind](out, old, new) end
  if KINDS[res.kind] and res.kind ~= "Pod" then KINDS[res.kind](out, new) end
  return out
end

return validate

--- A release's manifest as objects, and what helm adds to them. Pure.
local diff = require "almanac.base.diff"
local json = require "native.json"
local yaml = require "native.yaml"

local M = {}

local EVENTS_OF = {
  install = { ["pre-install"] = true, ["post-install"] = true },
  upgrade = { ["pre-upgrade"] = true, ["post-upgrade"] = true },
  rollback = { ["pre-rollback"] = true, ["post-rollback"] = true },
}

local function given(value)
  return value ~= nil and value ~= json.null
end

local function add_object(out, object)
  if type(object) ~= "table" or not given(object.kind) then return end
  if object.kind:find "List$" and given(object.items) then
    for _, item in ipairs(object.items) do add_object(out, item) end
    return
  end
  if type(object.metadata) ~= "table" then object.metadata = {} end
  out[#out + 1] = object
end

--- The objects of a manifest, in its order.
---@param text string YAML documents
---@param name string for errors
---@return table[]
function M.objects(text, name)
  local out = {}
  for _, document in ipairs(yaml.decode_all(text, { name = name, dialect = "kubernetes" })) do add_object(out, document) end
  return out
end

--- What tells an object from the others of a release, as helm compares them.
---@param object table
---@param namespace string of the release
---@return string
function M.key(object, namespace)
  local group = (object.apiVersion or ""):match "^(.-)/?[^/]+$" or ""
  local own = object.metadata.namespace
  return table.concat({ group, object.kind, given(own) and own or namespace, object.metadata.name or "" }, "\0")
end

--- The object as helm sends it: with the marks of its release.
---@param object table
---@param target { release: string, namespace: string }
---@return table
function M.owned(object, target)
  local out = diff.copy(object)
  local meta = out.metadata
  meta.labels = given(meta.labels) and meta.labels or {}
  meta.annotations = given(meta.annotations) and meta.annotations or {}
  meta.labels["app.kubernetes.io/managed-by"] = "Helm"
  meta.annotations["meta.helm.sh/release-name"] = target.release
  meta.annotations["meta.helm.sh/release-namespace"] = target.namespace
  return out
end

--- Whether helm leaves the object when it goes from the manifest.
---@param object table as it is in the cluster
function M.is_kept(object)
  local annotations = object.metadata.annotations
  return annotations ~= nil and annotations["helm.sh/resource-policy"] == "keep"
end

--- The kinds that the custom resource definitions of a manifest bring, as "GROUP/KIND".
---@param objects table[]
---@return table<string, boolean>
function M.defined_kinds(objects)
  local out = {}
  for _, object in ipairs(objects) do
    if object.kind == "CustomResourceDefinition" and type(object.spec) == "table" then
      out[tostring(object.spec.group) .. "/" .. tostring((object.spec.names or {}).kind)] = true
    end
  end
  return out
end

local function label_of(object)
  return tostring(object.kind):lower() .. "/" .. tostring(object.metadata.name)
end

--- The hooks that an operation would run, as changes of a plan.
---@param hooks { object: table, events: string[] }[]
---@param operation "install"|"upgrade"|"rollback"
---@return table[] changes
function M.hook_changes(hooks, operation)
  local out = {}
  for _, hook in ipairs(hooks) do
    local events = {}
    for _, event in ipairs(hook.events) do
      if EVENTS_OF[operation][event] then events[#events + 1] = event end
    end
    if #events > 0 then
      out[#out + 1] = { object = label_of(hook.object), action = "hook", why = table.concat(events, ", ") }
    end
  end
  return out
end

return M

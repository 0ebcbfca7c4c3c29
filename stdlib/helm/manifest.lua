--- A release's manifest as objects, and what helm adds to them. Pure.
local diff = require "almanac.base.diff"
local json = require "native.json"
local listed = require "almanac.k8s.listed"
local param = require "almanac.base.param"
local previews = require "almanac.k8s.preview"
local yaml = require "native.yaml"

local M = {}

local EVENTS_OF = {
  install = { ["pre-install"] = true, ["post-install"] = true },
  upgrade = { ["pre-upgrade"] = true, ["post-upgrade"] = true },
  rollback = { ["pre-rollback"] = true, ["post-rollback"] = true },
  delete = { ["pre-delete"] = true, ["post-delete"] = true },
}

local function given(value)
  return value ~= nil and value ~= json.null
end

local function add_document(out, document)
  for _, object in ipairs(listed.add({}, document)) do
    if type(object) == "table" and given(object.kind) then
      if type(object.metadata) ~= "table" then object.metadata = {} end
      out[#out + 1] = object
    end
  end
end

--- The objects of a manifest, in its order.
---@param text string YAML documents
---@param name string for errors
---@return table[] objects
---@return string[] warnings  of what helm takes all the same: a key that is there twice, an unknown tag
function M.objects(text, name)
  local documents, warnings = yaml.decode_all(text, { name = name, dialect = "kubernetes" })
  local out = {}
  for _, document in ipairs(documents) do add_document(out, document) end
  return out, warnings
end

--- Lists one behind the other.
---@param ... any[]
---@return any[]
function M.join(...)
  local out = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #out + 1, out) end
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

--- The events at which an operation runs a hook.
---@param hook almanac.HelmHook
---@param operation "install"|"upgrade"|"rollback"|"delete"
---@return string[]
function M.events_of(hook, operation)
  local out = {}
  for _, event in ipairs(hook.events) do
    if EVENTS_OF[operation][event] then out[#out + 1] = event end
  end
  return out
end

--- Calls fn with each hook that an operation would run, and when it does.
local function each_hook(hooks, operation, fn)
  for _, hook in ipairs(hooks) do
    local events = M.events_of(hook, operation)
    if #events > 0 then fn(hook, table.concat(events, ", ")) end
  end
end

--- The hooks that an operation would run, as changes of a plan.
---@param hooks almanac.HelmHook[]
---@param operation "install"|"upgrade"|"rollback"|"delete"
---@return table[] changes
function M.hook_changes(hooks, operation)
  local changes = {}
  each_hook(hooks, operation, function(hook, why)
    changes[#changes + 1] = { object = hook.label, action = hook.refused and "reject" or "hook", why = hook.refused or why,
      created = previews.created((M.objects(hook.manifest, "the hook " .. hook.label))[1] or {}) }
  end)
  return changes
end

--- What they are, as the ground of a plan: one that is edited after the plan is another one.
---@param hooks almanac.HelmHook[]
---@param operation "install"|"upgrade"|"rollback"|"delete"
---@param digest_of fun(manifest: string, kind: string): string
---@return table[] ground
function M.hook_ground(hooks, operation, digest_of)
  local ground = {}
  each_hook(hooks, operation, function(hook, why)
    local ref = string.format("hook %s (%s)", hook.label, why)
    ground[#ground + 1] = { ref = ref, digest = digest_of(hook.manifest, hook.label), is_made = true }
  end)
  return ground
end

-- Image tags ---------------------------------------------------------------------------------------

--- Whether a text holds a reference to an image with that tag: "x/web:v1", alone or within other text.
local function has_reference(text, tag)
  local at = 1
  while true do
    local first, last = text:find(":" .. tag, at, true)
    if not first then return false end
    if not text:find("^[%w_%.%-]", last + 1) and text:find("^[%w%]]", first - 1) then return true end
    at = last + 1
  end
end

local function uses_tag(value, tag, field)
  if type(value) == "string" then
    return has_reference(value, tag) or value == tag and type(field) == "string" and field:lower():find "tag$" ~= nil
  end
  if type(value) ~= "table" then return false end
  for name, inner in pairs(value) do
    -- What labels say of a version is no image.
    if name ~= "metadata" and uses_tag(inner, tag, name) then return true end
  end
  return false
end

--- Whether anything in these objects is of an image with the tag, whatever their kinds.
---@param objects table[]
---@param tag string
function M.uses_tag(objects, tag)
  for _, object in ipairs(objects) do
    if uses_tag(object, tag) then return true end
  end
  return false
end

--- The values given that look like an image tag: `…tag`, `…Tag`, `…imageTag`.
---@param ... table<string, any>? `set` and `set_string`
---@return { key: string, tag: string }[] sorted by key
function M.tags_asked(...)
  local tags, out = {}, {}
  for i = 1, select("#", ...) do
    for key, value in pairs(select(i, ...) or {}) do
      if key:lower():find "tag$" and type(value) == "string" and value ~= "" then tags[key] = value end
    end
  end
  for i, key in ipairs(param.sorted_names(tags)) do out[i] = { key = key, tag = tags[key] } end
  return out
end

return M

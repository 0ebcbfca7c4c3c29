--- OpenAPI v3 documents, made from the types and resources the simulated cluster has: what kubectl and
--- helm look at before they validate, explain or patch.
local value = require "almanac.sim.model.value"
local schema = require "almanac.sim.model.schema"

local openapi = {}

local array = value.array

local SCALARS = {
  string = { type = "string" }, bytes = { type = "string", format = "byte" },
  time = { type = "string", format = "date-time" }, integer = { type = "integer", format = "int32" },
  number = { type = "number", format = "double" }, boolean = { type = "boolean" },
  quantity = { oneOf = array { { type = "string" }, { type = "number" } } },
  ["int-or-string"] = { oneOf = array { { type = "integer" }, { type = "string" } }, format = "int-or-string" },
}

-- Types of apimachinery; the rest are filed under the group that asks.
local META = {}
for name in ([[ObjectMeta OwnerReference ManagedFieldsEntry LabelSelector LabelSelectorRequirement Condition
    DeleteOptions Preconditions ListMeta]]):gmatch("%S+") do META[name] = true end

local function full_name(name)
  if META[name] then return "io.k8s.apimachinery.pkg.apis.meta.v1." .. name end
  return "io.k8s.api." .. name
end

local function reference(name)
  return "#/components/schemas/" .. full_name(name)
end

local function describe(ref, wanted)
  if ref.kind == "scalar" then return SCALARS[ref.scalar] end
  if ref.kind == "any" then return { type = "object" } end
  if ref.kind == "struct" then
    wanted[#wanted + 1] = ref.name
    return { allOf = array { { ["$ref"] = reference(ref.name) } } }
  end
  local inner = describe(ref.elem, wanted)
  if ref.kind == "map" then
    return { type = "object", additionalProperties = inner, ["x-kubernetes-map-type"] = ref.atomic and "atomic" or nil }
  end
  local out = { type = "array", items = inner }
  if ref.keys then
    out["x-kubernetes-list-type"] = "map"
    out["x-kubernetes-list-map-keys"] = array(value.copy(ref.keys))
    out["x-kubernetes-patch-strategy"] = "merge"
    out["x-kubernetes-patch-merge-key"] = ref.keys[1]
  elseif ref.set then
    out["x-kubernetes-list-type"] = "set"
    out["x-kubernetes-patch-strategy"] = "merge"
  else
    out["x-kubernetes-list-type"] = "atomic"
  end
  return out
end

local function struct(name, wanted)
  local t = schema.type(name)
  local properties, required = {}, array {}
  for _, field in ipairs(t.order) do
    properties[field] = describe(t.fields[field], wanted)
    if t.required[field] then required[#required + 1] = field end
  end
  return { type = "object", properties = properties, required = #required > 0 and required or nil,
    ["x-kubernetes-map-type"] = t.atomic and "atomic" or nil }
end

local function query(name, type)
  return { name = name, ["in"] = "query", schema = { type = type or "string", uniqueItems = true } }
end

local WRITE = { query("dryRun"), query("fieldManager"), query("fieldValidation") }
local PATCH = { query("dryRun"), query("fieldManager"), query("fieldValidation"), query("force", "boolean") }
local LIST = { query("allowWatchBookmarks", "boolean"), query("continue"), query("fieldSelector"),
  query("labelSelector"), query("limit", "integer"), query("resourceVersion"), query("resourceVersionMatch"),
  query("sendInitialEvents", "boolean"), query("timeoutSeconds", "integer"), query("watch", "boolean") }
local DELETE = { query("dryRun"), query("gracePeriodSeconds", "integer"), query("propagationPolicy") }

local PATCH_TYPES = { "application/json-patch+json", "application/merge-patch+json",
  "application/strategic-merge-patch+json", "application/apply-patch+yaml" }
-- kubectl reads from here that it must not send a strategic merge.
local CUSTOM_PATCH_TYPES = { "application/json-patch+json", "application/merge-patch+json",
  "application/apply-patch+yaml" }

--- A custom resource's schema is filed under its group turned round, as the real server names it.
local function custom_name(res)
  local parts = {}
  for part in res.group:gmatch("[^%.]+") do table.insert(parts, 1, part) end
  return table.concat(parts, ".") .. "." .. res.version .. "." .. res.kind
end

local function root_reference(res)
  if res.custom then return "#/components/schemas/" .. custom_name(res) end
  return reference(schema.root_name(res.api_version, res.kind) or "ObjectMeta")
end

local function custom_schema(res)
  local out = value.copy(res.custom)
  out.properties = out.properties or {}
  out.properties.apiVersion, out.properties.kind = SCALARS.string, SCALARS.string
  out.properties.metadata = { allOf = array { { ["$ref"] = reference("ObjectMeta") } } }
  out["x-kubernetes-group-version-kind"] = array { { group = res.group, version = res.version, kind = res.kind } }
  return out
end

local function operation(res, action, parameters, body_types)
  local content
  if body_types then
    content = {}
    for _, type in ipairs(body_types) do
      content[type] = { schema = { ["$ref"] = root_reference(res) } }
    end
  end
  return {
    ["x-kubernetes-action"] = action,
    ["x-kubernetes-group-version-kind"] = { group = res.group, version = res.version, kind = res.kind },
    parameters = array(value.copy(parameters)),
    requestBody = content and { content = content } or nil,
    responses = { ["200"] = { description = "OK" }, ["401"] = { description = "Unauthorized" } },
  }
end

local function add_paths(paths, res, base)
  local prefix = res.namespaced and base .. "/namespaces/{namespace}/" or base .. "/"
  local verbs = {}
  for _, v in ipairs(res.verbs) do verbs[v] = true end
  local json = { "application/json" }
  paths[prefix .. res.resource] = {
    get = verbs.list and operation(res, "list", LIST) or nil,
    post = verbs.create and operation(res, "post", WRITE, json) or nil,
    delete = verbs.deletecollection and operation(res, "deletecollection", DELETE) or nil,
  }
  if not verbs.get then return end
  local item = {
    get = operation(res, "get", {}),
    put = verbs.update and operation(res, "put", WRITE, json) or nil,
    patch = verbs.patch and operation(res, "patch", PATCH, res.custom and CUSTOM_PATCH_TYPES or PATCH_TYPES) or nil,
    delete = verbs.delete and operation(res, "delete", DELETE, json) or nil,
  }
  paths[prefix .. res.resource .. "/{name}"] = item
  if res.has_status then paths[prefix .. res.resource .. "/{name}/status"] = { get = item.get, put = item.put, patch = item.patch } end
end

local function members_of(served, path)
  local group, version = "", path:match("^api/(%w+)$")
  if not version then group, version = path:match("^apis/([^/]+)/(%w+)$") end
  for _, g in ipairs(served.groups) do
    if g.name == group then return g.by_version[version] end
  end
  return nil
end

--- The document of a group version ("api/v1", "apis/apps/v1"), or nil.
---@param served sim.Registry
---@param path string
---@return table|nil
function openapi.document(served, path)
  local members = members_of(served, path)
  if not members then return nil end
  local paths, schemas, wanted, kinds = {}, {}, { "DeleteOptions" }, {}
  for _, res in ipairs(members) do
    add_paths(paths, res, "/" .. path)
    local root = not res.custom and schema.root_name(res.api_version, res.kind)
    if res.custom then
      wanted[#wanted + 1] = "ObjectMeta"
      schemas[custom_name(res)] = custom_schema(res)
    elseif root then
      wanted[#wanted + 1] = root
      kinds[root] = array { { group = res.group, version = res.version, kind = res.kind } }
    end
  end
  while #wanted > 0 do
    local name = table.remove(wanted)
    if not schemas[full_name(name)] then
      local s = struct(name, wanted)
      s["x-kubernetes-group-version-kind"] = kinds[name]
      schemas[full_name(name)] = s
    end
  end
  return { openapi = "3.0.0", info = { title = "Kubernetes", version = "v1.36.2" }, paths = paths,
    components = { schemas = schemas } }
end

--- The paths of all documents.
---@param served sim.Registry
---@return string[]
function openapi.paths(served)
  local out = {}
  for _, group in ipairs(served.groups) do
    for _, version in ipairs(group.versions) do
      out[#out + 1] = group.name == "" and "api/" .. version or "apis/" .. group.name .. "/" .. version
    end
  end
  return out
end

return openapi

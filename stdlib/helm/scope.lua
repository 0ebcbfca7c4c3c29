--- What a release reaches, as `allow` names it. The release is in a namespace, whose objects belong to it; what its
--- chart renders besides, in other namespaces or in none, is asked for as objects of the cluster are: of every
--- document, list and hook, and of the definitions in crds/.
local api_path = require "almanac.k8s.api_path"
local chart_schemas = require "almanac.helm.chart_schemas"
local charts = require "almanac.helm.chart"
local discovery = require "almanac.k8s.discovery"
local brought_images = require "almanac.base.brought_images"
local errors = require "almanac.base.errors"
local json = require "native.json"
local k8s_client = require "almanac.k8s.client"
local manifests = require "almanac.helm.manifest"
local place = require "almanac.host.place"
local reach = require "almanac.run.reach"
local release_name = require "almanac.helm.release_name"
local scope = require "almanac.k8s.scope"
local urls = require "almanac.http.url"

local M = {}

--- The release itself, also with its context.
---@param input { release: string, namespace: string }
---@return almanac.Target
function M.of(input)
  local names = release_name.allowed(input.release, input.namespace)
  local context = k8s_client.open().info.context
  for i = 1, context and #names or 0 do names[#names + 1] = names[i] .. "@" .. context end
  return { category = "helm", names = names }
end

--- A chart or values that come by HTTP: where the URL leads, dots walked.
local function url_read(url)
  local target = urls.target("helm", url)
  target.access = "read"
  return target
end

--- What the schemas of a chart that is here have helm fetch: where each URL leads, and the files.
---@param chart string  path
---@return almanac.Target[]
function M.of_schemas(chart)
  local out = {}
  for _, found in ipairs(chart_schemas.reaches(chart)) do
    if found.unclear then
      errors.raise { kind = "refused", in_doubt = false,
        message = string.format("what a schema of the chart has helm fetch cannot be told, so `allow` cannot be asked (%s)", found.words),
        hint = "write references whole (https://HOST/path, file:///path), or put what they refer to into the schema (#/definitions/x)" }
    end
    for _, target in ipairs(found.url and urls.targets("helm", found.url) or { place.read(found.file) }) do
      target.access = "read"
      out[#out + 1] = target
    end
  end
  return out
end

--- What is read to render: the chart, what its schemas refer to, its values, and the program that has the last word.
---@param input almanac.HelmChartInput
---@return almanac.Target[]
function M.of_chart(input)
  local out = {}
  local scheme, rest = input.chart:match "^(%w[%w+.-]*)://(.*)$"
  if scheme == "oci" then
    out[1] = { category = "registry", names = { rest } }
  elseif scheme then
    out[1] = url_read(input.chart)
  else
    out[1] = place.read(input.chart)
    table.insert(out[1].names, 2, "repository=" .. input.chart)
    for _, link in ipairs(charts.links(input.chart)) do out[#out + 1] = place.read(link) end
    -- Of a chart that may not be read nothing is told.
    if reach.is_asked() and not reach.refusals("helm", "read", out)[1] then
      for _, target in ipairs(M.of_schemas(input.chart)) do out[#out + 1] = target end
    end
  end
  for _, file in ipairs(input.values) do
    out[#out + 1] = urls.is_url(file) and url_read(file) or place.read(file)
  end
  if input.post_renderer then
    for _, target in ipairs(place.program { argv = input.post_renderer }) do out[#out + 1] = target end
  end
  return out
end

--- What `allow` is asked for before a release is rendered from a chart.
---@param input table  normalised
---@return almanac.Target[]
function M.of_upgrade(input)
  local out = M.of_chart(input)
  table.insert(out, 1, M.of(input))
  if input.create_namespace then out[#out + 1] = scope.of_namespace(k8s_client.open(), input.namespace, "change") end
  return out
end

-- Rendered objects ---------------------------------------------------------------------------------

local function text_of(value)
  return type(value) == "string" and value or nil
end

--- The kinds that a rendering brings itself, by group and kind: whether they are in namespaces.
local function brought(objects)
  local out = {}
  for _, object in ipairs(objects) do
    local spec = object.kind == "CustomResourceDefinition" and object.spec
    if type(spec) == "table" and type(spec.names) == "table" then
      out[tostring(spec.group) .. "/" .. tostring(spec.names.kind)] = {
        resource = tostring(spec.names.plural), namespaced = spec.scope == "Namespaced",
      }
    end
  end
  return out
end

local function resource_of(client, object, own)
  local version = text_of(object.apiVersion) or ""
  local group = version:match "^(.-)/?[^/]*$"
  local ok, found = errors.try(discovery.of_kind, client, version, tostring(object.kind))
  if ok then return group, found.resource, found.namespaced end
  if found.kind ~= "not_found" then error(found, 0) end
  local known = own[group .. "/" .. tostring(object.kind)]
  if known then return group, known.resource, known.namespaced end
  return group, tostring(object.kind):lower(), false -- nobody knows it: it is asked for as what is in no namespace
end

--- What an object reaches besides the namespace of its release; nil where it lies there.
---@param input { release: string, namespace: string }
---@param object table
---@param own table  of brought
---@return almanac.Target?
local function target_of(input, object, own)
  local client = k8s_client.open()
  local group, resource, namespaced = resource_of(client, object, own)
  local meta = object.metadata
  if not namespaced then return scope.of(client, { group = group, resource = resource, name = tostring(meta.name) }) end
  local namespace = text_of(meta.namespace)
  if not namespace or namespace == input.namespace then return nil end
  return scope.of(client, { group = group, resource = resource, namespace = api_path.check_namespace(namespace) })
end

--- Why an object of a release would be refused; nil where it would not. Of one that goes the images are not asked for.
---@param who string
---@param input { release: string, namespace: string }
---@param objects table[]  all that are rendered, the definitions too
---@return fun(object: table, goes: boolean?): string?
function M.judge(who, input, objects)
  if not reach.is_asked() then return function() return nil end end
  local own = brought(objects)
  return function(object, goes)
    local targets = goes and {} or brought_images.of(object)
    targets[#targets + 1] = target_of(input, object, own)
    local refused = reach.refusals(who, "change", targets)[1]
    return refused and refused.message or nil
  end
end

local function label_of(object)
  return tostring(object.kind):lower() .. "/" .. tostring(object.metadata.name ~= json.null and object.metadata.name or "")
end

--- Refuses a release that would reach what `allow` does not name.
---@param who string
---@param input { release: string, namespace: string }
---@param come table[]  objects that are brought about
---@param go table[]    those that are there
function M.require(who, input, come, go)
  local judge, lines = M.judge(who, input, manifests.join(come, go)), {}
  for i, list in ipairs { come, go } do
    for _, object in ipairs(list) do
      local why = judge(object, i == 2)
      if why then lines[#lines + 1] = string.format("%s: %s", label_of(object), why) end
    end
  end
  if not lines[1] then return end
  errors.raise {
    kind = "refused", in_doubt = false,
    message = string.format("%s%s", lines[1], #lines > 1 and string.format(" (and %d more objects)", #lines - 1) or ""),
    hint = "what a chart brings outside of its release's namespace is named in allow: k8s = { \"clusterrole/NAME\", \"NAMESPACE\" }; "
      .. "where allow has images, so is each that it runs",
  }
end

return M

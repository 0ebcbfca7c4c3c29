--- Discovery documents: which groups, versions and resources there are, aggregated and plain. Pure.
--- https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
local value = require "almanac.sim.model.value"

local discovery = {}

local array = value.array

local function response_kind(group, version, kind)
  return { group = group, version = version, kind = kind }
end

local function aggregated_resource(res)
  local subs = array {}
  for i, s in ipairs(res.subresources) do
    subs[i] = { subresource = s.name, responseKind = response_kind(s.group, s.version, s.kind), verbs = s.verbs }
  end
  return {
    resource = res.resource, responseKind = response_kind("", "", res.kind),
    scope = res.namespaced and "Namespaced" or "Cluster", singularResource = res.singular, verbs = res.verbs,
    shortNames = #res.short_names > 0 and res.short_names or nil,
    categories = #res.categories > 0 and res.categories or nil,
    subresources = #subs > 0 and subs or nil,
  }
end

local function aggregated_group(group)
  local versions = array {}
  for i, version in ipairs(group.versions) do
    local list = array {}
    for j, res in ipairs(group.by_version[version]) do list[j] = aggregated_resource(res) end
    versions[i] = { version = version, resources = list, freshness = "Current" }
  end
  return { metadata = { name = group.name ~= "" and group.name or nil }, versions = versions }
end

--- The aggregated document of /api (core) or /apis.
---@param served sim.Registry
---@param core boolean
---@param api_version string "apidiscovery.k8s.io/v2" or ".../v2beta1"
---@return table
function discovery.aggregated(served, core, api_version)
  local items = array {}
  for _, group in ipairs(served.groups) do
    if (group.name == "") == core then items[#items + 1] = aggregated_group(group) end
  end
  return { kind = "APIGroupDiscoveryList", apiVersion = api_version, metadata = {}, items = items }
end

--- The plain document of /api.
---@return table
function discovery.versions()
  return { kind = "APIVersions", versions = array { "v1" },
    serverAddressByClientCIDRs = array { { clientCIDR = "0.0.0.0/0", serverAddress = "127.0.0.1:6443" } } }
end

local function plain_group(group)
  local versions = array {}
  for i, version in ipairs(group.versions) do
    versions[i] = { groupVersion = group.name .. "/" .. version, version = version }
  end
  return { name = group.name, versions = versions, preferredVersion = versions[1] }
end

--- The plain document of /apis.
---@param served sim.Registry
---@return table
function discovery.groups(served)
  local groups = array {}
  for _, group in ipairs(served.groups) do
    if group.name ~= "" then groups[#groups + 1] = plain_group(group) end
  end
  return { kind = "APIGroupList", apiVersion = "v1", groups = groups }
end

local function group_named(served, name)
  for _, group in ipairs(served.groups) do
    if group.name == name then return group end
  end
  return nil
end

--- The plain document of /apis/GROUP, or nil.
---@param served sim.Registry
---@param name string
---@return table|nil
function discovery.group(served, name)
  local group = group_named(served, name)
  if not group then return nil end
  local doc = plain_group(group)
  doc.kind, doc.apiVersion = "APIGroup", "v1"
  return doc
end

--- The plain document of /api/v1 or /apis/GROUP/VERSION, or nil.
---@param served sim.Registry
---@param name string the group, "" for core
---@param version string
---@return table|nil
function discovery.resources(served, name, version)
  local group = group_named(served, name)
  local members = group and group.by_version[version]
  if not members then return nil end
  local list = array {}
  for _, res in ipairs(members) do
    list[#list + 1] = {
      name = res.resource, singularName = res.singular, namespaced = res.namespaced, kind = res.kind, verbs = res.verbs,
      shortNames = #res.short_names > 0 and res.short_names or nil,
      categories = #res.categories > 0 and res.categories or nil,
    }
    for _, s in ipairs(res.subresources) do
      list[#list + 1] = { name = res.resource .. "/" .. s.name, singularName = "", namespaced = res.namespaced,
        kind = s.kind, verbs = s.verbs, group = s.group ~= "" and s.group or nil,
        version = s.version ~= "" and s.version or nil }
    end
  end
  return { kind = "APIResourceList", apiVersion = "v1",
    groupVersion = name == "" and version or name .. "/" .. version, resources = list }
end

return discovery

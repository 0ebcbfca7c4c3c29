--- Which kinds a cluster has, by every name that kubectl takes: plural, singular, kind, short name,
--- with or without the group. The kinds that every cluster has are known without asking.
local api_path = require "almanac.k8s.api_path"
local errors = require "almanac.base.errors"
local k8s_client = require "almanac.k8s.client"
local kinds = require "almanac.k8s.kinds"

local M = {}

local AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," ..
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

M.builtin = kinds.builtin

--- The resources in an answer of aggregated discovery (apidiscovery.k8s.io v2 and v2beta1), the
--- preferred version of each group first. Pure.
---@param list table
---@return almanac.k8s.Resource[]
function M.parse_aggregated(list)
  local out = {}
  for _, group in ipairs(list.items or {}) do
    for _, version in ipairs(group.versions or {}) do
      for _, r in ipairs(version.resources or {}) do
        out[#out + 1] = {
          group = group.metadata and group.metadata.name or "", version = version.version,
          kind = r.responseKind and r.responseKind.kind or "", resource = r.resource,
          singular = r.singularResource ~= "" and r.singularResource or r.resource,
          short = r.shortNames or {}, namespaced = r.scope == "Namespaced", verbs = r.verbs,
        }
      end
    end
  end
  return out
end

--- The resources in an APIResourceList, what servers before 1.27 answer. Pure.
---@param list table
---@return almanac.k8s.Resource[]
function M.parse_legacy(list)
  local group, version = (list.groupVersion or ""):match "^(.-)/?([^/]+)$"
  local out = {}
  for _, r in ipairs(list.resources or {}) do
    if not r.name:find("/", 1, true) then
      out[#out + 1] = {
        group = group, version = version, kind = r.kind, resource = r.name,
        singular = r.singularName ~= "" and r.singularName or r.kind:lower(), short = r.shortNames or {},
        namespaced = r.namespaced, verbs = r.verbs,
      }
    end
  end
  return out
end

local function extend(out, more)
  for _, r in ipairs(more) do out[#out + 1] = r end
end

local function fetch_legacy(client, path, answer, out)
  local function list(prefix)
    local ok, found = errors.try(k8s_client.request, client, { who = "k8s", path = prefix })
    if ok then
      extend(out, M.parse_legacy(found))
    elseif found.kind ~= "api" then
      error(found, 0) -- an API service that is down hides its own kinds only
    end
  end
  if path == "/api" then return list "/api/v1" end
  for _, group in ipairs(answer.groups or {}) do
    local preferred = group.preferredVersion.groupVersion
    list("/apis/" .. preferred)
    for _, version in ipairs(group.versions or {}) do
      if version.groupVersion ~= preferred then list("/apis/" .. version.groupVersion) end
    end
  end
end

local function fetch(client)
  local out = {}
  for _, path in ipairs { "/api", "/apis" } do
    local answer = k8s_client.request(client, { who = "k8s", path = path, accept = AGGREGATED })
    if answer.kind == "APIGroupDiscoveryList" then
      extend(out, M.parse_aggregated(answer))
    else
      fetch_legacy(client, path, answer, out)
    end
  end
  return out
end

--- Every resource that the cluster serves, the preferred version of each group first. Asks the server.
---@param client almanac.k8s.Client
---@return almanac.k8s.Resource[]
function M.all(client)
  client.resources = fetch(client)
  return client.resources
end

local function matches(r, word, version, group)
  if group and r.group ~= group then return false end
  if version and r.version ~= version then return false end
  if r.resource == word or r.singular == word or r.kind:lower() == word then return true end
  for _, short in ipairs(r.short) do
    if short == word then return true end
  end
  return false
end

--- The first resource of that name: "deploy", "Deployment", "deployments.apps",
--- "deployments.v1.apps". Pure.
---@param resources almanac.k8s.Resource[]
---@param name string
---@return almanac.k8s.Resource?
function M.find(resources, name)
  local word, rest = name:lower():match "^([^.]+)%.?(.*)$"
  if not word then return nil end
  local function first(version, group)
    for _, r in ipairs(resources) do
      if matches(r, word, version, group) then return r end
    end
    return nil
  end
  if rest == "" then return first() end
  -- A group may look like a version ("v2ray.example.com"); kubectl asks for the version first, too.
  local version, group = rest:match "^(v%d%w*)%.?(.*)$"
  return version and first(version, group) or first(nil, rest)
end

--- Names that are near what was asked for. Pure.
local function alike(resources, name)
  local word, out, seen = name:lower():match "^[^.]+" or "", {}, {}
  for _, r in ipairs(resources) do
    local near = r.resource:find(word:sub(1, 4), 1, true) == 1
    if near and not seen[r.resource] and #out < 6 then
      seen[r.resource] = true
      out[#out + 1] = r.resource
    end
  end
  return out
end

local function unknown(client, name)
  local near = alike(client.resources, name)
  errors.raise {
    kind = "not_found", message = string.format("the cluster of context %q has no kind %q", client.info.context, name),
    hint = #near > 0 and "it has " .. table.concat(near, ", ") or
      "kinds are named as kubectl names them: pods, deploy, statefulset, certificates.cert-manager.io",
  }
end

--- The resource of that name in this cluster. Asks the server only for kinds that not every cluster
--- has, and once.
---@param client almanac.k8s.Client
---@param name string
---@return almanac.k8s.Resource
function M.resolve(client, name)
  local found = M.find(M.builtin, name)
  if found then return found end
  if client.resources then
    found = M.find(client.resources, name)
    if found then return found end
  end
  client.resources = fetch(client) -- again: a kind may have been installed since
  return M.find(client.resources, name) or unknown(client, name)
end

--- The resource of an object, by its apiVersion and kind.
---@param client almanac.k8s.Client
---@param api_version string
---@param kind string
---@return almanac.k8s.Resource
function M.of_kind(client, api_version, kind)
  local group, version = api_version:match "^(.-)/?([^/]+)$"
  local function search(resources)
    for _, r in ipairs(resources) do
      if r.group == group and r.version == version and r.kind == kind then return r end
    end
    return nil
  end
  local found = search(M.builtin) or client.resources and search(client.resources)
  if found then return found end
  client.resources = fetch(client)
  found = search(client.resources)
  if found then return found end
  errors.raise {
    kind = "not_found",
    message = string.format("the cluster of context %q has no kind %s in %s", client.info.context, kind, api_version),
    hint = "is the operator that brings it installed, and is the version right?",
  }
end

--- The path of a collection, an object, or a subresource of it. Pure.
---@param r almanac.k8s.Resource
---@param namespace string?  nil: all namespaces
---@param name string?
---@param subresource string?
---@return string
function M.path(r, namespace, name, subresource)
  return api_path.of {
    group = r.group, version = r.version, namespace = r.namespaced and namespace or nil, resource = r.resource, name = name,
    subresource = name and subresource or nil,
  }
end

return M

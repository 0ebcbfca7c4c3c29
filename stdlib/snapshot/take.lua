--- Taking a snapshot: what the namespaces hold, of every kind that the server has, with nothing secret in it. Only gets
--- and lists; what may not be read is said.
local cleaning = require "almanac.snapshot.cleaning"
local client = require "almanac.k8s.client"
local discovery = require "almanac.k8s.discovery"
local errors = require "almanac.base.errors"
local json = require "native.json"
local pager = require "almanac.k8s.pager"
local task = require "native.task"
local timestamp = require "almanac.base.timestamp"

local M = {}

local WHO = "almanac snapshot"
local DECODE = { max_bytes = 256 << 20, big = "text", null = "absent" }

--- What happened, and numbers of the moment: no part of what there is.
local PASSING = { ["/events"] = true, ["events.k8s.io/events"] = true, ["metrics.k8s.io/pods"] = true }

--- Kinds in no namespace that what is in one goes by.
local AROUND = { "customresourcedefinitions.apiextensions.k8s.io", "storageclasses.storage.k8s.io",
  "priorityclasses.scheduling.k8s.io" }

local function api_version_of(resource)
  return resource.group == "" and resource.version or resource.group .. "/" .. resource.version
end

--- One request whose answer is not looked at for secrets: what is secret in it is found here, by what it is.
local function get(opened, path, query)
  local text = client.request(opened, { who = WHO, path = path, query = query, text = true })
  return json.decode(text, DECODE)
end

--- The objects of a kind.
local function list(opened, resource, namespace)
  local path = discovery.path(resource, namespace)
  local out = {}
  for _, page in ipairs(pager.pages(WHO, path, {}, function(query) return get(opened, path, query) end)) do
    local kind = (page.kind or ""):gsub("List$", "")
    for _, object in ipairs(page.items or {}) do
      object.apiVersion, object.kind = object.apiVersion or page.apiVersion, object.kind or kind
      out[#out + 1] = object
    end
  end
  return out
end

local function can_list(resource)
  if PASSING[resource.group .. "/" .. resource.resource] then return false end
  for _, verb in ipairs(resource.verbs or {}) do
    if verb == "list" then return true end
  end
  return false
end

--- One resource of each kind: the version that the server prefers.
local function namespaced_kinds(resources)
  local out, seen = {}, {}
  for _, resource in ipairs(resources) do
    local name = resource.group .. "/" .. resource.resource
    if resource.namespaced and not seen[name] and can_list(resource) then
      seen[name] = true
      out[#out + 1] = resource
    end
  end
  return out
end

local function is_controlled(object)
  for _, ref in ipairs(object.metadata.ownerReferences or {}) do
    if ref.controller then return true end
  end
  return false
end

---@class almanac.snapshot.Taking
---@field objects table[]
---@field seen table<string, boolean>  uids: some kinds are served by two groups
---@field unread { resource: string, namespace: string?, why: string }[]
---@field resources table<string, string>
---@field not_ready string[]  pods of workloads, which are not kept

local function is_ready(pod)
  local phase = pod.status and pod.status.phase
  if phase == "Succeeded" then return true end
  for _, condition in ipairs(pod.status and pod.status.conditions or {}) do
    if condition.type == "Ready" then return condition.status == "True" end
  end
  return false
end

local function keep(taking, resource, objects)
  for _, object in ipairs(objects) do
    local uid = object.metadata.uid or ""
    local is_made = object.kind == "Pod" and is_controlled(object) -- anew, by whoever has the workload
    if is_made and not is_ready(object) then taking.not_ready[#taking.not_ready + 1] = "pod/" .. object.metadata.name end
    if not taking.seen[uid] and not is_made then
      taking.seen[uid] = true
      taking.objects[#taking.objects + 1] = object
      taking.resources[api_version_of(resource) .. "/" .. object.kind] = resource.resource
    end
  end
end

--- Reads a kind; what may not be read, or is served by nobody just now, is noted.
local function read(taking, opened, resource, namespace, select)
  local ok, found = errors.try(list, opened, resource, namespace)
  if ok then return keep(taking, resource, select and select(found) or found) end
  if found.kind ~= "auth" and found.kind ~= "api" and found.kind ~= "not_found" then error(found, 0) end
  local name = resource.resource .. (resource.group ~= "" and "." .. resource.group or "")
  taking.unread[#taking.unread + 1] = { resource = name, namespace = namespace, why = tostring(found.message):match "^[^\n]*" }
end

--- Definitions of the kinds that are there, and classes that are named there.
local function read_around(taking, opened, resources)
  local groups, named = {}, {}
  for _, object in ipairs(taking.objects) do
    groups[object.apiVersion:match "^(.-)/" or ""] = true
    local spec = type(object.spec) == "table" and object.spec or {}
    named[spec.storageClassName or ""] = true
    for _, template in ipairs(spec.volumeClaimTemplates or {}) do named[template.spec.storageClassName or ""] = true end
    named[type(spec.template) == "table" and type(spec.template.spec) == "table" and spec.template.spec.priorityClassName or ""] = true
  end
  for _, name in ipairs(AROUND) do
    local resource = discovery.find(resources, name)
    if resource then
      read(taking, opened, resource, nil, function(found)
        local out = {}
        for _, object in ipairs(found) do
          local wanted = object.kind == "CustomResourceDefinition" and groups[object.spec.group] or named[object.metadata.name]
          if wanted then out[#out + 1] = object end
        end
        return out
      end)
    end
  end
end

local function server_version(opened)
  local ok, answer = errors.try(get, opened, "/version")
  return ok and answer.gitVersion or nil
end

local function cluster_uid(opened)
  local ok, answer = errors.try(get, opened, "/api/v1/namespaces/kube-system")
  return ok and answer.metadata and answer.metadata.uid or nil
end

--- Takes a snapshot of the cluster that the settings lead to. Reads alone.
---@param namespaces string[]  empty: the context's
---@param say fun(text: string)  hears at once which namespace is meant, where none was named
---@return almanac.SnapshotHeader header  without what the file knows
---@return table[] objects
function M.take(namespaces, say)
  local opened = client.open()
  if not namespaces[1] then
    namespaces = { opened.info.namespace }
    say(string.format("namespace %s, the one of %s; another one: -n NAMESPACE", opened.info.namespace,
      opened.info.context and "the context " .. opened.info.context or opened.info.source))
  end
  local resources = discovery.all(opened)
  local taking = { objects = {}, seen = {}, unread = {}, resources = {}, not_ready = {} }
  for _, namespace in ipairs(namespaces) do
    local ok, object = errors.try(get, opened, "/api/v1/namespaces/" .. namespace)
    if ok then
      object.apiVersion, object.kind = "v1", "Namespace"
      taking.objects[#taking.objects + 1] = object
    elseif object.status == 404 then
      errors.raise { kind = "not_found", message = string.format("there is no namespace %s in %s", namespace, opened.info.server),
        hint = "almanac snapshot -n NAMESPACE -o FILE" }
    elseif object.kind ~= "auth" and object.kind ~= "api" then
      error(object, 0)
    end
    for _, resource in ipairs(namespaced_kinds(resources)) do read(taking, opened, resource, namespace) end
  end
  read_around(taking, opened, resources)
  local cleaned = cleaning.all(taking.objects, namespaces)
  table.move(cleaned.unread, 1, #cleaned.unread, #taking.unread + 1, taking.unread)
  local said = cleaned.said { server = opened.info.server, context = opened.info.context, not_ready = json.array(taking.not_ready),
    unread = json.array(taking.unread) }
  return {
    taken = timestamp.utc(task.wall_ms() // 1000), server = said.server, context = said.context,
    server_version = server_version(opened), cluster = cluster_uid(opened),
    namespaces = json.array(namespaces),
    not_ready = said.not_ready, unread = said.unread, emptied = json.array(cleaned.emptied),
    resources = taking.resources,
  }, cleaned.objects
end

return M

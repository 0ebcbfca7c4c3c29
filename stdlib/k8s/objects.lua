--- Objects of a cluster: how they are named, got and listed.
local api_path = require "almanac.k8s.api_path"
local discovery = require "almanac.k8s.discovery"
local errors = require "almanac.base.errors"
local json = require "native.json"
local k8s_client = require "almanac.k8s.client"
local pager = require "almanac.k8s.pager"
local pool = require "almanac.base.pool"

local M = {}

---@class almanac.k8s.Target
---@field client almanac.k8s.Client
---@field resource almanac.k8s.Resource
---@field namespace string?  nil: no namespace, or all
---@field name string?       nil: the collection
---@field label string       "deployment/animica-node", for people

---@class almanac.k8s.ListOptions
---@field namespace? string    default the context's
---@field all_namespaces? boolean
---@field selector? string|table<string, string>  labels
---@field fields? string|table<string, string>    field selector
---@field limit? integer       objects in one page; default 500
---@field context? string      another context of the kubeconfig
---@field managed_fields? boolean  keep metadata.managedFields

-- Names ------------------------------------------------------------------------------------------

--- Kind and name of "deployment/animica-node", "pods", or { kind =, name =, namespace = }. Pure.
---@param who string
---@param ref string|table
---@return string kind
---@return string? name
---@return string? namespace
---@return string? api_version
function M.parse_ref(who, ref)
  if type(ref) == "table" then
    local meta = type(ref.metadata) == "table" and ref.metadata or ref
    if type(ref.kind) == "string" then return ref.kind, meta.name, meta.namespace, ref.apiVersion end
  elseif type(ref) == "string" then
    local kind, name = ref:match "^([%w%-%.]+)/([%w%-%.:]+)$"
    if kind then return kind, name end
    if ref:find "^[%w%-%.]+$" then return ref end
  end
  errors.usage('%s: its first argument names no object: %s; write "deployment/web"', who,
    type(ref) == "string" and string.format("%q", ref) or type(ref) == "table" and "a table without kind" or tostring(ref))
end

--- What a name stands for in the cluster.
---@param who string
---@param ref string|table
---@param opts? { namespace?: string, all_namespaces?: boolean, context?: string }
---@return almanac.k8s.Target
function M.target(who, ref, opts)
  opts = opts or {}
  local kind, name, namespace, api_version = M.parse_ref(who, ref)
  local client = k8s_client.open(opts)
  local resource = api_version and discovery.of_kind(client, api_version, kind) or discovery.resolve(client, kind)
  if not resource.namespaced or (opts.all_namespaces and not name) then
    namespace = nil
  else
    namespace = api_path.check_namespace(opts.namespace or namespace or k8s_client.namespace(client))
  end
  if name ~= nil then api_path.check_name(resource.group, name) end
  return {
    client = client, resource = resource, namespace = namespace, name = name,
    label = name and resource.singular .. "/" .. name or resource.resource,
  }
end

--- The same, of one object: raises kind "usage" for a collection.
---@return almanac.k8s.Target
function M.one(who, ref, opts)
  local target = M.target(who, ref, opts)
  if not target.name then
    errors.usage('%s: %q names a kind; write which one: "%s/NAME"', who, tostring(ref), target.resource.singular)
  end
  return target
end

--- The path of a target.
---@param target almanac.k8s.Target
---@param subresource? string
---@return string
function M.path(target, subresource)
  return discovery.path(target.resource, target.namespace, target.name, subresource)
end

local function selector_text(who, value)
  if type(value) ~= "table" then return value end
  local parts = {}
  for key, wanted in pairs(value) do
    if type(key) ~= "string" then errors.usage("%s: a selector is a table of names and values", who) end
    parts[#parts + 1] = key .. "=" .. tostring(wanted)
  end
  table.sort(parts)
  return table.concat(parts, ",")
end

--- A selector as the API wants it: { app = "x" } is "app=x". Pure.
---@param who string
---@param opts almanac.k8s.ListOptions
---@return table query
function M.selectors(who, opts)
  return { labelSelector = selector_text(who, opts.selector), fieldSelector = selector_text(who, opts.fields) }
end

--- The label selector of a workload's pods, from spec.selector. Pure.
---@param object table
---@return string
function M.pod_selector(object)
  local selector = object.spec and object.spec.selector or {}
  local parts = {}
  for key, value in pairs(selector.matchLabels or {}) do parts[#parts + 1] = key .. "=" .. value end
  for _, e in ipairs(selector.matchExpressions or {}) do
    local values = table.concat(e.values or {}, ",")
    if e.operator == "In" then
      parts[#parts + 1] = e.key .. " in (" .. values .. ")"
    elseif e.operator == "NotIn" then
      parts[#parts + 1] = e.key .. " notin (" .. values .. ")"
    else
      parts[#parts + 1] = e.operator == "DoesNotExist" and "!" .. e.key or e.key
    end
  end
  table.sort(parts)
  return table.concat(parts, ",")
end

-- Reading ----------------------------------------------------------------------------------------

--- Takes away what no runbook reads and every journal would carry: metadata.managedFields. A list's
--- items learn their kind.
local function tidy(object, opts, api_version, kind)
  if api_version and not object.kind then object.apiVersion, object.kind = api_version, kind end
  if not opts.managed_fields and object.metadata then object.metadata.managedFields = nil end
  return object
end

--- One object, or nil when there is none.
---@param who string
---@param target almanac.k8s.Target
---@param opts? almanac.k8s.ListOptions
---@return table?
function M.find(who, target, opts)
  local ok, result = errors.try(k8s_client.request, target.client,
    { who = who, path = M.path(target), object = target.label })
  if ok then return tidy(result, opts or {}) end
  if result.status == 404 and result.reason == "NotFound" then return nil end
  error(result, 0)
end

--- So many objects of one kind and namespace are worth a list.
local LIST_MIN = 8

--- Those of a collection that are meant, by one list; nil where it cannot be had, or is far longer than what
--- is asked for.
local function find_by_list(who, target, wanted, opts)
  local ok, page = errors.try(k8s_client.request, target.client, {
    who = who, path = discovery.path(target.resource, target.namespace), query = { limit = pager.PAGE },
  })
  if not ok then
    if page.status == 403 or page.status == 404 then return nil end
    error(page, 0)
  end
  if page.metadata and (page.metadata.continue or "") ~= "" then return nil end
  local found = {}
  for _, object in ipairs(page.items or {}) do
    if wanted[object.metadata.name] then
      local r = target.resource -- the items of a list do not say what they are
      object.kind, object.apiVersion = r.kind, r.group == "" and r.version or r.group .. "/" .. r.version
      found[object.metadata.name] = tidy(object, opts)
    end
  end
  return found
end

--- Many objects as they are; nil for one that is not there. Those of one kind and namespace come by a list,
--- unless they are Secrets, of which a namespace holds large ones that nobody asked for.
---@param who string
---@param targets (almanac.k8s.Target|false)[]  false: not asked for
---@param opts? almanac.k8s.ListOptions
---@return table<integer, table> objects by index
function M.find_many(who, targets, opts)
  local groups, lists = {}, {}
  for _, target in ipairs(targets) do
    local key = target and discovery.path(target.resource, target.namespace)
    local group = key and groups[key]
    if key and not group then
      group = { target = target, wanted = {}, count = 0 }
      groups[key], lists[#lists + 1] = group, group
    end
    if group then group.wanted[target.name], group.count = true, group.count + 1 end
  end
  pool.map(lists, pool.REQUESTS, function(group)
    if group.count >= LIST_MIN and group.target.resource.kind ~= "Secret" then
      group.found = find_by_list(who, group.target, group.wanted, opts or {})
    end
  end)
  return pool.map(targets, pool.REQUESTS, function(target)
    local group = target and groups[discovery.path(target.resource, target.namespace)]
    if not group then return nil end
    if group.found then return group.found[target.name] end
    return M.find(who, target, opts)
  end)
end

--- One object; raises kind "api", status 404, when there is none.
---@param who string
---@param target almanac.k8s.Target
---@param opts? almanac.k8s.ListOptions
---@return table
function M.get(who, target, opts)
  local object = k8s_client.request(target.client, { who = who, path = M.path(target), object = target.label })
  return tidy(object, opts or {})
end

--- All objects of a collection.
---@param who string
---@param target almanac.k8s.Target
---@param opts almanac.k8s.ListOptions
---@param tries? integer   of each request; default 4
---@return table[] items
---@return string resource_version
function M.list(who, target, opts, tries)
  local collection = discovery.path(target.resource, target.namespace)
  local query = M.selectors(who, opts)
  query.limit = opts.limit
  local pages = pager.pages(who, collection, query, function(asked)
    return k8s_client.request(target.client, { who = who, path = collection, query = asked, tries = tries })
  end)
  local items = json.array {}
  for _, page in ipairs(pages) do
    local api_version, kind = page.apiVersion, (page.kind or ""):gsub("List$", "")
    for _, object in ipairs(page.items or {}) do items[#items + 1] = tidy(object, opts, api_version, kind) end
  end
  return items, (pages[#pages].metadata or {}).resourceVersion
end

return M
